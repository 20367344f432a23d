import { HmsaError } from '../../base/errors/index.js';
import type { Pixels } from '../../base/pixels/index.js';
import {
  countLabels,
  type Dataset,
  type LabelCounts,
  labelReader,
  type Size,
  VOID,
} from '../../data/index.js';
import { describeUnknown, type FaultKind, type FileDataset } from '../datasets/index.js';
import { decodeImage, decodeLabels, imageSize } from '../images/index.js';
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
  readonly photo?: Pixels;
  /** Train ids, in the photograph's size. */
  readonly label?: Uint8Array;
}

/** Reads one photograph and its label, and says what is wrong with them instead of throwing. */
export async function examine(dataset: Dataset, index: number, depth: Depth): Promise<Reading> {
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

async function examineFiles(dataset: FileDataset, index: number, depth: Depth): Promise<Reading> {
  const { pixelLimit, rule, classes } = dataset.parts;
  const options = pixelLimit === undefined ? {} : { pixelLimit };
  const flaws: Flaw[] = [];
  const flaw = (kind: FaultKind, file: string, expected: string, received: string) =>
    flaws.push({ kind, file, expected, received });
  const attempt = async <T>(kind: FaultKind, file: string, read: () => Promise<T>) => {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof HmsaError)) throw error;
      flaw(kind, file, error.expected, error.received);
      return undefined;
    }
  };
  const { image, label: path } = dataset.item(index);
  const photo = await attempt('unreadable image', image, () => look(image, depth, options));
  const size = photo && { width: photo.width, height: photo.height };
  const base = {
    hasLabel: path !== undefined,
    ...(size && { size }),
    ...(photo && 'data' in photo && { photo }),
    flaws,
  };
  if (path === undefined) return base;
  const stored = await attempt('unreadable label', path, () => decodeLabels(path, options));
  if (stored === undefined) return base;
  const { data: label, unknown } = labelReader(rule)(stored);
  if (unknown.size > 0) {
    const expected = `labels of the ${classes.names.length} classes or void`;
    flaw('unknown label', path, expected, describeUnknown(unknown, label.length));
  }
  if (size !== undefined && (stored.width !== size.width || stored.height !== size.height)) {
    const isTurned = stored.width === size.height && stored.height === size.width;
    const hint = isTurned && stored.width !== stored.height;
    flaw(
      'size mismatch',
      path,
      `a label map of ${size.width}×${size.height}, the size of its photograph`,
      `${stored.width}×${stored.height}${hint ? ' (turned: was it drawn without the EXIF orientation?)' : ''}`,
    );
    return base;
  }
  const counts = countLabels(label);
  if (flaws.length === 0 && counts.every(([trainId]) => trainId === VOID))
    flaw('void label', image, 'a label with a pixel of any class', 'void alone');
  return { ...base, label, counts };
}

function look(
  image: string,
  depth: Depth,
  options: { readonly pixelLimit?: number },
): Promise<Pixels | Size> {
  return depth === 'whole' ? decodeImage(image, options) : imageSize(image, options);
}
