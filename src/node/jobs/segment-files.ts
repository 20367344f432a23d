import { basename, dirname, extname, join } from 'node:path';
import { HmsaError } from '../../errors/index.js';
import type { Segmenter } from '../../predict/index.js';
import { decodeImage } from '../images/index.js';
import {
  type FailedFile,
  type LabelledFile,
  labelImage,
  needsDetails,
  type PictureKind,
} from './label-image.js';
import { listImages } from './list-images.js';
import { readAhead } from './read-ahead.js';
import type { ReducedOptions } from './segment-reduced.js';

export interface SegmentFilesOptions extends Omit<ReducedOptions, 'details'> {
  /** Where the pictures go; beside each image where left out. */
  readonly out?: string;
  /** `labels` and `overlay` where left out. */
  readonly save?: readonly PictureKind[];
  /** After each image. */
  readonly onImage?: (result: LabelledFile | FailedFile, done: number, total: number) => void;
}

export interface SegmentFilesReport {
  readonly done: readonly LabelledFile[];
  readonly failed: readonly FailedFile[];
}

/**
 * Labels image files, and every image file directly inside the folders given, one after the other. A file that cannot
 * be labelled is listed and the rest go on. The next image is read while one is computed.
 *
 * Writes for `NAME.jpg`: `NAME.labels.png` (8-bit train ids, the image's size), `NAME.color.png`, `NAME.overlay.png`,
 * `NAME.attention@S.png` and `NAME.labels@S.png` (in colour) for each scale S.
 *
 * @throws HmsaError when there is no image at all, two images would write the same file, the scales or the device do
 *   not fit, or a picture cannot be written
 */
export async function segmentFiles(
  segmenter: Segmenter,
  inputs: readonly string[],
  options: SegmentFilesOptions = {},
): Promise<SegmentFilesReport> {
  const { out, save = ['labels', 'overlay'], onImage, signal, ...segmentOptions } = options;
  const files = await listImages(inputs);
  const stems = stemsOf(files, out);
  await segmenter.prepare({ ...segmentOptions, details: needsDetails(save) });
  const done: LabelledFile[] = [];
  const failed: FailedFile[] = [];
  for await (const { item: file, index, ...read } of readAhead(files, (file) => decodeImage(file))) {
    signal?.throwIfAborted();
    const image = {
      file,
      stem: stems.get(file)!,
      read: async () => {
        if (read.status === 'rejected') throw read.reason;
        return read.value;
      },
    };
    const result = await labelImage(segmenter, image, save, segmentOptions);
    if ('message' in result) failed.push(result);
    else done.push(result);
    onImage?.(result, index + 1, files.length);
  }
  return { done, failed };
}

/**
 * Where each file's pictures go, less the part after the stem: the name without its ending, or with it where two files
 * differ in nothing else. @throws HmsaError when two would still meet
 */
function stemsOf(files: readonly string[], out: string | undefined): Map<string, string> {
  const short = (file: string) => join(out ?? dirname(file), basename(file, extname(file)));
  const counts = new Map<string, number>();
  for (const file of files) counts.set(short(file), (counts.get(short(file)) ?? 0) + 1);
  const stems = new Map<string, string>();
  const taken = new Map<string, string>();
  for (const file of files) {
    const stem = counts.get(short(file)) === 1 ? short(file) : join(out ?? dirname(file), basename(file));
    const other = taken.get(stem);
    if (other !== undefined) {
      throw new HmsaError({
        operation: 'segment',
        expected: 'images with names of their own',
        received: `${other} and ${file}, which would both write ${stem}.labels.png`,
        remedy: 'Label them in two runs with different --out.',
      });
    }
    taken.set(stem, file);
    stems.set(file, stem);
  }
  return stems;
}
