import { setImmediate } from 'node:timers/promises';
import { HmsaError, withFile } from '../../base/errors/index.js';
import type { Size } from '../../data/index.js';
import type { Segmenter, SegmentOptions, TileProgress } from '../../prediction/index.js';
import { type ClassShare, classShares } from '../../report/pictures/index.js';
import type { Photo } from '../images/index.js';
import type { BatchPlace } from './image-batch.js';
import { endingsOf, neededFor, outputsOf, type PictureKind, shownClasses } from './outputs.js';
import { PictureFiles } from './picture-files.js';
import { Refusals } from './refusals.js';

export interface LabelledFile {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  /** The size at which the network saw it at scale 1. */
  readonly seen: Size;
  /** With `adaptive`: the multiply-adds of the network, as a share of those of all scales. */
  readonly work?: number;
  /** Its classes, the largest first, with their pixels. */
  readonly classes: readonly ClassShare[];
  /** The path of its label map, if that was written. */
  readonly labels?: string;
  /** Paths of all files that were written. */
  readonly written: readonly string[];
  /** From the beginning of its reading to the end of its last file. */
  readonly seconds: number;
  /** What was taken of the image where that is not plain. */
  readonly notes: readonly string[];
}

export interface FailedFile {
  readonly file: string;
  /** One line that names it, or the files of it that could not be made. */
  readonly message: string;
  /** Pictures that were written all the same. */
  readonly written: readonly string[];
}

/** An image and the place of its pictures. */
export interface ImageToLabel {
  /** What errors call it. */
  readonly file: string;
  readonly read: () => Promise<Photo>;
  /** The path of its pictures, without `.labels.png` and the like. */
  readonly stem: string;
}

export interface LabelOptions
  extends Omit<SegmentOptions, 'details' | 'attention' | 'logits' | 'confidence'> {
  /** Where the pictures may be written. Default: anywhere, replacing any file. */
  readonly files?: PictureFiles;
  /** Whether `color` and `overlay` are TIFF files of tiles with smaller versions, `NAME.overlay.tif`, in place of PNG files. */
  readonly pyramid?: boolean;
  /** Whether pictures show classes in colours that colour-blind people tell apart, in place of their own. */
  readonly safeColors?: boolean;
  /** Labels the image in place of the segmenter, with those that are read at the same time. */
  readonly batch?: BatchPlace;
  /** Of an image that is labelled in tiles. */
  readonly onProgress?: TileProgress;
}

/**
 * Labels one image and writes its pictures.
 *
 * @returns the classes and pictures, or the reason why the image could not be labelled or a picture not be written
 */
export async function labelImage(
  segmenter: Segmenter,
  { file, read, stem }: ImageToLabel,
  save: readonly PictureKind[],
  { files, pyramid = false, safeColors = false, batch, onProgress, ...options }: LabelOptions,
): Promise<LabelledFile | FailedFile> {
  const started = performance.now();
  const written: string[] = [];
  try {
    const target = files ?? (await PictureFiles.open([], { overwrite: true }));
    const { config, classes } = segmenter.model;
    const scales = [...(options.scales ?? config.scales)].sort((a, b) => b - a);
    // Before the labelling, so that either all pictures of an image are written or none.
    for (const ending of endingsOf(save, scales, pyramid)) await target.check(`${stem}.${ending}`);
    const { image, notes } = await read();
    const found = await withFile(file, () =>
      batch === undefined
        ? segmenter.segment(image, { ...options, ...neededFor(save), ...(onProgress && { onProgress }) })
        : batch.segment(image),
    );
    const shown = shownClasses(classes, safeColors);
    const labelled = { image, found, classes: shown, scales, source: file, memory: segmenter.memoryLimit };
    const refusals = new Refusals();
    for (const { ending, content } of outputsOf(labelled, save, pyramid)) {
      const path = `${stem}.${ending}`;
      // Pictures of millions of pixels keep this thread busy. This lets signals through in between.
      await setImmediate();
      const made = await refusals.attempt(content);
      if (made === undefined) continue;
      await target.write(path, made);
      written.push(path);
    }
    if (refusals.message !== undefined) return { file, message: refusals.message, written };
    const { width, height, seen, labels, work } = found;
    return {
      file,
      width,
      height,
      seen,
      ...(work !== undefined && { work }),
      classes: classShares(labels, classes),
      ...(save.includes('labels') && { labels: `${stem}.labels.png` }),
      written,
      seconds: (performance.now() - started) / 1000,
      notes,
    };
  } catch (error) {
    if (error instanceof HmsaError) return { file, message: error.message, written };
    throw error;
  }
}
