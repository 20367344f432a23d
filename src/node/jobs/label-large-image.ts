import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HmsaError, withFile } from '../../base/errors/index.js';
import type { Size } from '../../data/index.js';
import type { LabelRows, Segmenter } from '../../prediction/index.js';
import { colorize, overlay } from '../../report/pictures/index.js';
import { makeFolder, temporaryName } from '../files/index.js';
import {
  encodedLabels,
  encodePyramid,
  encodeRows,
  imageSize,
  openLargePhoto,
  piecesWithSoftware,
  RawImage,
} from '../images/index.js';
import type { FailedFile, LabelledFile, LabelOptions } from './label-image.js';
import type { PictureKind } from './outputs.js';
import { OWN_SOFTWARE, PictureFiles } from './picture-files.js';

/** The pictures that are written of an image that is not held in memory. */
const largePictureKinds = ['labels', 'color', 'overlay'] as const satisfies PictureKind[];
type LargeKind = (typeof largePictureKinds)[number];

/** Bytes for each pixel of an image that is labelled in memory: its pixels, its labels and its pictures. */
const HELD_BYTES = 24;
/** The share of the memory that they may take. */
const HELD_SHARE = 0.5;
/** The most pixels of an image that is decoded as a whole. */
const MOST_AT_ONCE = 2 ** 27;
/** The most pixels of an image: a billion, which take 3 GB on the disk. */
const MOST_PIXELS = 2 ** 30;

/** Whether an image is too large to be held in memory, by the header of its file. */
export async function isLargeImage(file: string, memory: number): Promise<boolean> {
  const { width, height } = await imageSize(file, { pixelLimit: MOST_PIXELS });
  const pixels = width * height;
  return pixels > MOST_AT_ONCE || pixels * HELD_BYTES > HELD_SHARE * memory;
}

export interface LargeLabelOptions extends LabelOptions {
  /** Whether RGB pictures are TIFF files of tiles with smaller versions, `NAME.overlay.tif`, in place of PNG files. */
  readonly pyramid?: boolean;
  /** Awaited with the share of the work that is done, 0 … 1. */
  readonly onProgress?: (share: number) => unknown;
}

/**
 * Labels an image of any size and writes its pictures, without ever holding it or them in memory: its pixels and those of the
 * pictures are in temporary files in the folder of the pictures.
 *
 * @returns as `labelImage` does
 */
export async function labelLargeImage(
  segmenter: Segmenter,
  { file, stem }: { readonly file: string; readonly stem: string },
  save: readonly PictureKind[],
  { files, pyramid = false, flip, onProgress, signal, scales, combine, maxSide }: LargeLabelOptions,
): Promise<LabelledFile | FailedFile> {
  const started = performance.now();
  const written: string[] = [];
  const opened: RawImage[] = [];
  try {
    const kinds = checkedKinds(file, save);
    if (flip) refuseFlip(file);
    const target = files ?? (await PictureFiles.open([], { overwrite: true }));
    const endingOf = (kind: LargeKind) => (pyramid && kind !== 'labels' ? 'tif' : 'png');
    for (const kind of kinds) await target.check(`${stem}.${kind}.${endingOf(kind)}`);
    const folder = dirname(stem);
    await makeFolder(folder);
    const temporary = () => join(folder, `${temporaryName()}.v`);
    const photo = await openLargePhoto(file, temporary(), MOST_PIXELS);
    opened.push(photo);
    signal?.throwIfAborted();
    const pictures = new Map<LargeKind, RawImage>();
    for (const kind of kinds) {
      const picture = await RawImage.create(temporary(), photo, kind === 'labels' ? 1 : 3);
      opened.push(picture);
      pictures.set(kind, picture);
    }
    const counts = new Float64Array(256);
    const write = async ({ y, labels, width, height }: LabelRows) => {
      for (const id of labels) counts[id]!++;
      await pictures.get('labels')?.write(y, labels);
      if (kinds.every((kind) => kind === 'labels')) return;
      const colored = colorize(labels, width, height, segmenter.classes);
      await pictures.get('color')?.write(y, colored.data);
      if (!pictures.has('overlay')) return;
      const rows = await photo.read({ x: 0, y, width, height });
      await pictures.get('overlay')!.write(y, overlay(rows, colored).data);
    };
    const options = { scales, combine, maxSide, signal, onProgress };
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
    const { seen } = await withFile(file, () => segmenter.segmentRows(photo, { write }, given));
    for (const [kind, picture] of pictures) {
      const path = `${stem}.${kind}.${endingOf(kind)}`;
      if (kind === 'labels') {
        const { colors } = segmenter.classes;
        await target.write(path, await encodedLabels(picture, { palette: colors, software: OWN_SOFTWARE }));
      } else {
        const encoded = join(folder, temporaryName());
        try {
          await (pyramid ? encodePyramid : encodeRows)(picture, encoded);
          const pieces = createReadStream(encoded);
          await target.write(path, pyramid ? pieces : piecesWithSoftware(pieces, OWN_SOFTWARE));
        } finally {
          await rm(encoded, { force: true });
        }
      }
      written.push(path);
    }
    return {
      file,
      ...sizeOf(photo),
      seen,
      classes: sharesOf(counts, segmenter, photo),
      ...(kinds.includes('labels') && { labels: `${stem}.labels.png` }),
      written,
      seconds: (performance.now() - started) / 1000,
      notes: [],
    };
  } catch (error) {
    if (error instanceof HmsaError) return { file, message: error.message, written };
    throw error;
  } finally {
    for (const image of opened) await image.close();
  }
}

function checkedKinds(file: string, save: readonly PictureKind[]): LargeKind[] {
  const isLarge = (kind: PictureKind): kind is LargeKind =>
    (largePictureKinds as readonly PictureKind[]).includes(kind);
  const others = save.filter((kind) => !isLarge(kind));
  if (others.length === 0) return save.filter(isLarge);
  throw new HmsaError({
    operation: file,
    expected: `pictures of ${largePictureKinds.join(', ')} for an image of this size, which is written row by row`,
    received: others.join(', '),
    remedy: 'Leave them out (--save), or give more memory (--memory).',
  });
}

function refuseFlip(file: string): never {
  throw new HmsaError({
    operation: file,
    expected: 'an image that is held in memory, for its mirror image',
    received: 'one of a size that is read row by row',
    remedy: 'Leave out --flip, or give more memory (--memory).',
  });
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
