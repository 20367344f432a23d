import { mapBounded } from '../../base/tasks.js';
import type { Files, PixelOptions } from '../files/index.js';
import { colorOfValue, describeColor, type LabelImage, packColor, whiteOf } from '../index.js';

/** The pixels of one value or colour. */
export interface Count {
  pixels: number;
  /**
   * Those of them that differ from both the pixel to the left and the one above: most pixels of a speckle, few of a
   * region.
   */
  alone: number;
  /** Those of them that lie between two others in value and place: most pixels of a smoothed edge, few of a region. */
  between: number;
}

/** The values of one label file, whatever they mean. */
export interface FileCensus {
  readonly path: string;
  /** A colour image with only grey pixels counts as `grey`: it holds numbers as well as colours. */
  readonly kind: 'grey' | 'palette' | 'color';
  readonly pixels: number;
  /** The largest value that the file can hold. */
  readonly white: number;
  /** By stored value; by packed colour in a file of the kind `color`. */
  readonly counts: ReadonlyMap<number, Count>;
  /** The packed colour that a viewer shows for a value, if there is one. */
  readonly colors: ReadonlyMap<number, number>;
}

/** The values of all label files of a set. */
export interface LabelCensus {
  readonly files: readonly FileCensus[];
  readonly pixels: number;
  /** The error of the first file that could not be read. */
  readonly failure?: unknown;
}

/** A file with more values is a photograph or noise. The others are counted together as one. */
const MOST_KEYS = 1024;
/** The key of the values beyond {@link MOST_KEYS}. It is neither a value nor a colour. */
export const OTHER_KEYS = -1;

type Known = Map<string, { readonly mark: string; readonly census: FileCensus }>;

/** By path. A command opens the same set for several splits, and each file is decoded once. */
const knownOf = new WeakMap<Files, Known>();
const MOST_KNOWN = 100_000;

/** Counts the pixels of all label files, each decoded once. Files that cannot be read are skipped. */
export async function takeCensus(
  files: Files,
  paths: readonly string[],
  options: Pick<PixelOptions, 'pixelLimit'> = {},
): Promise<LabelCensus> {
  let failure: unknown;
  const read = await mapBounded(paths.length, files.atOnce, async (index) => {
    try {
      return await censusOf(files, paths[index]!, options);
    } catch (error) {
      failure ??= error;
      return undefined;
    }
  });
  const counted = read.filter((file) => file !== undefined);
  const pixels = counted.reduce((sum, file) => sum + file.pixels, 0);
  return { files: counted, pixels, ...(failure !== undefined && { failure }) };
}

async function censusOf(
  files: Files,
  path: string,
  options: Pick<PixelOptions, 'pixelLimit'>,
): Promise<FileCensus> {
  const known: Known = knownOf.get(files) ?? new Map();
  knownOf.set(files, known);
  const status = await files.status(path);
  const mark = `${status?.size} ${status?.modified} ${options.pixelLimit ?? ''}`;
  const before = known.get(path);
  if (before?.mark === mark) return before.census;
  const census = countPixels(path, await files.decodeLabels(path, options));
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(path, { mark, census });
  return census;
}

function countPixels(path: string, image: LabelImage): FileCensus {
  const { width, height } = image;
  const base = { path, pixels: width * height };
  if (image.kind === 'index') {
    const isBlend = image.palette === undefined ? isBetween : undefined;
    const counts = tally(image.data, width, isBlend);
    const colors = new Map<number, number>();
    for (const value of counts.keys()) {
      const color = value === OTHER_KEYS ? undefined : colorOfValue(image, value);
      if (color !== undefined) colors.set(value, color);
    }
    const kind = image.palette === undefined ? 'grey' : 'palette';
    return { ...base, kind, white: whiteOf(image), counts, colors };
  }
  const packed = new Int32Array(width * height);
  let isGrey = true;
  for (let i = 0; i < packed.length; i++) {
    const red = image.data[i * 3]!;
    const green = image.data[i * 3 + 1]!;
    const blue = image.data[i * 3 + 2]!;
    packed[i] = packColor(red, green, blue);
    isGrey &&= red === green && green === blue;
  }
  const counts = isGrey
    ? tally(
        packed.map((color) => color & 255),
        width,
        isBetween,
      )
    : tally(packed, width, isColorBetween);
  const keys = [...counts.keys()].filter((key) => key !== OTHER_KEYS);
  const colors = new Map(keys.map((key) => [key, isGrey ? packColor(key, key, key) : key]));
  return { ...base, kind: isGrey ? 'grey' : 'color', white: 255, counts, colors };
}

type Keys = Uint8Array | Uint16Array | Int32Array;

/** Whether a key is between two others and unlike both, as on a smoothed edge. */
type Between = (a: number, key: number, b: number) => boolean;

const isBetween: Between = (a, key, b) => (a < key && key < b) || (a > key && key > b);

const isColorBetween: Between = (a, key, b) =>
  a !== b &&
  [0, 8, 16].every((shift) => {
    const [low, value, high] = [(a >> shift) & 255, (key >> shift) & 255, (b >> shift) & 255];
    return (low <= value && value <= high) || (low >= value && value >= high);
  });

/** @param between undefined if keys have no order, as indices of a palette */
function tally(keys: Keys, width: number, between: Between | undefined): Map<number, Count> {
  const counts = new Map<number, Count>();
  let count: Count = { pixels: 0, alone: 0, between: 0 };
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    const isStart = i % width === 0 || key !== keys[i - 1];
    if (isStart) {
      const slot = counts.has(key) || counts.size < MOST_KEYS ? key : OTHER_KEYS;
      count = counts.get(slot) ?? { pixels: 0, alone: 0, between: 0 };
      counts.set(slot, count);
      if (key !== keys[i - width]) count.alone++;
    }
    count.pixels++;
    if (between !== undefined && isOnEdge(keys, i, width, isStart, between)) count.between++;
  }
  return counts;
}

function isOnEdge(keys: Keys, i: number, width: number, isStart: boolean, between: Between): boolean {
  const key = keys[i]!;
  const x = i % width;
  if (isStart && x > 0 && x < width - 1) {
    const next = keys[i + 1]!;
    if (next !== key && between(keys[i - 1]!, key, next)) return true;
  }
  const [above, below] = [keys[i - width], keys[i + width]];
  if (above === undefined || below === undefined || above === key || below === key) return false;
  return between(above, key, below);
}

/** One value or colour over all files. */
export interface Total extends Count {
  readonly key: number;
  /** The first file that contains it. */
  readonly file: string;
}

/** The totals of the keys that files give for their stored values, ascending. Values without a key are left out. */
export function totals(
  files: readonly FileCensus[],
  keyOf: (file: FileCensus, stored: number) => number | undefined,
): Total[] {
  const sums = new Map<number, Total>();
  for (const file of files) {
    for (const [stored, { pixels, alone, between }] of file.counts) {
      const key = stored === OTHER_KEYS ? OTHER_KEYS : keyOf(file, stored);
      if (key === undefined) continue;
      const sum = sums.get(key) ?? { key, file: file.path, pixels: 0, alone: 0, between: 0 };
      sum.pixels += pixels;
      sum.alone += alone;
      sum.between += between;
      sums.set(key, sum);
    }
  }
  return [...sums.values()].sort((a, b) => a.key - b.key);
}

/** The stored number; undefined in files of colours. */
export function storedValueOf(file: FileCensus, stored: number): number | undefined {
  return file.kind === 'color' ? undefined : stored;
}

/** The packed colour that a viewer shows. */
export function shownColorOf(file: FileCensus, stored: number): number | undefined {
  return file.colors.get(stored);
}

/** Whether a file contains only black and white, whatever its depth. */
export function isBlackAndWhite({ kind, counts, white }: FileCensus): boolean {
  return kind === 'grey' && [...counts.keys()].every((value) => value === 0 || value === white);
}

/** `254` or `#804080`. */
export function describeKey(key: number, by: 'value' | 'color'): string {
  if (key === OTHER_KEYS) return 'others';
  return by === 'value' ? `${key}` : describeColor(key);
}

/** `12%`, `0.02%`: two digits. */
export function describeShare(pixels: number, all: number): string {
  const percent = (100 * pixels) / Math.max(all, 1);
  if (percent > 0 && percent < 0.001) return 'less than 0.001%';
  return `${Number(percent.toPrecision(2))}%`;
}
