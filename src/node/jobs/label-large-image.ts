import { createReadStream, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HmsaError, withFile } from '../../base/errors/index.js';
import type { Size } from '../../data/index.js';
import type { LabelRows, Segmenter } from '../../prediction/index.js';
import { colorize, overlay } from '../../report/pictures/index.js';
import { atEnd, makeFolder, temporaryName } from '../files/index.js';
import {
  checkFreeSpace,
  encodedLabels,
  encodePyramid,
  encodeRows,
  type FileOrBytes,
  imageSize,
  openLargePhoto,
  piecesWithSoftware,
  RawImage,
} from '../images/index.js';
import type { FailedFile, LabelledFile, LabelOptions } from './label-image.js';
import { endingsOf, type PictureKind } from './outputs.js';
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

/** Whether an image is too large to be held in memory, by the header of its file. @throws HmsaError as `imageSize` does */
export async function isLargeImage(source: FileOrBytes, memory: number, name: string): Promise<boolean> {
  const { width, height } = await imageSize(source, { pixelLimit: MOST_PIXELS, name });
  const pixels = width * height;
  return pixels > MOST_AT_ONCE || pixels * HELD_BYTES > HELD_SHARE * memory;
}

export interface LargeLabelOptions extends LabelOptions {
  /** Awaited with the share of the work that is done, 0 … 1. */
  readonly onProgress?: (share: number) => unknown;
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
 * Labels an image of any size and writes its pictures, without ever holding it or them in memory: its pixels and those of the
 * pictures are in temporary files in the folder of the pictures.
 *
 * @returns as `labelImage` does
 */
export async function labelLargeImage(
  segmenter: Segmenter,
  { file, stem, source, name }: LargeImage,
  save: readonly PictureKind[],
  { files, pyramid = false, flip, adaptive, onProgress, signal, scales, combine, maxSide }: LargeLabelOptions,
): Promise<LabelledFile | FailedFile> {
  const started = performance.now();
  const written: string[] = [];
  const opened: RawImage[] = [];
  try {
    const kinds = checkedKinds(name, save);
    if (flip) refuse(name, 'for its mirror image', '--flip');
    if (adaptive !== undefined && adaptive !== false) refuse(name, 'to leave out parts of it', '--adaptive');
    const target = files ?? (await PictureFiles.open([], { overwrite: true }));
    const pathOf = (kind: LargeKind) => `${stem}.${endingsOf([kind], [], pyramid)[0]!}`;
    for (const kind of kinds) await target.check(pathOf(kind));
    const folder = dirname(stem);
    await makeFolder(folder);
    const temporary = () => join(folder, `${temporaryName()}.v`);
    const { width, height } = await imageSize(source, { pixelLimit: MOST_PIXELS, name });
    const channels = kinds.reduce((sum, kind) => sum + channelsOf(kind), 3);
    await checkFreeSpace(folder, width * height * channels, name);
    const { image: photo, notes } = await openLargePhoto(source, {
      name,
      temporary,
      pixelLimit: MOST_PIXELS,
    });
    opened.push(photo);
    signal?.throwIfAborted();
    const pictures = new Map<LargeKind, RawImage>();
    for (const kind of kinds) {
      const picture = await RawImage.create(temporary(), photo, channelsOf(kind));
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
    const { seen } = await withFile(name, () => segmenter.segmentRows(photo, { write }, given));
    for (const [kind, picture] of pictures) {
      signal?.throwIfAborted();
      const path = pathOf(kind);
      if (kind === 'labels') {
        const { colors } = segmenter.classes;
        await target.write(path, await encodedLabels(picture, { palette: colors, software: OWN_SOFTWARE }));
      } else {
        const encoded = join(folder, temporaryName());
        const callOff = atEnd(() => rmSync(encoded, { force: true }));
        try {
          // Errors name the picture, not the temporary file.
          await withFile(path, () =>
            pyramid ? encodePyramid(picture, encoded, OWN_SOFTWARE) : encodeRows(picture, encoded),
          );
          const pieces = createReadStream(encoded);
          await target.write(path, pyramid ? pieces : piecesWithSoftware(pieces, OWN_SOFTWARE));
        } finally {
          await rm(encoded, { force: true });
          callOff();
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
      notes,
    };
  } catch (error) {
    if (error instanceof HmsaError) return { file, message: error.message, written };
    throw error;
  } finally {
    for (const image of opened) await image.close();
  }
}

function channelsOf(kind: LargeKind): 1 | 3 {
  return kind === 'labels' ? 1 : 3;
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

function refuse(file: string, why: string, option: string): never {
  throw new HmsaError({
    operation: file,
    expected: `an image that is held in memory, ${why}`,
    received: 'one of a size that is read row by row',
    remedy: `Leave out ${option}, or give more memory (--memory).`,
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
