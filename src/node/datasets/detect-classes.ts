import { availableParallelism } from 'node:os';
import {
  formatColor,
  type Label,
  type LabelImage,
  type LabelRule,
  type LabelSet,
  labelSetOf,
  parseColor,
  type Rgb,
  VOID,
} from '../../data/index.js';
import { HmsaError } from '../../errors/index.js';
import { decodeLabels } from '../images/index.js';
import { mapBounded } from './bounded.js';
import { classColor } from './class-colors.js';
import type { Item } from './tree.js';

export interface DetectedLabels {
  readonly labels: LabelSet;
  readonly rule: LabelRule;
  readonly note: string;
}

/** More colours than this are no classes but a photograph, or edges that were smoothed. */
const MOST_CLASSES = 254;

/**
 * Finds the classes in the label files themselves: every value or colour that occurs is one, in ascending order,
 * and 255 is void. Masks of 0 and 255 alone are background and foreground. Files that cannot be read are passed
 * over, since `inspect` and training name them.
 *
 * @throws HmsaError when there are more than 254 classes, as in masks with smoothed edges
 */
export async function detectClasses(items: readonly Item[], operation: string): Promise<DetectedLabels> {
  const seen = new Map<string, Rgb | undefined>();
  const labelled = items.filter((item) => item.label !== undefined);
  const kinds = await mapBounded(labelled.length, availableParallelism(), async (index) => {
    const image = await decodeLabels(labelled[index]!.label!).catch(() => undefined);
    if (image === undefined || seen.size > MOST_CLASSES + 2) return undefined;
    return collect(image, seen);
  });
  const isColor = kinds.includes('color');
  const keys = [...seen.keys()].filter((key) => key.startsWith('#') === isColor);
  if (keys.length > MOST_CLASSES + 1) throw tooMany(operation, keys.length);
  return isColor ? colorLabels(keys) : valueLabels(keys.map(Number), seen);
}

function collect(image: LabelImage, seen: Map<string, Rgb | undefined>): 'color' | 'value' {
  if (image.kind === 'index') {
    const used = new Uint8Array(65_536);
    for (const value of image.data) used[value] = 1;
    for (let value = 0; value < used.length; value++) {
      if (used[value] && seen.get(`${value}`) === undefined) seen.set(`${value}`, image.palette?.[value]);
    }
    return 'value';
  }
  const colors = new Set<number>();
  let isGrey = true;
  for (let i = 0; i < image.data.length; i += 3) {
    const [red, green, blue] = [image.data[i]!, image.data[i + 1]!, image.data[i + 2]!];
    colors.add((red << 16) | (green << 8) | blue);
    isGrey &&= red === green && green === blue;
    if (colors.size > 65_536) break;
  }
  for (const color of colors) {
    if (seen.size > 65_536) break;
    const name = `#${color.toString(16).padStart(6, '0')}`;
    // Grey pictures stored as RGB are values, unless another file shows that colours are meant.
    if (isGrey && !seen.has(`${color & 255}`)) seen.set(`${color & 255}`, undefined);
    seen.set(name, undefined);
  }
  return isGrey ? 'value' : 'color';
}

function valueLabels(
  values: readonly number[],
  palette: ReadonlyMap<string, Rgb | undefined>,
): DetectedLabels {
  const sorted = [...values].sort((a, b) => a - b);
  if (sorted.length === 2 && sorted[0] === 0 && sorted[1] === VOID) {
    return detected('value', [
      { id: 0, name: 'background', color: [0, 0, 0], trainId: 0 },
      { id: 255, name: 'foreground', color: [255, 255, 255], trainId: 1 },
    ]);
  }
  const ids = sorted.filter((value) => value !== VOID);
  return detected(
    'value',
    ids.map((id, trainId) => ({
      id,
      name: `class ${id}`,
      color: palette.get(`${id}`) ?? classColor(trainId),
      trainId,
    })),
  );
}

function colorLabels(colors: readonly string[]): DetectedLabels {
  return detected(
    'color',
    [...colors].sort().map((name, trainId) => ({ id: trainId, name, color: parseColor(name), trainId })),
  );
}

function detected(by: LabelRule['by'], list: Label[]): DetectedLabels {
  const labels = labelSetOf(list);
  const shown = list.slice(0, 8).map((label) => (by === 'value' ? `${label.id}` : formatColor(label.color)));
  return {
    labels,
    rule: by === 'value' ? labels.byValue : labels.byColor,
    note:
      `Classes were taken from the ${by}s in the label files: ${shown.join(', ')}${list.length > 8 ? ', …' : ''} ` +
      `(${list.length}). Put a classes.json into the folder to name them.`,
  };
}

function tooMany(operation: string, count: number): HmsaError {
  return new HmsaError({
    operation,
    expected: `label files of at most ${MOST_CLASSES} classes`,
    received: `${count > 65_000 ? 'tens of thousands of' : count} different values or colours`,
    remedy: 'Export masks without smoothing, or name the classes in a classes.json.',
  });
}
