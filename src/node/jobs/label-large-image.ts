import { basename, dirname } from 'node:path';
import { bytesText } from '../../base/bytes-text.js';
import { HmsaError, withFile } from '../../base/errors/index.js';
import type { Size } from '../../data/index.js';
import type { Segmenter } from '../../prediction/index.js';
import { makeFolder } from '../files/index.js';
import { checkFreeSpace, type FileOrBytes, imageSize, openLargePhoto } from '../images/index.js';
import type { FailedFile, LabelledFile, LabelOptions } from './label-image.js';
import { bytesOfMaps, LargeMaps, mapNames } from './large-maps.js';
import { temporaryIn, writeLargePictures } from './large-pictures.js';
import { endingsOf, neededFor, type PictureKind, shownClasses } from './outputs.js';
import { PictureFiles } from './picture-files.js';
import { Refusals } from './refusals.js';

/** Bytes for each pixel of an image that is labelled in memory: its pixels, its labels and its pictures. */
const HELD_BYTES = 24;
/** The share of the memory that they may take. */
const HELD_SHARE = 0.5;
/** The most pixels of an image that is decoded as a whole. */
const MOST_AT_ONCE = 2 ** 27;
/** The most pixels of an image: a billion, which take 3 GB on the disk. */
const MOST_PIXELS = 2 ** 30;

/** Whether an image is too large to be held in memory, by the header of its file. @throws HmsaError as `imageSize` does */
export async function isLargeImage(source: FileOrBytes, memory: number, name: string): Promise<boolean> {
  const { width, height } = await imageSize(source, { pixelLimit: MOST_PIXELS, name });
  const pixels = width * height;
  return pixels > MOST_AT_ONCE || pixels * HELD_BYTES > HELD_SHARE * memory;
}

/** An image and the place of its pictures. */
export interface LargeImage {
  readonly file: string;
  /** Its path, or what standard input gave. */
  readonly source: FileOrBytes;
  /** What errors call it. */
  readonly name: string;
  /** The path of its pictures, without `.labels.png` and the like. */
  readonly stem: string;
}

/**
 * Labels an image of any size and writes its pictures, without ever holding it or them in memory: its pixels, its labels and the
 * picture that is being made are in temporary files in the folder of the pictures. Only `polygons` and `rle` need all labels at once.
 *
 * @returns as `labelImage` does
 */
export async function labelLargeImage(
  segmenter: Segmenter,
  image: LargeImage,
  save: readonly PictureKind[],
  options: LabelOptions,
): Promise<LabelledFile | FailedFile> {
  const written: string[] = [];
  const refusals = new Refusals();
  try {
    const labelled = await labelledLargeImage(segmenter, image, save, options, { written, refusals });
    if (refusals.message === undefined) return labelled;
    return { file: image.file, message: refusals.message, written };
  } catch (error) {
    if (error instanceof HmsaError) return { file: image.file, message: error.message, written };
    throw error;
  }
}

/**
 * As {@link labelLargeImage} does it.
 *
 * @param kept takes the path of each picture once it is written, and the kinds that cannot be made; without it one such kind ends
 *   the work
 * @throws HmsaError when the image cannot be labelled, none of the kinds can be made, or a picture not be written
 */
export async function labelledLargeImage(
  segmenter: Segmenter,
  { file, stem, source, name }: LargeImage,
  save: readonly PictureKind[],
  { files, pyramid = false, safeColors = false, onProgress, ...options }: LabelOptions,
  kept?: { readonly written: string[]; readonly refusals: Refusals },
): Promise<LabelledFile> {
  const started = performance.now();
  const { written, refusals } = kept ?? { written: [], refusals: new Refusals() };
  const opened: { close(): Promise<void> }[] = [];
  const { signal } = options;
  try {
    const target = files ?? (await PictureFiles.open([], { overwrite: true }));
    const { config } = segmenter.model;
    const classes = shownClasses(segmenter.model.classes, safeColors);
    const { memoryLimit: memory } = segmenter;
    const scales = [...(options.scales ?? config.scales)].sort((a, b) => b - a);
    for (const ending of endingsOf(save, scales, pyramid)) await target.check(`${stem}.${ending}`);
    const folder = dirname(stem);
    await makeFolder(folder);
    const { width, height } = await imageSize(source, { pixelLimit: MOST_PIXELS, name });
    const kinds: PictureKind[] = [];
    for (const kind of save) {
      const checked = await refusals.attempt(() => checkKind(kind, name, width * height, memory));
      kinds.push(...(checked ?? []));
    }
    if (kept === undefined || (save.length > 0 && kinds.length === 0)) refusals.throwFirst();
    const needed = neededFor(kinds);
    const maps = new LargeMaps({ width, height }, () => temporaryIn(folder));
    // The photograph, the maps and a picture; what is encoded is smaller.
    const bytes = 3 + bytesOfMaps(mapNames({ scales, ...needed })) + (isPicture(kinds) ? 3 : 0);
    await checkFreeSpace(folder, width * height * bytes, name);
    const { image: photo, notes } = await openLargePhoto(source, {
      name,
      temporary: () => temporaryIn(folder),
      pixelLimit: MOST_PIXELS,
    });
    opened.push(photo, maps);
    signal?.throwIfAborted();
    const given = { ...options, ...needed, ...(onProgress && { onProgress }) };
    const { seen } = await withFile(name, () => segmenter.segmentRows(photo, maps, given));
    const shares = sharesOf(maps.counts, segmenter, photo);
    const labelled = { photo, maps, classes, shares, scales, name: basename(file) };
    const place = { target, stem, pyramid, signal, memory, refusals, called: name };
    for await (const path of writeLargePictures(labelled, kinds, place)) written.push(path);
    if (kept === undefined) refusals.throwFirst();
    return {
      file,
      ...sizeOf(photo),
      seen,
      classes: shares,
      ...(save.includes('labels') && { labels: `${stem}.labels.png` }),
      written,
      seconds: (performance.now() - started) / 1000,
      notes,
    };
  } finally {
    for (const image of opened) await image.close();
  }
}

/** The fewest bytes for each pixel that polygons and run lengths take; how many more is known once the labels are. */
const SHAPE_BYTES = 8;

/** The kind, in a list. @throws HmsaError when it cannot be made of an image of this size */
function checkKind(kind: PictureKind, file: string, pixels: number, memory: number): [PictureKind] {
  if (kind === 'figure') {
    throw new HmsaError({
      operation: `${file}, figure`,
      expected: 'an image that is held in memory',
      received: 'one of a size that is read and written row by row',
      remedy: 'Leave out figure, or give more memory (--memory).',
    });
  }
  if ((kind === 'polygons' || kind === 'rle') && pixels * SHAPE_BYTES > memory) {
    throw new HmsaError({
      operation: `${file}, ${kind}`,
      expected: `${bytesText(pixels * SHAPE_BYTES)} of memory or more, because they are made of all labels at once`,
      received: bytesText(memory),
      remedy: `Leave out ${kind} (--save), or give more memory (--memory).`,
    });
  }
  return [kind];
}

function isPicture(save: readonly PictureKind[]): boolean {
  return save.some((kind) => kind !== 'labels' && kind !== 'confidence');
}

function sizeOf({ width, height }: Size): Size {
  return { width, height };
}

function sharesOf(counts: Float64Array, { classes }: Segmenter, { width, height }: Size) {
  return classes.names
    .map((name, id) => ({ id, name, pixels: counts[id]!, share: counts[id]! / (width * height) }))
    .filter(({ pixels }) => pixels > 0)
    .sort((a, b) => b.pixels - a.pixels);
}
