import { HmsaError } from '../../base/errors/index.js';
import { mapBounded } from '../../base/tasks/index.js';
import type { FaultKind, Files, Photo } from '../files/index.js';
import { countLabels, type Dataset, type LabelCounts, labelReader, type Size, VOID } from '../index.js';
import { describeUnknown, type FolderDataset, unknownRemedy } from '../pairs/index.js';
import { asFiles } from './source.js';

/** `whole`: every pixel is decoded. `headers`: of photographs only the header is read; labels are decoded all the same. */
export type Depth = 'whole' | 'headers';

/** Something wrong with a file, as the parts of an error. */
export interface Flaw {
  readonly kind: FaultKind;
  /** The file, as the data set has it: an absolute path. */
  readonly file: string;
  readonly expected: string;
  readonly received: string;
  /** What mends it. */
  readonly remedy?: string;
}

/** What there is to know of a photograph and its label. Plain data, small whatever the number of pixels. */
export interface Examination {
  /** Of the photograph; left out where it cannot be read. */
  readonly size?: Size;
  readonly hasLabel: boolean;
  /** What its label holds; left out where there is none or it cannot be used. */
  readonly counts?: LabelCounts;
  readonly flaws: readonly Flaw[];
}

/** An examination with the pixels that it was made from. */
export interface Reading extends Examination {
  /** Only where it was decoded. */
  readonly photo?: Photo;
  /** Train ids, in the photograph's size. */
  readonly label?: Uint8Array;
}

/** Reads one photograph and its label, and says what is wrong with them instead of throwing. */
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

/** Keeps examinations from one time to the next, for as long as no file changes. */
export interface ExaminationCache {
  /** What an examination of these very files depends on, as hexadecimal digits, and the bytes of all photographs. */
  stampOf(dataset: FolderDataset): Promise<{ readonly bytes: number; readonly digest: string }>;
  /** Undefined where nothing is kept under the key. */
  kept(key: string): Promise<readonly Examination[] | undefined>;
  /** Never rejects. */
  keep(key: string, items: readonly Examination[]): Promise<void>;
}

/** What the machine gives for examinations. */
export interface ExamineMeans {
  /** How many photographs at once; 1 where left out. */
  readonly atOnce?: number;
  readonly cache?: ExaminationCache;
}

export interface ExamineOptions extends ExamineMeans {
  /**
   * `whole`: every pixel. `affordable`: photographs of more than {@link AFFORDABLE_BYTES} together are read no further
   * than their headers.
   */
  readonly depth: 'whole' | 'affordable';
  /** Called with each photograph while its pixels are there. */
  readonly onReading?: (index: number, reading: Reading) => Promise<void>;
  /** Awaited after each photograph; never where the result was kept from an earlier time. */
  readonly onProgress?: (done: number, total: number) => unknown;
  readonly signal?: AbortSignal;
}

export interface Examinations {
  readonly depth: Depth;
  /** In the data set's order. */
  readonly items: readonly Examination[];
}

/** 1 GiB. Compressed photographs of so many bytes are decoded in about a minute by one core. */
const AFFORDABLE_BYTES = 2 ** 30;

/** Sets of fewer photographs are examined faster than they are worth a file. */
const LEAST_KEPT = 200;

/**
 * Examines every photograph of a data set and its label, some at once; what is held does not grow
 * with the number of pixels. The result for a set of files is kept in the cache, where one is given.
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
  // Whoever wants the pixels has to have them read.
  if (options.onReading === undefined) {
    const items = await cache.kept(key);
    if (items?.length === dataset.length) return { depth, items };
  }
  const items = await readAll(dataset, depth, options);
  await cache.keep(key, items);
  return { depth, items };
}

/** Of all photographs; a file that is gone has none. */
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
