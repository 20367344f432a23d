import { DOMParser } from 'linkedom';
import { CAPITAL, strokesOrText } from '../pictures/index.js';

/** The height of capitals in usual fonts, as a share of the size of the font. */
const CAP_HEIGHT = 0.72;
/** The letters of the stroke font are wider than those of usual fonts. */
const NARROWER = 0.8;

/**
 * An SVG drawing whose texts are lines, so that a machine without fonts can rasterise it. Texts in other scripts than the Latin one
 * stay texts.
 *
 * @param svg a drawing of this program: texts with x, y, dx, dy, transform, font-size, text-anchor and fill
 */
export function outlined(svg: string): string {
  // As XML, because names in HTML have no capitals: viewBox, linearGradient.
  const { documentElement } = new DOMParser().parseFromString(svg, 'image/svg+xml');
  const root = documentElement as unknown as Element;
  for (const text of [...root.querySelectorAll('text')]) text.outerHTML = drawn(text);
  return String(root.outerHTML);
}

/** The little of the DOM that is used of an element. */
interface Element {
  readonly parentElement: Element | null;
  readonly textContent: string;
  outerHTML: string;
  querySelectorAll(selector: string): Iterable<Element>;
  getAttribute(name: string): string | null;
}

function drawn(text: Element): string {
  const size = sizeOf(text);
  const anchor = inherited(text, 'text-anchor') ?? 'start';
  const color = inherited(text, 'fill') ?? 'currentColor';
  const length = (element: Element, name: string) => {
    const value = element.getAttribute(name) ?? '0';
    return value.endsWith('em') ? Number.parseFloat(value) * size : Number.parseFloat(value);
  };
  const scale = (CAP_HEIGHT * size) / CAPITAL;
  const lines = [...text.querySelectorAll('tspan')];
  const one = (line: Element, x: number, y: number) => {
    const { svg, width } = strokesOrText(line.textContent, '', color === 'currentColor' ? '#000' : color);
    const wide = width * scale * NARROWER;
    const left = x - (anchor === 'middle' ? wide / 2 : anchor === 'end' ? wide : 0);
    return `<g transform="translate(${left} ${y - CAPITAL * scale}) scale(${scale * NARROWER} ${scale})">${svg}</g>`;
  };
  const at = (element: Element) =>
    [length(element, 'x') + length(element, 'dx'), length(element, 'y') + length(element, 'dy')] as const;
  let [x, y] = at(text);
  const parts =
    lines.length === 0
      ? [one(text, x, y)]
      : lines.map((line) => {
          if (line.getAttribute('x') !== null) x = length(line, 'x');
          y = line.getAttribute('y') === null ? y + length(line, 'dy') : length(line, 'y');
          return one(line, x, y);
        });
  const transform = text.getAttribute('transform');
  return `<g fill="none" stroke-linecap="round" stroke-linejoin="round"${transform === null ? '' : ` transform="${transform}"`}>${parts.join('')}</g>`;
}

function sizeOf(element: Element): number {
  for (let one: Element | null = element; one !== null; one = one.parentElement) {
    const value =
      one.getAttribute('font-size') ?? /font-size:\s*([\d.]+)/.exec(one.getAttribute('style') ?? '')?.[1];
    // A style is stronger than an attribute of the same element.
    const styled = /font-size:\s*([\d.]+)/.exec(one.getAttribute('style') ?? '')?.[1];
    if (value != null) return Number.parseFloat(styled ?? value);
  }
  return 10;
}

function inherited(element: Element, name: string): string | undefined {
  for (let one: Element | null = element; one !== null; one = one.parentElement) {
    const value = one.getAttribute(name);
    if (value !== null) return value;
  }
  return undefined;
}
