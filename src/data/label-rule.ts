import { type Rgb, VOID } from './contracts.js';
import { colorOfValue, describeColor, packColor } from './label-color.js';
import type { ColorImage, LabelImage } from './label-image.js';

/** How the pixels of a label file become train ids. Plain data, so that it can be sent to worker threads. */
export type LabelRule =
  | {
      readonly by: 'value';
      /** Stored value and train id (or {@link VOID}). Any other value is a fault of the file. */
      readonly trainIds: readonly (readonly [value: number, trainId: number])[];
      /**
       * If given, the stored value is the id of the label times this, plus an instance number (256 in Mapillary's
       * instances).
       */
      readonly instances?: number;
    }
  | {
      readonly by: 'color';
      readonly trainIds: readonly (readonly [color: Rgb, trainId: number])[];
    };

/** A label map as train ids, and its values that no label explains. */
export interface LabelReading {
  /** H·W; unknown values become {@link VOID}. */
  readonly data: Uint8Array;
  /** Unknown values (`7`) or colours (`#80ff00`), with the number of their pixels. */
  readonly unknown: ReadonlyMap<string, number>;
}

/** Reads label maps by one rule, with tables that are built once. */
export type LabelReader = (image: LabelImage) => LabelReading;

/**
 * The reader for a rule. A grey picture stored as RGB is read by its values, and a palette picture under a colour rule
 * by the colours of its palette. So the result depends on the meaning of the labels, not on how a tool stored them.
 */
export function labelReader(rule: LabelRule): LabelReader {
  return rule.by === 'value' ? valueReader(rule.trainIds, rule.instances ?? 1) : colorReader(rule.trainIds);
}

const UNKNOWN = -1;

function valueReader(trainIds: readonly (readonly [number, number])[], instances: number): LabelReader {
  const table = new Int16Array(65_536).fill(UNKNOWN);
  for (const [id, trainId] of trainIds) {
    table.fill(trainId, id * instances, (id + 1) * instances);
  }
  return (image) => {
    if (image.kind === 'index') return readValues(image.data, table, (value) => `${value}`);
    const grey = greyValues(image);
    if (grey !== undefined) return readValues(grey, table, (value) => `${value}`);
    return readColors(image, () => UNKNOWN);
  };
}

function colorReader(trainIds: readonly (readonly [Rgb, number])[]): LabelReader {
  const byColor = new Map<number, number>();
  for (const [color, trainId] of trainIds) {
    // If labels share a colour (Cityscapes' pole and pole group), the colour means the scored one.
    const key = packColor(...color);
    if ((byColor.get(key) ?? VOID) === VOID) byColor.set(key, trainId);
  }
  const lookUp = (color: number) => byColor.get(color) ?? UNKNOWN;
  return (image) => {
    if (image.kind === 'rgb') return readColors(image, lookUp);
    const table = new Int16Array(65_536).fill(UNKNOWN);
    const values = image.data instanceof Uint16Array ? 65_536 : 256;
    for (let value = 0; value < values; value++) {
      const color = colorOfValue(image, value);
      if (color !== undefined) table[value] = lookUp(color);
    }
    return readValues(image.data, table, (value) => {
      const color = colorOfValue(image, value);
      return color === undefined ? `${value}` : describeColor(color);
    });
  };
}

function readValues(
  stored: Uint8Array | Uint16Array,
  table: Int16Array,
  describe: (value: number) => string,
): LabelReading {
  const data = new Uint8Array(stored.length);
  // The OR of all entries. It is negative if one of them is UNKNOWN, whose low byte is VOID.
  let bits = 0;
  for (let i = 0; i < stored.length; i++) {
    const trainId = table[stored[i]!]!;
    bits |= trainId;
    data[i] = trainId;
  }
  return { data, unknown: bits < 0 ? countUnknown(stored, table, describe) : new Map() };
}

function countUnknown(
  stored: Uint8Array | Uint16Array,
  table: Int16Array,
  describe: (value: number) => string,
): Map<string, number> {
  const counts = new Map<number, number>();
  for (const value of stored) {
    if (table[value] === UNKNOWN) count(counts, value);
  }
  return described(counts, describe);
}

function readColors(image: ColorImage, lookUp: (color: number) => number): LabelReading {
  const pixels = image.width * image.height;
  const data = new Uint8Array(pixels);
  const unknown = new Map<number, number>();
  // Neighbours mostly have the same colour, so the last result is reused.
  let color = -1;
  let trainId = UNKNOWN;
  for (let i = 0; i < pixels; i++) {
    const next = packColor(image.data[i * 3]!, image.data[i * 3 + 1]!, image.data[i * 3 + 2]!);
    if (next !== color) {
      color = next;
      trainId = lookUp(color);
    }
    if (trainId === UNKNOWN) count(unknown, color);
    data[i] = trainId === UNKNOWN ? VOID : trainId;
  }
  return { data, unknown: described(unknown, describeColor) };
}

function greyValues({ data, width, height }: ColorImage): Uint8Array | undefined {
  const values = new Uint8Array(width * height);
  for (let i = 0; i < values.length; i++) {
    const value = data[i * 3]!;
    if (value !== data[i * 3 + 1] || value !== data[i * 3 + 2]) return undefined;
    values[i] = value;
  }
  return values;
}

/** A photograph in place of a label map has hundreds of thousands of colours. The first ones are enough. */
const MOST_UNKNOWN = 4096;

function count(counts: Map<number, number>, value: number): void {
  const before = counts.get(value);
  if (before !== undefined || counts.size < MOST_UNKNOWN) counts.set(value, (before ?? 0) + 1);
}

function described(
  counts: ReadonlyMap<number, number>,
  describe: (value: number) => string,
): Map<string, number> {
  return new Map([...counts].sort(([a], [b]) => a - b).map(([value, pixels]) => [describe(value), pixels]));
}
