import { totalmem } from 'node:os';
import { checkArgument } from '../../base/errors/index.js';
import type { Pixels } from '../../base/pixels.js';
import { decodeModel, type Model } from '../../model/file/index.js';
import {
  checkSegmenterOptions,
  type Segmentation,
  Segmenter,
  type SegmenterOptions,
  type SegmentOptions,
} from '../../prediction/index.js';
import { readWeightFile } from '../files/index.js';
import { decodeImage, type ImageSource, isImageSource } from '../images/index.js';
import { openSession } from '../session/index.js';
import { readShippedModel } from '../shipped-model.js';

/**
 * The bytes of a model file and its path. Default: the model of the package.
 *
 * @throws HmsaError that names the file when it cannot be read, or the shipped one has changed
 */
export async function readModelFile(
  file?: string,
): Promise<{ readonly file: string; readonly content: Uint8Array }> {
  return file === undefined ? readShippedModel() : { file, content: await readWeightFile(file) };
}

/**
 * Reads a model file. Default: the model of the package.
 *
 * @throws HmsaError that names the file when it cannot be read or is not a complete model
 */
export async function readModel(file?: string): Promise<Model> {
  const read = await readModelFile(file);
  return decodeModel(read.content, read.file);
}

/** A {@link Segmenter} that also reads image files. */
export class LoadedModel extends Segmenter {
  /**
   * Labels every pixel of an image: a file by its path, its `file:` URL or its bytes, or RGB pixels.
   *
   * @throws HmsaError as {@link decodeImage} and {@link Segmenter.segment} do
   */
  override async segment(image: Pixels | ImageSource, options: SegmentOptions = {}): Promise<Segmentation> {
    return super.segment(isImageSource(image) ? await decodeImage(image) : image, options);
  }
}

/** Share of the machine's memory. The rest is for the images themselves and for other processes. */
const SHARE_OF_MEMORY = 0.8;

/** Bytes of memory that a prediction may take here: of the machine, or of its container if that has a limit. */
export function memoryForPredictions(): number {
  return SHARE_OF_MEMORY * Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
}

/**
 * Loads a model file for segmentation. Default: the model of the package.
 *
 * ```ts
 * const model = await loadModel(); const { labels } = await model.segment('street.jpg'); await model.dispose();
 * ```
 *
 * Images that would take more than 80% of the machine's memory are refused, unless `memoryLimit` allows more.
 *
 * @throws HmsaError that names the file when it cannot be read or is not a complete model
 */
export async function loadModel(file?: string, options: SegmenterOptions = {}): Promise<LoadedModel> {
  const expected = 'the path of a model file, or nothing for the shipped model';
  checkArgument(file === undefined || typeof file === 'string', 'loadModel', expected, file);
  checkSegmenterOptions(options);
  return new LoadedModel(await readModel(file), openSession, {
    memoryLimit: memoryForPredictions(),
    ...options,
  });
}
