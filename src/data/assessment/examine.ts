import { HmsaError } from '../../base/errors/index.js';
import { mapBounded } from '../../base/tasks.js';
import type { FaultKind, Files, Photo } from '../files/index.js';
import { countLabels, type Dataset, type LabelCounts, labelReader, type Size, VOID } from '../index.js';
import { describeUnknown, type FolderDataset, unknownRemedy } from '../pairs/index.js';
import { asFiles } from './source.js';

/** `whole`: every pixel is decoded. `headers`: only the headers of photographs are read, but labels are decoded. */
export type Depth = 'whole' | 'headers';

/** A fault of a file, as the parts of an error. */
export interface Flaw {
  readonly kind: FaultKind;
  /** The file in the form of the data set: an absolute path. */
  readonly file: string;
  readonly expected: string;
  readonly received: string;
  /** How to repair it. */
  readonly remedy?: string;
}

/** Facts about a photograph and its label. Plain data of a size that does not depend on the number of pixels. */
export interface Examination {
  /** Size of the photograph; left out if it cannot be read. */
  readonly size?: Size;
  readonly hasLabel: boolean;
  /** The content of its label; left out if there is no label or it cannot be used. */
  readonly counts?: LabelCounts;
  readonly flaws: readonly Flaw[];
}

/** An examination with the pixels that were read for it. */
export interface Reading extends Examination {
  /** Only if it was decoded. */
  readonly photo?: Photo;
  /** Train ids, in the size of the photograph. */
  readonly label?: Uint8Array;
}

/** Reads one photograph and its label. Faults are returned, not thrown. */
async function examine(dataset: Dataset, index: number, depth: Depth): Promise<Reading> {
  const files = asFiles(dataset);
  if (files !== undefined) return examineFiles(files, index, depth);
  const { image: data, label, width, height } = await dataset.get(index);
  const size = { width, height };
  return {
    size,
    photo: { data, ...size },
    hasLabel: label !== undefined,
    ...(label && { label, counts: countLabels(label) }),
    flaws: [],
  };
}

async function examineFiles(dataset: FolderDataset, index: number, depth: Depth): Promise<Reading> {
  const { files } = dataset;
  const { pixelLimit, rule, classes } = dataset.parts;
  const options = pixelLimit === undefined ? {} : { pixelLimit };
  const flaws: Flaw[] = [];
  const flaw = (kind: FaultKind, file: string, expected: string, received: string, remedy?: string) =>
    flaws.push({ kind, file, expected, received, ...(remedy !== undefined && { remedy }) });
  const attempt = async <T>(kind: FaultKind, file: string, read: () => Promise<T>) => {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof HmsaError)) throw error;
      flaw(kind, file, error.expected, error.received, error.remedy);
      return undefined;
    }
  };
  const { image, label: path } = dataset.item(index);
  const photo = await attempt('unreadable image', image, () => look(files, image, depth, options));
  const size = photo && { width: photo.width, height: photo.height };
  const base = {
    hasLabel: path !== undefined,
    ...(size && { size }),
    ...(photo && 'data' in photo && { photo }),
    flaws,
  };
  if (path === undefined) return base;
  const stored = await attempt('unreadable label', path, () => files.decodeLabels(path, options));
  if (stored === undefined) return base;
  const { data: label, unknown } = labelReader(rule)(stored);
  if (unknown.size > 0) {
    const expected = `labels of the ${classes.names.length} classes or void`;
    flaw(
      'unknown label',
      path,
      expected,
      describeUnknown(unknown, label.length),
      unknownRemedy(unknown, dataset.parts),
    );
  }
  if (size !== undefined && (stored.width !== size.width || stored.height !== size.height)) {
    const isTurned = stored.width === size.height && stored.height === size.width;
    const hint = isTurned && stored.width !== stored.height;
    flaw(
      'size mismatch',
      path,
      `a label map of ${size.width}×${size.height}, the size of its photograph`,
      `${stored.width}×${stored.height}${hint ? ' (turned: was it drawn without the EXIF orientation?)' : ''}`,
      'Save the label map in the size of its photograph.',
    );
    return base;
  }
  const counts = countLabels(label);
  if (flaws.length === 0 && counts.every(([trainId]) => trainId === VOID))
    flaw(
      'void label',
      image,
      'a label with a pixel of any class',
      'void alone',
      'Check which values are void.',
    );
  return { ...base, label, counts };
}

function look(
  files: Files,
  image: string,
  depth: Depth,
  options: { readonly pixelLimit?: number },
): Promise<Photo | Size> {
  return depth === 'whole' ? files.decodeImage(image, options) : files.imageSize(image, options);
}

/** Stores examinations for later, as long as no file changes. */
export interface ExaminationCache {
  /** The key of an examination, as hexadecimal digits, and the bytes of all photographs. */
  stampOf(dataset: FolderDataset): Promise<{ readonly bytes: number; readonly digest: string }>;
  /** Undefined if nothing is stored under the key. */
  kept(key: string): Promise<readonly Examination[] | undefined>;
  /** Never rejects. */
  keep(key: string, items: readonly Examination[]): Promise<void>;
}

/** What the machine offers for examinations. */
export interface ExamineMeans {
  /** Number of photographs to examine at the same time; default 1. */
  readonly atOnce?: number;
  readonly cache?: ExaminationCache;
}

export interface ExamineOptions extends ExamineMeans {
  /**
   * `whole`: every pixel. `affordable`: if the photographs have more than {@link AFFORDABLE_BYTES} in all, only their
   * headers.
   */
  readonly depth: 'whole' | 'affordable';
  /** Called with each photograph while its pixels are in memory. */
  readonly onReading?: (index: number, reading: Reading) => Promise<void>;
  /** Awaited after each photograph; not called if the result comes from the cache. */
  readonly onProgress?: (done: number, total: number) => unknown;
  readonly signal?: AbortSignal;
}

export interface Examinations {
  readonly depth: Depth;
  /** In the order of the data set. */
  readonly items: readonly Examination[];
}

/** 1 GiB. One core decodes compressed photographs of this size in about a minute. */
const AFFORDABLE_BYTES = 2 ** 30;

/** Smaller sets are examined so fast that caching is not worth a file. */
const LEAST_KEPT = 200;

/**
 * Examines every photograph of a data set and its label, some at the same time. Its memory does not grow with the
 * number of pixels. If a cache is given, the result is stored in it.
 */
export async function examineAll(dataset: Dataset, options: ExamineOptions): Promise<Examinations> {
  const files = asFiles(dataset);
  if (files === undefined) return { depth: 'whole', items: await readAll(dataset, 'whole', options) };
  const { cache } = options;
  const stamp = await cache?.stampOf(files);
  const bytes = stamp?.bytes ?? (await bytesOf(files));
  const depth = options.depth === 'whole' || bytes <= AFFORDABLE_BYTES ? 'whole' : 'headers';
  if (cache === undefined || stamp === undefined || dataset.length < LEAST_KEPT) {
    return { depth, items: await readAll(dataset, depth, options) };
  }
  const key = `${depth}-${stamp.digest}`;
  // A caller that needs the pixels cannot use the cache.
  if (options.onReading === undefined) {
    const items = await cache.kept(key);
    if (items?.length === dataset.length) return { depth, items };
  }
  const items = await readAll(dataset, depth, options);
  await cache.keep(key, items);
  return { depth, items };
}

/** Bytes of all photographs; 0 for a missing file. */
async function bytesOf({ parts: { items }, files }: FolderDataset): Promise<number> {
  const sizes = await mapBounded(items.length, 16, async (index) => files.status(items[index]!.image));
  return sizes.reduce((sum, status) => sum + (status?.size ?? 0), 0);
}

function readAll(
  dataset: Dataset,
  depth: Depth,
  { onReading, onProgress, signal, atOnce = 1 }: ExamineOptions,
): Promise<Examination[]> {
  let done = 0;
  const one = async (index: number): Promise<Examination> => {
    const reading = await examine(dataset, index, depth);
    await onReading?.(index, reading);
    await onProgress?.(++done, dataset.length);
    const { photo: _, label: __, ...examination } = reading;
    return examination;
  };
  return mapBounded(dataset.length, atOnce, one, signal);
}
