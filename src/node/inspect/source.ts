import { type ClassMap, type LabelReader, labelReader } from '../../data/index.js';
import { HmsaError } from '../../errors/index.js';
import {
  describeUnknown,
  type Fault,
  type FaultKind,
  type FileTree,
  type GeneratedKind,
  type Item,
  type OpenOptions,
  parseSpec,
  selectItems,
} from '../datasets/index.js';
import { decodeImage, decodeLabels, type PhotoDoubt, photoDoubts, type RgbImage } from '../images/index.js';

/** What is inspected: photographs by split, each read when asked for. */
export interface Source {
  readonly classes: ClassMap;
  readonly splits: readonly SourceSplit[];
  /** What the names alone say. */
  readonly faults: readonly Fault[];
  readonly notes: readonly string[];
}

export interface SourceSplit {
  readonly name: string;
  readonly length: number;
  read(index: number): Promise<Reading>;
}

/** A photograph and its label as far as they can be read, and what is wrong with them. */
export interface Reading {
  /** Path below the root. */
  readonly file: string;
  readonly hasLabel: boolean;
  readonly photo?: RgbImage;
  /** Train ids, in the photograph's size. */
  readonly label?: Uint8Array;
  readonly faults: readonly Omit<Fault, 'split'>[];
  /** Why the photograph may not be what it is taken for. */
  readonly doubts?: readonly PhotoDoubt[];
}

/** @throws HmsaError when the kind, the folder or the split is not there */
export async function openSource(spec: string, options: OpenOptions): Promise<Source> {
  const { kind, location } = parseSpec(spec);
  if ('scan' in kind) return sourceOfTree(await kind.scan(location, options), options);
  return sourceOfDatasets(kind, location, options);
}

async function sourceOfDatasets(
  kind: GeneratedKind,
  location: string,
  options: OpenOptions,
): Promise<Source> {
  const names = options.split === undefined ? kind.splits : [options.split];
  const datasets = await Promise.all(names.map((split) => kind.open(location, { ...options, split })));
  const splits = datasets.map((dataset, i): SourceSplit => {
    const read = async (index: number): Promise<Reading> => {
      const { image, label, width, height, id } = await dataset.get(index);
      const photo = { data: image, width, height };
      return { file: id, hasLabel: label !== undefined, photo, ...(label && { label }), faults: [] };
    };
    return { name: names[i]!, length: dataset.length, read };
  });
  return { classes: datasets[0]!.classes, splits, faults: [], notes: [] };
}

async function sourceOfTree(tree: FileTree, options: OpenOptions): Promise<Source> {
  const names = options.split === undefined ? Object.keys(tree.splits) : [options.split];
  const reader = labelReader(tree.rule);
  const decodeOptions = options.pixelLimit === undefined ? {} : { pixelLimit: options.pixelLimit };
  const splits = await Promise.all(
    names.map(async (name): Promise<SourceSplit> => {
      const items = await selectItems(tree, { ...options, split: name });
      return {
        name,
        length: items.length,
        read: (index) => readItem(tree, items[index]!, reader, decodeOptions),
      };
    }),
  );
  const faults = tree.faults.filter(({ split }) => split === undefined || names.includes(split));
  return { classes: tree.classes, splits, faults, notes: tree.notes };
}

async function readItem(
  tree: FileTree,
  item: Item,
  reader: LabelReader,
  options: { pixelLimit?: number },
): Promise<Reading> {
  const faults: Omit<Fault, 'split'>[] = [];
  const note = (kind: FaultKind, path: string, detail: string) =>
    faults.push({ kind, file: below(tree, path), detail });
  const attempt = async <T>(
    kind: FaultKind,
    path: string,
    read: () => Promise<T>,
  ): Promise<T | undefined> => {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof HmsaError)) throw error;
      note(kind, path, `expected ${error.expected}, received ${error.received}`);
      return undefined;
    }
  };
  const { image, label } = item;
  const photo = await attempt('unreadable image', image, () => decodeImage(image, options));
  const doubts = photo === undefined ? [] : await photoDoubts(image, photo, options);
  const base = {
    file: below(tree, image),
    hasLabel: label !== undefined,
    ...(photo && { photo }),
    faults,
    doubts,
  };
  if (label === undefined) return base;
  const stored = await attempt('unreadable label', label, () => decodeLabels(label, options));
  if (stored === undefined) return base;
  const { data, unknown } = reader(stored);
  if (unknown.size > 0)
    note('unknown label', label, `not in the class map: ${describeUnknown(unknown, data.length)}`);
  if (photo !== undefined && (stored.width !== photo.width || stored.height !== photo.height)) {
    const sizes = `${stored.width}×${stored.height}, its photograph ${photo.width}×${photo.height}`;
    const isTurned = stored.width === photo.height && stored.height === photo.width;
    const hint = isTurned ? ' (turned: was it drawn without the EXIF orientation?)' : '';
    note('size mismatch', label, `the label is ${sizes}${hint}`);
    return base;
  }
  return { ...base, label: data };
}

function below(tree: FileTree, path: string): string {
  return path.startsWith(tree.root) ? path.slice(tree.root.length + 1).replaceAll('\\', '/') : path;
}
