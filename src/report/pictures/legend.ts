import { checkArgument, checkTexts, isRecord, printable } from '../../base/errors/index.js';
import { checkColors, type Pixels } from '../../base/pixels.js';
import type { ClassMap, Size } from '../../data/index.js';
import { heatmapStops } from './colorize.js';
import { CAPITAL, isDrawable, latin, type StrokeText, strokes, strokesOrText } from './stroke-text.js';

/** The share of an image that a class covers. */
export interface ClassShare {
  /** Train id. */
  readonly id: number;
  readonly name: string;
  readonly pixels: number;
  /** Share of the image's pixels, 0 … 1. */
  readonly share: number;
}

/**
 * The classes of a label map, the largest first. Classes that do not occur and pixels of no class are left out.
 *
 * @throws HmsaError when the labels are not bytes, or the classes have no names
 */
export function classShares(labels: Uint8Array, classes: Pick<ClassMap, 'names'>): ClassShare[] {
  checkArgument(labels instanceof Uint8Array, 'classShares', 'a label map, one byte a pixel', labels);
  checkArgument(isRecord(classes), 'classShares', 'classes with names', classes);
  checkTexts(classes.names, 'classShares, names', 'a list of names');
  const { names } = classes as Pick<ClassMap, 'names'>;
  const counts = new Uint32Array(256);
  for (const id of labels) counts[id]!++;
  return names
    .map((name, id) => ({ id, name, pixels: counts[id]!, share: counts[id]! / labels.length }))
    .filter(({ pixels }) => pixels > 0)
    .sort((a, b) => b.pixels - a.pixels);
}

/** A picture as SVG of a given size, to be rasterised. */
export interface Drawing extends Size {
  readonly svg: string;
}

/** The most classes that a legend names. It gives the number of the others. */
const MOST_ENTRIES = 60;
const LONGEST_NAME = 40;

/** In units of the stroke font: the height of a line, and of the space around text. */
const [LINE, GAP] = [44, 12];

/** Wider pictures cannot be drawn. */
const WIDEST = 30_000;

/**
 * The legend below a picture of labels. It gives colour, name and share of the image of each class present, the largest
 * first. Letters grow with the picture. If the picture is narrower than an entry, the legend is wider than the picture.
 *
 * @throws HmsaError when it is not an RGB picture, or the shares are not those of {@link classShares}
 */
export function legendOf(
  picture: Size,
  shares: readonly ClassShare[],
  classes: Pick<ClassMap, 'colors'>,
): Drawing {
  const isShares =
    Array.isArray(shares) &&
    shares.every(
      (share) =>
        isRecord(share) && typeof share.name === 'string' && [share.id, share.share].every(Number.isFinite),
    );
  checkArgument(isShares, 'withLegend', 'the shares of classes, as classShares gives them', shares);
  checkArgument(isRecord(classes), 'withLegend', 'classes with colours', classes);
  const colors: ClassMap['colors'] = (classes as Pick<ClassMap, 'colors'>).colors;
  checkColors(colors, 'withLegend, colors');
  const unit = unitOf(picture);
  const entries = shares.slice(0, MOST_ENTRIES).map(({ id, name, share }) => ({
    color: colors[id] ?? [0, 0, 0],
    text: entryText(id, printable(name, LONGEST_NAME), percent(share)),
  }));
  const more = shares.length - entries.length;
  const column = GAP + LINE + Math.max(0, ...entries.map(({ text }) => text.width)) + GAP;
  const across = Math.min(picture.width / unit, WIDEST / unit);
  const columns = Math.max(1, Math.min(entries.length, Math.floor(across / column)));
  const rows = Math.ceil(entries.length / columns) + (more > 0 ? 1 : 0);
  const drawn = entries.map(({ color, text }, i) => {
    // Entries run down the columns, so that the largest classes stand together.
    const perColumn = Math.ceil(entries.length / columns);
    const [x, y] = [Math.floor(i / perColumn) * column + GAP, (i % perColumn) * LINE + GAP];
    return (
      `<rect x="${x}" y="${y}" width="${LINE - GAP}" height="${LINE - GAP}" fill="rgb(${color.join(',')})" stroke="#888"/>` +
      at(x + LINE, y + (LINE - GAP - CAPITAL) / 2, text)
    );
  });
  if (more > 0) drawn.push(at(GAP, (rows - 1) * LINE + GAP, strokes(`and ${more} more`)));
  return drawing(unit, Math.max(across, column), rows * LINE + GAP, drawn);
}

/**
 * The scale below a {@link heatmap}: a bar of its colours from 0 to 1, and the meaning of the two ends.
 *
 * @throws HmsaError when it is not an RGB picture
 */
export function scaleBarOf(picture: Size, low: string, high: string): Drawing {
  const unit = unitOf(picture);
  const texts = [low, high].map((text) => strokes(printable(text, LONGEST_NAME))) as [StrokeText, StrokeText];
  const [left, right] = texts;
  const bar = 6 * LINE;
  const across = Math.min(picture.width / unit, WIDEST / unit);
  // Below a narrow picture the texts stand above and below the bar.
  const isBeside = left.width + right.width + bar + 4 * GAP <= across;
  const [x, y] = isBeside ? [left.width + 2 * GAP, GAP] : [GAP, LINE + GAP];
  const middle = (LINE - GAP - CAPITAL) / 2;
  const stops = heatmapStops.map(
    (color, i) => `<stop offset="${i / (heatmapStops.length - 1)}" stop-color="rgb(${color.join(',')})"/>`,
  );
  const widest = Math.max(bar, ...texts.map(({ width }) => width)) + 2 * GAP;
  const end = isBeside ? x + bar + GAP : GAP + Math.max(0, bar - right.width);
  return drawing(unit, Math.max(across, isBeside ? 0 : widest), (isBeside ? 1 : 3) * LINE + GAP, [
    `<defs><linearGradient id="ramp">${stops.join('')}</linearGradient></defs>`,
    `<rect x="${x}" y="${y}" width="${bar}" height="${LINE - GAP}" fill="url(#ramp)" stroke="#888"/>`,
    at(GAP, GAP + middle, left),
    at(end, y + (isBeside ? 0 : LINE) + middle, right),
  ]);
}

/** Pixels of the picture for one unit of the stroke font. */
function unitOf({ width, height }: Size): number {
  return Math.max(9, Math.min(width, height) / 45) / CAPITAL;
}

function at(x: number, y: number, { svg }: StrokeText): string {
  return `<g transform="translate(${x} ${y})">${svg}</g>`;
}

/** A white strip, with its sides in units. */
function drawing(unit: number, across: number, down: number, drawn: readonly string[]): Drawing {
  const [width, height] = [Math.round(across * unit), Math.round(down * unit)];
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="#fff"/>` +
    `<g transform="scale(${unit})" fill="none" stroke-linecap="round" stroke-linejoin="round">${drawn.join('')}</g></svg>`;
  return { svg, width, height };
}

function percent(share: number): string {
  return share >= 0.0005 ? `${(100 * share).toFixed(1)}%` : '<0.1%';
}

/** A name in another script comes after its number, in case there are no fonts for it. */
function entryText(id: number, name: string, share: string): StrokeText {
  return isDrawable(name) ? strokes(`${latin(name)} ${share}`) : strokesOrText(name, `${id} ${share} `);
}

/** Two RGB pictures, one above the other, with white beside the narrower one. */
export function stacked(above: Pixels, below: Pixels): Pixels {
  const [width, height] = [Math.max(above.width, below.width), above.height + below.height];
  const data = new Uint8Array(width * height * 3).fill(255);
  let row = 0;
  for (const part of [above, below]) {
    for (let y = 0; y < part.height; y++, row++) {
      const from = y * part.width * 3;
      data.set(part.data.subarray(from, from + part.width * 3), row * width * 3);
    }
  }
  return { data, width, height };
}
