import { readFile } from 'node:fs/promises';
import { HmsaError } from '../../errors/index.js';
import { decodeModel, type Model } from '../../model-file/index.js';
import { Segmenter } from '../../predict/index.js';
import type { SessionOptions } from '../../runtime/index.js';
import { openSession } from '../session/index.js';

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

/** The bytes of a file. @throws HmsaError that says why there are none */
export async function readOrExplain(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const received =
      code === 'ENOENT'
        ? 'none there'
        : code === 'EISDIR'
          ? 'a folder'
          : code === 'EACCES'
            ? 'no permission to read it'
            : String(code);
    throw new HmsaError({
      operation: file,
      expected: 'a file',
      received,
      remedy: 'Check the path.',
      cause: error,
    });
  }
}
