import { glyphs } from './stroke-font.js';

/** The height of a capital in units of the stroke font. */
export const CAPITAL = 21;

/** A line of text as SVG, without fonts. */
export interface StrokeText {
  /** In units of the stroke font, its capitals from 0 to {@link CAPITAL}. */
  readonly svg: string;
  readonly width: number;
}

/** The text with letters that the stroke font has, where it has them. */
export function latin(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/ß/g, 'ss')
    .replace(/…/g, '...')
    .replace(/[−–—]/g, '-')
    .replace(/×/g, 'x')
    .replace(/ ?[←↑→↓] ?/g, '')
    .replace(/[·•]/g, '.')
    .replace(/[\u00a0\u2009\u202f]/g, ' ');
}

/** Whether the stroke font has all letters of a text. */
export function isDrawable(text: string): boolean {
  return [...latin(text)].every((character) => character in glyphs);
}

/** A text in the stroke font, which has the characters of ASCII. */
export function strokes(text: string, color = '#000'): StrokeText {
  let width = 0;
  let svg = '';
  for (const character of text) {
    const [advance, path] = glyphs[character]!;
    if (path !== '')
      svg += `<path transform="translate(${width} -1)" d="${path}" stroke="${color}" stroke-width="2.6"/>`;
    width += advance;
  }
  return { svg, width };
}

/** A text in the stroke font or, in another script, with the fonts of the system after a text that needs none. */
export function strokesOrText(text: string, before = '', color = '#000'): StrokeText {
  const first = strokes(before, color);
  if (isDrawable(text)) {
    const { svg, width } = strokes(before + latin(text), color);
    return { svg, width };
  }
  const size = CAPITAL * 1.4;
  const escaped = text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
  return {
    svg: `${first.svg}<text x="${first.width}" y="${CAPITAL}" font-size="${size}" font-family="sans-serif" fill="${color}">${escaped}</text>`,
    width: first.width + [...text].length * size,
  };
}
