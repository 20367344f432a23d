import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { HmsaError } from '../../errors/index.js';
import type { Segmentation, Segmenter, SegmentOptions } from '../../predict/index.js';
import { writeFileAtomic } from '../files/index.js';
import { decodeImage, encodePng, type Pixels, type RgbImage } from '../images/index.js';
import { about } from './about.js';
import { readAhead } from './read-ahead.js';
import { colorize, heatmap, overlay } from './render.js';

/** The pictures that can be written of each image, by the name that `--save` takes. */
export const pictureKinds = ['labels', 'color', 'overlay', 'attention', 'scales'] as const;
export type PictureKind = (typeof pictureKinds)[number];

export interface SegmentFilesOptions extends Omit<SegmentOptions, 'details'> {
  /** Where the pictures go; beside each image where left out. */
  readonly out?: string;
  /** `labels` and `overlay` where left out. */
  readonly save?: readonly PictureKind[];
  /** After each image. */
  readonly onImage?: (result: LabelledFile | FailedFile, done: number, total: number) => void;
}

export interface LabelledFile {
  readonly file: string;
  /** The pictures. */
  readonly written: readonly string[];
}

export interface FailedFile {
  readonly file: string;
  /** One line that names it. */
  readonly message: string;
}

export interface SegmentFilesReport {
  readonly done: readonly LabelledFile[];
  readonly failed: readonly FailedFile[];
}

const extensions = new Set(['.png', '.jpg', '.jpeg', '.webp', '.tif', '.tiff', '.avif', '.gif']);
const ownPicture = /\.(labels|color|overlay|attention@[\d.]+|labels@[\d.]+)\.png$/;

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
  const details = save.includes('attention') || save.includes('scales');
  await segmenter.prepare({ ...segmentOptions, details });
  const done: LabelledFile[] = [];
  const failed: FailedFile[] = [];
  for await (const { item: file, index, ...read } of readAhead(files, (file) => decodeImage(file))) {
    signal?.throwIfAborted();
    const labelled = await outcome(async () => {
      if (read.status === 'rejected') throw read.reason;
      const image = read.value;
      const result = await about(file, () => segmenter.segment(image, { ...segmentOptions, details }));
      return { image, result };
    });
    if (labelled instanceof HmsaError) {
      failed.push({ file, message: labelled.message });
    } else {
      const { image, result } = labelled;
      done.push({ file, written: await writePictures(segmenter, image, result, stems.get(file)!, save) });
    }
    onImage?.(labelled instanceof HmsaError ? failed.at(-1)! : done.at(-1)!, index + 1, files.length);
  }
  return { done, failed };
}

/** What a task gives, or the error that its input caused. */
async function outcome<T>(task: () => Promise<T>): Promise<T | HmsaError> {
  try {
    return await task();
  } catch (error) {
    if (error instanceof HmsaError) return error;
    throw error;
  }
}

async function writePictures(
  { model: { classes } }: Segmenter,
  image: RgbImage,
  { width, height, labels, scales = [] }: Segmentation,
  stem: string,
  save: readonly PictureKind[],
): Promise<string[]> {
  const pictures: [name: string, pixels: () => Pixels][] = [];
  const colored = () => colorize(labels, width, height, classes);
  if (save.includes('labels')) pictures.push(['labels', () => ({ data: labels, width, height })]);
  if (save.includes('color')) pictures.push(['color', colored]);
  if (save.includes('overlay')) pictures.push(['overlay', () => overlay(image, colored())]);
  for (const { scale, labels: own, attention } of scales) {
    if (save.includes('attention') && attention !== undefined) {
      pictures.push([`attention@${scale}`, () => heatmap(attention, width, height)]);
    }
    if (save.includes('scales'))
      pictures.push([`labels@${scale}`, () => colorize(own, width, height, classes)]);
  }
  const written: string[] = [];
  for (const [name, pixels] of pictures) {
    const path = `${stem}.${name}.png`;
    await writeFileAtomic(path, await encodePng(pixels()));
    written.push(path);
  }
  return written;
}

/** Files as given, folders as the image files in them, in order of name; pictures of an earlier run are left out. */
async function listImages(inputs: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const path of inputs) {
    const info = await stat(path).catch(() => undefined);
    if (!info?.isDirectory()) {
      files.push(path);
      continue;
    }
    const names = (await readdir(path)).filter(
      (name) =>
        extensions.has(extname(name).toLowerCase()) && !ownPicture.test(name) && !name.startsWith('.'),
    );
    files.push(...names.sort().map((name) => join(path, name)));
  }
  if (files.length === 0) {
    throw new HmsaError({
      operation: 'segment',
      expected: `image files (${[...extensions].join(', ')})`,
      received: `none in ${inputs.join(', ') || 'nothing'}`,
      remedy: 'Name an image or a folder of images.',
    });
  }
  return [...new Set(files)];
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
