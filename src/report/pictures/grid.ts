import { checkArgument, printable } from '../../base/errors/index.js';
import type { Rgb } from '../../data/index.js';
import { heatmapStops } from './colorize.js';
import type { Drawing } from './legend.js';

/** A picture of a {@link gridOf}. */
export interface Panel {
  /** What it shows, in a line. */
  readonly title: string;
  /** A `data:` URL. */
  readonly image: string;
  readonly width: number;
  readonly height: number;
}

/** A colour and its meaning. */
export interface LegendEntry {
  readonly name: string;
  readonly color: Rgb;
}

export interface GridOptions {
  /** Above the pictures. */
  readonly title?: string;
  /** Pictures side by side; default 3, or fewer if there are not so many. */
  readonly columns?: number;
  /** Width of each picture in the drawing; default 360. */
  readonly panelWidth?: number;
  /** The legends below, each with a heading. */
  readonly legends?: readonly { readonly heading: string; readonly entries: readonly LegendEntry[] }[];
  /** The name of the program, by which a later run recognises the file. */
  readonly software?: string;
  /** The scale of heat maps: what their dark and bright ends mean. */
  readonly scaleBar?: { readonly heading: string; readonly low: string; readonly high: string };
}

const [GAP, FONT, LINE] = [12, 13, 20];
const LONGEST = 60;

/** Pictures in a grid, each below its title, with legends and the scale of heat maps: a figure for a paper or a talk. */
export function gridOf(panels: readonly Panel[], options: GridOptions = {}): Drawing {
  checkArgument(Array.isArray(panels) && panels.length > 0, 'gridOf', 'one picture or more', panels);
  const { title, panelWidth = 360, legends = [], scaleBar, software } = options;
  const columns = Math.min(options.columns ?? 3, panels.length);
  const width = columns * (panelWidth + GAP) + GAP;
  const parts: string[] = [];
  let y = GAP;
  if (title !== undefined) {
    parts.push(text(GAP, y + FONT, title, 'font-weight="600"'));
    y += LINE + 4;
  }
  for (let first = 0; first < panels.length; first += columns) {
    const row = panels.slice(first, first + columns);
    const heights = row.map((panel) => Math.round((panelWidth * panel.height) / panel.width));
    row.forEach((panel, i) => {
      const x = GAP + i * (panelWidth + GAP);
      parts.push(
        text(x, y + FONT, panel.title),
        `<image x="${x}" y="${y + LINE}" width="${panelWidth}" height="${heights[i]}" href="${panel.image}"/>`,
      );
    });
    y += LINE + Math.max(...heights) + GAP;
  }
  if (scaleBar !== undefined) {
    parts.push(bar(GAP, y, scaleBar));
    y += LINE + GAP;
  }
  for (const { heading, entries } of legends) {
    const { svg, height } = legend(GAP, y, width - 2 * GAP, heading, entries);
    parts.push(svg);
    y += height + GAP;
  }
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" viewBox="0 0 ${width} ${y}" font-family="system-ui, sans-serif" font-size="${FONT}" fill="#000">` +
    `${software === undefined ? '' : `<metadata>${escaped(software)}</metadata>`}<rect width="100%" height="100%" fill="#fff"/>${parts.join('\n')}</svg>`;
  return { svg, width, height: y };
}

function bar(x: number, y: number, { heading, low, high }: NonNullable<GridOptions['scaleBar']>): string {
  const stops = heatmapStops.map(
    (color, i) => `<stop offset="${i / (heatmapStops.length - 1)}" stop-color="rgb(${color.join(',')})"/>`,
  );
  const [first, length] = [x + widthOf(`${heading}:  ${low}`) + GAP, 150];
  return `${text(x, y + FONT, `${heading}:  ${low}`)}<defs><linearGradient id="heat">${stops.join('')}</linearGradient></defs>
<rect x="${first}" y="${y + 1}" width="${length}" height="${FONT}" fill="url(#heat)" stroke="#888"/>${text(first + length + GAP, y + FONT, high)}`;
}

function legend(x: number, y: number, across: number, heading: string, entries: readonly LegendEntry[]) {
  const parts = [text(x, y + FONT, heading, 'font-weight="600"')];
  let [at, down] = [x, y + LINE];
  for (const { name, color } of entries) {
    const label = printable(name, LONGEST);
    const wide = FONT + 8 + widthOf(label) + 2 * GAP;
    if (at > x && at + wide - 2 * GAP > x + across) [at, down] = [x, down + LINE];
    parts.push(
      `<rect x="${at}" y="${down + 1}" width="${FONT}" height="${FONT}" fill="rgb(${color.join(',')})" stroke="#888"/>`,
      text(at + FONT + 8, down + FONT, label),
    );
    at += wide;
  }
  return { svg: parts.join('\n'), height: down + LINE - y };
}

/** An estimate; the letters of fonts differ. */
function widthOf(label: string): number {
  return 0.6 * FONT * [...label].length;
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${x}" y="${y}" ${attributes}>${escaped(content)}</text>`;
}

/** A text inside SVG. */
export function escaped(content: string): string {
  return printable(content, 200).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
