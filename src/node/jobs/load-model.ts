import { decodeModel, type Model } from '../../model-file/index.js';
import { Segmenter } from '../../predict/index.js';
import type { SessionOptions } from '../../runtime/index.js';
import { readWeightFile } from '../files/index.js';
import { openSession } from '../session/index.js';
import { readShippedModel } from '../shipped-model/index.js';

/**
 * The bytes of a model file, or of the model that the package carries where none is named, with the path that they came
 * from.
 *
 * @throws HmsaError that names the file when it cannot be read, or the shipped one is not what it was
 */
export async function readModelFile(
  file?: string,
): Promise<{ readonly file: string; readonly content: Uint8Array }> {
  return file === undefined ? readShippedModel() : { file, content: await readWeightFile(file) };
}

/**
 * Reads a model file, or the model that the package carries where none is named.
 *
 * @throws HmsaError that names the file when it cannot be read or is no whole model
 */
export async function readModel(file?: string): Promise<Model> {
  const read = await readModelFile(file);
  return decodeModel(read.content, read.file);
}

/**
 * Loads a model file for use, or the model that the package carries where none is named.
 *
 * ```ts
 * const model = await loadModel();
 * const { labels } = await model.segment(await decodeImage('street.jpg'));
 * await model.dispose();
 * ```
 *
 * @throws HmsaError that names the file when it cannot be read or is no whole model
 */
export async function loadModel(file?: string, options: SessionOptions = {}): Promise<Segmenter> {
  return new Segmenter(await readModel(file), openSession, options);
}
