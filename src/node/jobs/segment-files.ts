import path from 'node:path';
import { z } from 'zod';
import { checkTexts, HmsaError } from '../../base/errors/index.js';
import { callback, checkNamed, flag, signal, text } from '../../base/schema/index.js';
import { readAhead } from '../../base/tasks.js';
import { checkSegmenter, type Segmenter, type SegmentOptions } from '../../prediction/index.js';
import { makeFolder } from '../files/index.js';
import { decodeImage } from '../images/index.js';
import {
  type FailedFile,
  type LabelledFile,
  labelImage,
  needsDetails,
  type PictureKind,
  pictureKinds,
} from './label-image.js';
import { isLargeImage, labelLargeImage } from './label-large-image.js';
import { findImages, type LeftOutFile } from './list-images.js';
import { PictureFiles } from './picture-files.js';

export interface SegmentFilesOptions extends Omit<SegmentOptions, 'details'> {
  /** The folder for the pictures; default: the folder of each image. */
  readonly out?: string;
  /** Default: `labels` and `overlay`. */
  readonly save?: readonly PictureKind[];
  /** Also replace files that `hmsa segment` did not write. The images themselves are never replaced. */
  readonly overwrite?: boolean;
  /** Whether RGB pictures of images that are written row by row are TIFF files of tiles with smaller versions. */
  readonly pyramid?: boolean;
  /** Awaited once, before the first image, with the files that are left out of the folders. */
  readonly onFound?: (total: number, leftOut: readonly LeftOutFile[]) => unknown;
  /** Awaited while an image is labelled in tiles, with the images that are done and a share of this one. */
  readonly onProgress?: (done: number, total: number) => unknown;
  /** Awaited after each image. If it throws, the work ends. */
  readonly onImage?: (result: LabelledFile | FailedFile, done: number, total: number) => unknown;
}

/** The other options are checked where they are used. */
const shape = {
  out: text,
  save: z.array(z.enum(pictureKinds)).optional(),
  overwrite: flag,
  pyramid: flag,
  onFound: callback,
  onImage: callback,
  onProgress: callback,
  signal,
};

export interface SegmentFilesReport {
  readonly done: readonly LabelledFile[];
  readonly failed: readonly FailedFile[];
  /** Pictures in the given folders that were not labelled. */
  readonly leftOut: readonly LeftOutFile[];
}

/**
 * Labels image files, and every image file directly inside the given folders, one after the other. If a file cannot be
 * labelled, or its pictures cannot be written, it is listed and the others are labelled. The next image is read while
 * the current one is computed.
 *
 * Writes for `NAME.jpg`: `NAME.labels.png` (8-bit train ids as indices of a palette of the classes' colours, in the
 * size of the image), `NAME.color.png` (RGB), `NAME.overlay.png`, `NAME.legend.png` (the overlay with the classes below
 * it), and for each scale S `NAME.attention@S.png`, `NAME.labels@S.png` and `NAME.color@S.png`.
 *
 * @throws HmsaError when there is no image at all, the scales or the device do not fit, or `out` cannot be created
 */
export async function segmentFiles(
  segmenter: Segmenter,
  inputs: readonly string[],
  options: SegmentFilesOptions = {},
): Promise<SegmentFilesReport> {
  checkSegmenter(segmenter, 'segmentFiles');
  checkTexts(inputs, 'segmentFiles', 'a list of paths');
  checkNamed(shape, options, 'segmentFiles');
  const {
    out,
    save = ['labels', 'overlay'],
    overwrite = false,
    pyramid = false,
    onFound,
    onImage,
    onProgress,
    signal: abort,
    ...segmentOptions
  } = options;
  const { files, leftOut } = await findImages(inputs);
  await onFound?.(files.length, leftOut);
  const { scales } = await segmenter.prepare({ ...segmentOptions, details: needsDetails(save) });
  if (out !== undefined) await makeFolder(out);
  const pictures = await PictureFiles.open(files, { overwrite });
  const stems = stemsOf(files, out);
  const done: LabelledFile[] = [];
  const failed: FailedFile[] = [];
  // An image that is too large to be held is read while it is labelled.
  const readSmall = async (file: string) =>
    (await isLargeImage(file, segmenter.memoryLimit)) ? undefined : decodeImage(file);
  for await (const { item: file, index, ...read } of readAhead(files, readSmall)) {
    abort?.throwIfAborted();
    const stem = stems.get(file)!;
    const image = {
      file,
      stem: stem.path,
      read: async () => {
        if (read.status === 'rejected') throw read.reason;
        return read.value!;
      },
    };
    const labelOptions = { ...segmentOptions, scales, files: pictures };
    const isLarge = read.status === 'fulfilled' && read.value === undefined;
    const onPart = (share: number) => onProgress?.(index + share, files.length);
    const label = () =>
      isLarge
        ? labelLargeImage(segmenter, image, save, {
            ...labelOptions,
            pyramid,
            onProgress: onPart,
            ...(abort && { signal: abort }),
          })
        : labelImage(segmenter, image, save, labelOptions);
    const result =
      stem.taken === undefined
        ? await label()
        : { file, message: taken(file, stem.taken).message, written: [] };
    if ('message' in result) failed.push(result);
    else done.push(result);
    await onImage?.(result, index + 1, files.length);
  }
  return { done, failed, leftOut };
}

/** The path functions of an operating system. Tests use those of another one. */
type System = Pick<typeof path, 'basename' | 'dirname' | 'extname' | 'join'>;

interface Stem {
  readonly path: string;
  /** The image that already has this name for its pictures, if there is one. */
  readonly taken?: string;
}

/**
 * The path of each file's pictures without their ending: the name of the file without its extension, or with it if two
 * files differ only in the extension.
 */
export function stemsOf(
  files: readonly string[],
  out: string | undefined,
  { basename, dirname, extname, join }: System = path,
  /** Whether names that differ only in case are one file. */
  isCaseBlind = process.platform === 'win32' || process.platform === 'darwin',
): Map<string, Stem> {
  const key = (stem: string) => (isCaseBlind ? stem.toLowerCase() : stem);
  // The name is appended, not joined, because `join` would take a file called `...png` for the folder above.
  const stem = (file: string, name: string) => `${join(out ?? dirname(file), 'x').slice(0, -1)}${name}`;
  const short = (file: string) => stem(file, basename(file, extname(file)));
  const counts = new Map<string, number>();
  for (const file of files) counts.set(key(short(file)), (counts.get(key(short(file))) ?? 0) + 1);
  const stems = new Map<string, Stem>();
  const owners = new Map<string, string>();
  for (const file of files) {
    const own = counts.get(key(short(file))) === 1 ? short(file) : stem(file, basename(file));
    const owner = owners.get(key(own));
    stems.set(file, owner === undefined ? { path: own } : { path: own, taken: owner });
    if (owner === undefined) owners.set(key(own), file);
  }
  return stems;
}

function taken(file: string, owner: string): HmsaError {
  return new HmsaError({
    operation: file,
    expected: 'a name of its own',
    received: `the name of ${owner}, whose pictures have the same names`,
    remedy: 'Label them in two runs with different --out.',
  });
}
