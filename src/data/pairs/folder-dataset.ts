import { checkArgument, HmsaError, program, shown } from '../../base/errors/index.js';
import { type Files, type PixelOptions, refuseOutsideLinks } from '../files/index.js';
import {
  type ClassMap,
  type Dataset,
  type LabelMap,
  type LabelReader,
  type LabelRule,
  labelReader,
  type Region,
  type Sample,
  type SamplePart,
  type Size,
} from '../index.js';
import { describeShare, type LabelEvidence } from '../labels/index.js';
import { selectItems } from './splits.js';
import type { FileTree, Item, OpenOptions } from './tree.js';

/** The parts of a {@link FolderDataset}, as plain data that can be sent to worker threads. */
export interface FileDatasetParts {
  readonly items: readonly Item[];
  readonly classes: ClassMap;
  readonly rule: LabelRule;
  readonly pixelLimit?: number;
  /** The origin of the classes, for sets whose kind does not define them. */
  readonly evidence?: LabelEvidence;
}

/**
 * The split that the options name, from a scanned layout.
 *
 * @param files reads the text file that the split may name
 * @throws HmsaError when there is no such split, it is empty, or a link leads out of the folder
 */
export async function partsOf(
  tree: FileTree,
  options: OpenOptions,
  files: Pick<Files, 'readText'>,
): Promise<FileDatasetParts> {
  refuseOutsideLinks(tree.faults);
  const items = await selectItems(tree, options, files);
  if (items.length === 0) {
    throw new HmsaError({
      operation: `split ${options.split ?? 'all'} of ${tree.root}`,
      expected: 'at least one photograph',
      received: 'none',
      remedy: `\`${program} data inspect\` shows the content of each split.`,
    });
  }
  const { pixelLimit } = options;
  return {
    items,
    classes: tree.classes,
    rule: tree.rule,
    ...(pixelLimit !== undefined && { pixelLimit }),
    ...(tree.evidence && { evidence: tree.evidence }),
  };
}

/** Photographs and labels in files. Each is decoded on request, and nothing is cached. */
export class FolderDataset implements Dataset {
  readonly #read: LabelReader;

  constructor(
    readonly parts: FileDatasetParts,
    readonly files: Files,
  ) {
    this.#read = labelReader(parts.rule);
  }

  get classes(): ClassMap {
    return this.parts.classes;
  }

  get length(): number {
    return this.parts.items.length;
  }

  /** The paths of a photograph and its label, without reading either. */
  item(index: number): Item {
    const item = Number.isInteger(index) ? this.parts.items[index] : undefined;
    if (item !== undefined) return item;
    throw new HmsaError({
      operation: 'data set',
      expected: `an index in 0 … ${this.length - 1}`,
      received: shown(index),
    });
  }

  /** The same data set with some of its photographs, or with others that are read in the same way. */
  withItems(items: readonly Item[]): FolderDataset {
    return new FolderDataset({ ...this.parts, items }, this.files);
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
      this.files.decodeImage(imagePath, this.#decodeOptions(photo)),
      labelPath === undefined ? undefined : this.files.decodeLabels(labelPath, this.#decodeOptions(map)),
    ]);
    const part = { id, image, ...photo.part, whole: photo.whole };
    if (labelPath === undefined || stored === undefined) return part;
    if (map.whole.width !== photo.whole.width || map.whole.height !== photo.whole.height) {
      throw new HmsaError({
        operation: labelPath,
        expected: `a label map of ${photo.whole.width}×${photo.whole.height}, the size of its photograph`,
        received: `${map.whole.width}×${map.whole.height}`,
        remedy: FIND_ALL,
      });
    }
    const { data: label, unknown } = this.#read(stored);
    if (unknown.size > 0) throw unknownLabels(labelPath, unknown, label.length, this.parts);
    return { ...part, label };
  }

  async getLabel(index: number): Promise<LabelMap | undefined> {
    const { label: path } = this.item(index);
    if (path === undefined) return undefined;
    const stored = await this.files.decodeLabels(path, this.#limit);
    return { label: this.#read(stored).data, width: stored.width, height: stored.height };
  }

  sizeOf(index: number): Promise<Size> {
    return this.files.imageSize(this.item(index).image, this.#limit);
  }

  #decodeOptions({ region }: Choice): PixelOptions {
    return { region, ...this.#limit };
  }

  get #limit(): PixelOptions {
    const { pixelLimit } = this.parts;
    return pixelLimit === undefined ? {} : { pixelLimit };
  }
}

/** The chosen rectangle of a file and the size of the file, known as soon as its header is read. */
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

const FIND_ALL = `\`${program} data inspect\` names all such files.`;

/** The most values of one file that a line names. */
const SHOWN = 4;

/**
 * One line about label values that no class explains: `value 2 (30551 px, 18%)`.
 *
 * @param all number of pixels of the label map
 */
export function describeUnknown(unknown: ReadonlyMap<string, number>, all: number): string {
  const shares = [...unknown].map(
    ([value, pixels]) => `${value} (${pixels} px, ${describeShare(pixels, all)})`,
  );
  return named(unknown, shares);
}

/**
 * How to make label values known. Users can add a class to their own set. A fixed set has its own values, so the file
 * is wrong.
 */
export function unknownRemedy(
  unknown: ReadonlyMap<string, number>,
  { evidence }: Pick<FileDatasetParts, 'evidence'>,
): string {
  const values = [...unknown.keys()];
  if (evidence === undefined) return 'Check that the label map is one of this data set.';
  return `Add a class for ${named(unknown, values)} to the class file, or list ${values.length === 1 ? 'it' : 'them'} under "void".`;
}

/** `value 2`, `values 2, 3`, `colours #ff0000, #00ff00 and 3 more`. */
function named(unknown: ReadonlyMap<string, number>, texts: readonly string[]): string {
  const isColor = [...unknown.keys()][0]?.startsWith('#');
  const noun = `${isColor ? 'colour' : 'value'}${unknown.size === 1 ? '' : 's'}`;
  const more = texts.length > SHOWN ? ` and ${texts.length - SHOWN} more` : '';
  return `${noun} ${texts.slice(0, SHOWN).join(', ')}${more}`;
}

function unknownLabels(
  path: string,
  unknown: ReadonlyMap<string, number>,
  all: number,
  parts: FileDatasetParts,
): HmsaError {
  return new HmsaError({
    operation: path,
    expected: `labels of the ${parts.classes.names.length} classes or void`,
    received: describeUnknown(unknown, all),
    remedy: `${unknownRemedy(unknown, parts)} ${FIND_ALL}`,
  });
}
