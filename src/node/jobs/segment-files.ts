import { basename, dirname, extname, join } from 'node:path';
import { z } from 'zod';
import { checkTexts, HmsaError } from '../../base/errors/index.js';
import { readAhead } from '../../base/tasks/index.js';
import type { Segmenter, SegmentOptions } from '../../prediction/index.js';
import { callback, checkNamed, checkSegmenter, flag, signal, text } from '../arguments/index.js';
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
import { findImages, type LeftOutFile } from './list-images.js';
import { PictureFiles } from './picture-files.js';

export interface SegmentFilesOptions extends Omit<SegmentOptions, 'details'> {
  /** Where the pictures go; beside each image where left out. */
  readonly out?: string;
  /** `labels` and `overlay` where left out. */
  readonly save?: readonly PictureKind[];
  /** Replace files that `hmsa segment` has not written, too. Images that are read are never replaced. */
  readonly overwrite?: boolean;
  /** Awaited once, before the first image, with what is left out of the folders. */
  readonly onFound?: (total: number, leftOut: readonly LeftOutFile[]) => unknown;
  /** Awaited after each image; an error of it ends the work. */
  readonly onImage?: (result: LabelledFile | FailedFile, done: number, total: number) => unknown;
}

/** The rest is checked where it is used. */
const shape = {
  out: text,
  save: z.array(z.enum(pictureKinds)).optional(),
  overwrite: flag,
  onFound: callback,
  onImage: callback,
  signal,
};

export interface SegmentFilesReport {
  readonly done: readonly LabelledFile[];
  readonly failed: readonly FailedFile[];
  /** Of the folders given; see {@link findImages}. */
  readonly leftOut: readonly LeftOutFile[];
}

/**
 * Labels image files, and every image file directly inside the folders given, one after the other. A file that cannot
 * be labelled, or whose pictures cannot be written, is listed and the rest go on. The next image is read while one is
 * computed.
 *
 * Writes for `NAME.jpg`: `NAME.labels.png` (8-bit train ids as indices of a palette of the classes' colours, the image's
 * size), `NAME.color.png` (RGB), `NAME.overlay.png`, `NAME.legend.png` (the overlay, and below it the classes), and for
 * each scale S `NAME.attention@S.png`, `NAME.labels@S.png` and `NAME.color@S.png`.
 *
 * @throws HmsaError when there is no image at all, the scales or the device do not fit, or `out` cannot be made
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
    onFound,
    onImage,
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
  for await (const { item: file, index, ...read } of readAhead(files, (file) => decodeImage(file))) {
    abort?.throwIfAborted();
    const stem = stems.get(file)!;
    const image = {
      file,
      stem: stem.path,
      read: async () => {
        if (read.status === 'rejected') throw read.reason;
        return read.value;
      },
    };
    const result =
      stem.taken === undefined
        ? await labelImage(segmenter, image, save, { ...segmentOptions, scales, files: pictures })
        : { file, message: taken(file, stem.taken).message, written: [] };
    if ('message' in result) failed.push(result);
    else done.push(result);
    await onImage?.(result, index + 1, files.length);
  }
  return { done, failed, leftOut };
}

interface Stem {
  readonly path: string;
  /** The image that it belongs to, where that is another. */
  readonly taken?: string;
}

/**
 * Where each file's pictures go, less the part after the stem: the name without its ending, or with it where two files
 * differ in nothing else.
 */
function stemsOf(files: readonly string[], out: string | undefined): Map<string, Stem> {
  // The name is put behind, not joined: that would take a file called `...png` for the folder above.
  const stem = (file: string, name: string) => `${join(out ?? dirname(file), 'x').slice(0, -1)}${name}`;
  const short = (file: string) => stem(file, basename(file, extname(file)));
  const counts = new Map<string, number>();
  for (const file of files) counts.set(short(file), (counts.get(short(file)) ?? 0) + 1);
  const stems = new Map<string, Stem>();
  const owners = new Map<string, string>();
  for (const file of files) {
    const path = counts.get(short(file)) === 1 ? short(file) : stem(file, basename(file));
    const owner = owners.get(path);
    stems.set(file, owner === undefined ? { path } : { path, taken: owner });
    if (owner === undefined) owners.set(path, file);
  }
  return stems;
}

function taken(file: string, owner: string): HmsaError {
  return new HmsaError({
    operation: file,
    expected: 'a name of its own',
    received: `that of ${owner}, whose pictures have the same names`,
    remedy: 'Label them in two runs with different --out.',
  });
}
