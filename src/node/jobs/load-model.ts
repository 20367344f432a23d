import { decodeModel, type Model } from '../../model-file/index.js';
import { Segmenter } from '../../predict/index.js';
import type { SessionOptions } from '../../runtime/index.js';
import { openSession } from '../session/index.js';
import { readOrExplain } from './read-file.js';

/** @throws HmsaError that names the file when it cannot be read or is no whole model */
export async function readModel(file: string): Promise<Model> {
  return decodeModel(await readOrExplain(file), file);
}

/**
 * Loads a model file for use.
 *
 * ```ts
 * const model = await loadModel('model.safetensors');
 * const { labels } = await model.segment(await decodeImage('street.jpg'));
 * await model.dispose();
 * ```
 *
 * @throws HmsaError that names the file when it cannot be read or is no whole model
 */
export async function loadModel(file: string, options: SessionOptions = {}): Promise<Segmenter> {
  return new Segmenter(await readModel(file), openSession, options);
}
