import { createHash } from 'node:crypto';
import { checkArgument, HmsaError, isRecord, shown } from '../../base/errors/index.js';
import { mapBounded } from '../../base/tasks/index.js';
import {
  type ClassMap,
  type Dataset,
  type DatasetModule,
  type LabelMap,
  type LabelReader,
  type LabelRule,
  labelReader,
  type Region,
  type Sample,
  type SamplePart,
  type Size,
} from '../../data/index.js';
import { checkClasses } from '../arguments/index.js';
import { type DecodeOptions, decodeImage, decodeLabels, imageSize } from '../images/index.js';
import { fileHash } from './file-hash.js';
import { describeShare } from './label-census.js';
import type { Item, LabelEvidence } from './tree.js';

/** All that a {@link FileDataset} is made of, as plain data that crosses to worker threads. */
export interface FileDatasetParts {
  readonly items: readonly Item[];
  readonly classes: ClassMap;
  readonly rule: LabelRule;
  readonly pixelLimit?: number;
  /** Where the classes come from, for sets whose kind does not define them. */
  readonly evidence?: LabelEvidence;
}

/** Photographs and labels on disk; each is decoded when it is asked for, and nothing is kept. */
export class FileDataset implements Dataset {
  readonly #read: LabelReader;

  /** @throws HmsaError when something is missing */
  constructor(readonly parts: FileDatasetParts) {
    checkParts(parts);
    this.#read = labelReader(parts.rule);
  }

  get classes(): ClassMap {
    return this.parts.classes;
  }

  get length(): number {
    return this.parts.items.length;
  }

  get source(): DatasetModule {
    return { module: import.meta.url, export: openFileDataset.name, options: this.parts };
  }

  /** The photograph and where its label is, without reading either. */
  item(index: number): Item {
    const item = Number.isInteger(index) ? this.parts.items[index] : undefined;
    if (item !== undefined) return item;
    throw new HmsaError({
      operation: 'data set',
      expected: `an index in 0 … ${this.length - 1}`,
      received: shown(index),
    });
  }

  async get(index: number): Promise<Sample> {
    const { image, label, width, height, id } = await this.getPart(index, all);
    return { image, ...(label && { label }), width, height, id };
  }

  async getPart(index: number, choose: (whole: Size) => Region): Promise<SamplePart> {
    const { id, image: imagePath, label: labelPath } = this.item(index);
    checkArgument(typeof choose === 'function', 'getPart', 'a function that chooses a rectangle', choose);
    const photo = new Choice(choose);
    const map = new Choice(choose);
    const [{ data: image }, stored] = await Promise.all([
      decodeImage(imagePath, this.#decodeOptions(photo)),
      labelPath === undefined ? undefined : decodeLabels(labelPath, this.#decodeOptions(map)),
    ]);
    const part = { id, image, ...photo.part, whole: photo.whole };
    if (labelPath === undefined || stored === undefined) return part;
    if (map.whole.width !== photo.whole.width || map.whole.height !== photo.whole.height) {
      throw new HmsaError({
        operation: labelPath,
        expected: `a label map of ${photo.whole.width}×${photo.whole.height}, the size of its photograph`,
        received: `${map.whole.width}×${map.whole.height}`,
        remedy: 'Find all such files with `hmsa data inspect`.',
      });
    }
    const { data: label, unknown } = this.#read(stored);
    if (unknown.size > 0)
      throw unknownLabels(labelPath, describeUnknown(unknown, label.length), this.classes);
    return { ...part, label };
  }

  async getLabel(index: number): Promise<LabelMap | undefined> {
    const { label: path } = this.item(index);
    if (path === undefined) return undefined;
    const stored = await decodeLabels(path, this.#limit);
    return { label: this.#read(stored).data, width: stored.width, height: stored.height };
  }

  sizeOf(index: number): Promise<Size> {
    return imageSize(this.item(index).image, this.#limit);
  }

  /**
   * Changes when the photographs, the labels or what they mean change; the same on every machine. All bytes of every
   * file are read, once in a process. `sha256:` tells it from that of version 0.1, which covered the ends of files.
   */
  async fingerprint(): Promise<string> {
    const { items, classes, rule } = this.parts;
    const marks = await mapBounded(items.length, 16, async (index) => {
      const { id, image, label } = items[index]!;
      return [id, await fileHash(image), label === undefined ? '' : await fileHash(label)].join('\n');
    });
    const hash = createHash('sha256').update(JSON.stringify([classes, rule]));
    for (const line of marks) hash.update(line);
    return `sha256:${hash.digest('hex')}`;
  }

  #decodeOptions({ region }: Choice): DecodeOptions {
    return { region, ...this.#limit };
  }

  get #limit(): { readonly pixelLimit?: number } {
    const { pixelLimit } = this.parts;
    return pixelLimit === undefined ? {} : { pixelLimit };
  }
}

/** For worker threads, see {@link FileDataset.source}. */
export function openFileDataset(parts: FileDatasetParts): FileDataset {
  return new FileDataset(parts);
}

function checkParts(parts: unknown): void {
  const operation = 'FileDataset';
  checkArgument(isRecord(parts), operation, 'an object of items, classes and rule', parts);
  const { items, classes, rule } = parts;
  const isItems = Array.isArray(items) && items.every((item) => isRecord(item) && isPath(item.image));
  checkArgument(isItems, `${operation}, items`, 'a list of { id, group, image, label }', items);
  checkClasses(classes, `${operation}, classes`);
  const isRule =
    isRecord(rule) &&
    (rule.by === 'value' || rule.by === 'color') &&
    Array.isArray(rule.trainIds) &&
    rule.trainIds.every((pair) => Array.isArray(pair) && Array.isArray(pair[0]) === (rule.by === 'color'));
  checkArgument(isRule, `${operation}, rule`, 'a rule by which labels are read', rule);
}

function isPath(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

/** What was chosen of a file, and of what size it is: known as soon as the decoder has read its header. */
class Choice {
  whole: Size = { width: 0, height: 0 };
  part: Region = all(this.whole);

  constructor(readonly choose: (whole: Size) => Region) {}

  readonly region = (whole: Size): Region => {
    this.whole = whole;
    this.part = this.choose(whole);
    return this.part;
  };
}

function all(whole: Size): Region {
  return { left: 0, top: 0, ...whole };
}

/**
 * One line about label values that no class explains.
 *
 * @param all the pixels of the label map that was read
 */
export function describeUnknown(unknown: ReadonlyMap<string, number>, all: number): string {
  const shown = [...unknown]
    .slice(0, 4)
    .map(([value, pixels]) => `${value} (${pixels} px, ${describeShare(pixels, all)})`);
  return `${shown.join(', ')}${unknown.size > shown.length ? ` and ${unknown.size - shown.length} more` : ''}`;
}

function unknownLabels(path: string, received: string, { names }: ClassMap): HmsaError {
  return new HmsaError({
    operation: path,
    expected: `labels of the ${names.length} classes or void`,
    received,
    remedy: 'Find all such files with `hmsa data inspect`.',
  });
}
