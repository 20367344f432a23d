import path from 'node:path';
import { z } from 'zod';
import { checkTexts, HmsaError } from '../../base/errors/index.js';
import { mapInOrder } from '../../base/map-in-order.js';
import { callback, checkNamed, flag, signal, text } from '../../base/schema/index.js';
import {
  checkSegmenter,
  type Segmenter,
  type SegmentOptions,
  type TileCount,
} from '../../prediction/index.js';
import { makeFolder } from '../files/index.js';
import { decodePhoto, type FileOrBytes, type Photo } from '../images/index.js';
import { type BatchPlace, batchSize, ImageBatch, inPieces } from './image-batch.js';
import { type FailedFile, type LabelledFile, labelImage } from './label-image.js';
import { isLargeImage, labelLargeImage } from './label-large-image.js';
import { findImages, type LeftOutFile, temporaryFiles } from './list-images.js';
import { endingsOf, neededFor, type PictureKind, pictureKinds } from './outputs.js';
import { PictureFiles } from './picture-files.js';

export interface SegmentFilesOptions
  extends Omit<SegmentOptions, 'details' | 'attention' | 'logits' | 'confidence'> {
  /** The folder for the pictures; default: the folder of each image. */
  readonly out?: string;
  /** Default: `labels` and `overlay`. */
  readonly save?: readonly PictureKind[];
  /** Also replace files that `hmsa segment` did not write. The images themselves are never replaced. */
  readonly overwrite?: boolean;
  /** Skip images whose files are all there, written by `hmsa segment` with whatever model and options. */
  readonly skipExisting?: boolean;
  /** What the input `-` reads. Its files are called `stdin`. Default: `-` is a file like others. */
  readonly stdin?: AsyncIterable<Uint8Array>;
  /** Awaited once, before the first image, with what is left out of the folders, and temporary files of runs that were killed. */
  readonly onFound?: (total: number, leftOut: readonly LeftOutFile[]) => unknown;
  /** Write `color` and `overlay` as TIFF files of tiles with smaller versions, `NAME.overlay.tif`, in place of PNG files. */
  readonly pyramid?: boolean;
  /**
   * Show classes in colours that colour-blind people tell apart, in place of their own, in all pictures and in the palette of label
   * maps, whose indices stay train ids. Default: false.
   */
  readonly safeColors?: boolean;
  /** How many images are computed at once if the network sees them at one size, 1 … 64; default 1. */
  readonly batch?: number;
  /** Awaited while an image is labelled in tiles, with the images that are done and a share of this one. */
  readonly onProgress?: (
    done: number,
    total: number,
    image: { readonly file: string; readonly tiles: TileCount },
  ) => unknown;
  /** Awaited after each image, in their order. If it throws, the work ends. */
  readonly onImage?: (
    result: LabelledFile | SkippedFile | FailedFile,
    done: number,
    total: number,
  ) => unknown;
}

/** The other options are checked where they are used. */
const shape = {
  out: text,
  save: z.array(z.enum(pictureKinds)).optional(),
  overwrite: flag,
  skipExisting: flag,
  pyramid: flag,
  safeColors: flag,
  batch: batchSize,
  onFound: callback,
  onImage: callback,
  onProgress: callback,
  signal,
};

/** An image whose files were there. */
export interface SkippedFile {
  readonly file: string;
  /** Paths of the files. */
  readonly existing: readonly string[];
}

export interface SegmentFilesReport {
  readonly done: readonly LabelledFile[];
  /** With `skipExisting`. */
  readonly skipped: readonly SkippedFile[];
  readonly failed: readonly FailedFile[];
  /** What is in the given folders and was not labelled. */
  readonly leftOut: readonly LeftOutFile[];
}

/** How many images are under way at once: while one is computed, another one is read or its pictures are written. */
const AT_ONCE = 2;

/**
 * Labels image files, every image file directly inside the given folders, and what matches given patterns. If a file cannot be
 * labelled, or its pictures cannot be written, it is listed and the others are labelled. Images are read, and pictures written,
 * while another image is computed.
 *
 * Writes for `NAME.jpg`: `NAME.labels.png` (8-bit train ids as indices of a palette of the classes' colours, in the
 * size of the image), `NAME.color.png` (RGB), `NAME.overlay.png`, `NAME.outline.png`, `NAME.legend.png` (the overlay with the
 * classes below it), `NAME.confidence.png` (16 bits: 65535 is certain), `NAME.polygons.json` (see `polygons`), `NAME.rle.json`
 * (COCO's annotations, see `cocoFile`), and for each scale S `NAME.attention@S.png`, `NAME.labels@S.png` and
 * `NAME.color@S.png`.
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
    skipExisting = false,
    pyramid = false,
    safeColors = false,
    batch: size = 1,
    stdin,
    onFound,
    onImage,
    onProgress,
    ...segmentOptions
  } = options;
  const { signal: abort, ...choice } = segmentOptions;
  const found = await findImages(inputs, out);
  const { files } = found;
  const total = files.length + found.failed.length;
  const folders = out === undefined ? files.map((file) => path.dirname(file)) : [out];
  const leftOut = [...found.leftOut, ...(await temporaryFiles(folders))];
  await onFound?.(total, leftOut);
  const isStdin = (file: string) => file === '-' && stdin !== undefined;
  const { memoryLimit } = segmenter;
  const [first] = files;
  // It is read while the graph is opened.
  let ahead =
    first === undefined || isStdin(first) || skipExisting
      ? undefined
      : begun(readingOf(first, first, memoryLimit));
  const { scales } = await segmenter.prepare({ ...choice, ...neededFor(save) });
  if (out !== undefined) await makeFolder(out);
  const pictures = await PictureFiles.open(files, { overwrite });
  const { attention } = segmenter.model.config;
  const weighs =
    attention.name !== 'none' && (choice.combine ?? 'hierarchical') === 'hierarchical' && scales.length > 1;
  const awaited = save.filter((kind) => kind !== 'attention' || weighs);
  const nameOf = (file: string) => (isStdin(file) ? 'stdin' : file);
  const stems = stemsOf(files.map(nameOf), out);
  const report = {
    done: [] as LabelledFile[],
    skipped: [] as SkippedFile[],
    failed: [] as FailedFile[],
    leftOut,
  };
  let count = 0;
  const tell = async (result: LabelledFile | SkippedFile | FailedFile) => {
    if ('message' in result) report.failed.push(result);
    else if ('existing' in result) report.skipped.push(result);
    else report.done.push(result);
    await onImage?.(result, ++count, total);
  };
  for (const failure of found.failed) await tell({ ...failure, written: [] });
  const label = async (
    file: string,
    batch?: BatchPlace,
  ): Promise<LabelledFile | SkippedFile | FailedFile> => {
    const stem = stems.get(nameOf(file))!;
    if (stem.taken !== undefined) return { file, message: taken(file, stem.taken).message, written: [] };
    const existing =
      skipExisting && awaited.length > 0
        ? await existingFiles(pictures, stem.path, awaited, (kind) => endingsOf([kind], scales, pyramid))
        : undefined;
    if (existing !== undefined) return { file, existing };
    const place = { file: nameOf(file), stem: stem.path };
    const labelOptions = {
      ...segmentOptions,
      scales,
      files: pictures,
      pyramid,
      safeColors,
      onProgress: (share: number, tiles: TileCount) =>
        onProgress?.(count + share, total, { file: nameOf(file), tiles }),
    };
    try {
      const source = isStdin(file) ? await readStream(stdin!) : file;
      const name = isStdin(file) ? 'standard input' : file;
      const { isLarge, read } = (file === first && ahead) || readingOf(source, name, memoryLimit);
      if (file === first) ahead = undefined;
      if (!(await isLarge)) {
        return await labelImage(segmenter, { ...place, read }, save, {
          ...labelOptions,
          ...(batch && { batch }),
        });
      }
      // One that is too large to be held is read while it is labelled.
      return await labelLargeImage(segmenter, { ...place, source, name }, save, labelOptions);
    } catch (error) {
      if (error instanceof HmsaError) return { file: nameOf(file), message: error.message, written: [] };
      throw error;
    }
  };
  const labelPiece = async (piece: readonly string[]) => {
    if (piece.length === 1) return [await label(piece[0]!)];
    const batch = new ImageBatch(segmenter, piece.length, { ...segmentOptions, scales, ...neededFor(save) });
    return Promise.all(piece.map((file) => batch.join((own) => label(file, own))));
  };
  for await (const { value } of mapInOrder(inPieces(files, size), AT_ONCE, labelPiece, abort))
    for (const each of value) await tell(each);
  return report;
}

/** An image file whose header is being read. */
interface Reading {
  readonly isLarge: Promise<boolean>;
  readonly read: () => Promise<Photo>;
}

function readingOf(source: FileOrBytes, name: string, memory: number): Reading {
  return { isLarge: isLargeImage(source, memory, name), read: () => decodePhoto(source, { name }) };
}

/** Begins to read the pixels too, if they are not too many. */
function begun({ isLarge, read }: Reading): Reading {
  const early = isLarge.then((isTooLarge) => (isTooLarge ? undefined : read()));
  // Whoever reads is told.
  early.catch(() => {});
  return { isLarge, read: async () => (await early) ?? read() };
}

/** Standard input holds one image; more than this is none. */
const MOST_BYTES = 2 ** 30;

/** @throws HmsaError when it holds too much */
export async function readStream(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of stream) {
    bytes += piece.length;
    if (bytes > MOST_BYTES) {
      throw new HmsaError({
        operation: 'standard input',
        expected: 'one image',
        received: `more than ${MOST_BYTES} bytes`,
        remedy: 'Give its path instead.',
      });
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** The files of an image if all are there. Not every scale needs to have an attention, so one is enough. */
async function existingFiles(
  pictures: PictureFiles,
  stem: string,
  save: readonly PictureKind[],
  endings: (kind: PictureKind) => readonly string[],
): Promise<string[] | undefined> {
  const existing: string[] = [];
  for (const kind of save) {
    const paths = endings(kind).map((ending) => `${stem}.${ending}`);
    const own = await Promise.all(paths.map((path) => pictures.isOwn(path)));
    const there = paths.filter((_, i) => own[i]);
    if (there.length === 0 || (kind !== 'attention' && there.length < paths.length)) return undefined;
    existing.push(...there);
  }
  return existing;
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
