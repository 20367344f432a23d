import { escaped } from '../pictures/index.js';
import type { Chart } from './chart.js';

/** What a colour of a chart means. */
export interface Key {
  readonly name: string;
  /** As CSS. */
  readonly color: string;
}

const HEADING = 16;
const FONT = 12;
/** The width of a letter of average width, as a share of the size of its font. */
const LETTER = 0.6;
const LINE = 20;
const SIDE = 8;

/**
 * A chart that stands alone, as a file: with its heading and the meaning of its colours above it. In a page these are HTML.
 *
 * @param keys none for a chart of one colour
 */
export function titled({ svg, width, height }: Chart, heading: string, keys: readonly Key[] = []): Chart {
  const parts = [
    `<text x="${SIDE}" y="${HEADING + 4}" font-size="${HEADING}" font-weight="600">${escaped(heading)}</text>`,
  ];
  let [x, y] = [SIDE, HEADING + 4];
  for (const [index, { name, color }] of keys.entries()) {
    const wide = FONT + 5 + name.length * FONT * LETTER + 14;
    if (index === 0 || x + wide > width) [x, y] = [SIDE, y + LINE];
    parts.push(
      `<rect x="${x}" y="${y - FONT + 2}" width="${FONT}" height="${FONT}" fill="${color}"/>`,
      `<text x="${x + FONT + 5}" y="${y}" font-size="${FONT}">${escaped(name)}</text>`,
    );
    x += wide;
  }
  const above = y + 8;
  const total = height + above;
  const label = /aria-label="[^"]*"/.exec(svg)?.[0] ?? '';
  // A group and not a drawing in the drawing: its style, of a height that follows the width, would move it.
  const head = /^<svg[^>]*>/.exec(svg)![0];
  const kept = head.replace(/ (?:viewBox|width|height|xmlns|role|aria-label)="[^"]*"/g, '');
  const group = kept.replace('<svg', `<g transform="translate(0 ${above})"`);
  const inner = `${group}${svg.slice(head.length).replace(/<\/svg>$/, '</g>')}`;
  return {
    svg: `<svg xmlns="http://www.w3.org/2000/svg" role="img" ${label} width="${width}" height="${total}" viewBox="0 0 ${width} ${total}" fill="currentColor" font-family="system-ui, sans-serif">${parts.join('')}${inner}</svg>`,
    width,
    height: total,
  };
}
