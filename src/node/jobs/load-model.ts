import { checkArgument } from '../../base/errors/index.js';
import { decodeModel, type Model } from '../../model/file/index.js';
import { checkSegmenterOptions, type SegmenterOptions } from '../../prediction/index.js';
import { parseBytes } from '../../training/bytes.js';
import { readWeightFile } from '../files/index.js';
import { machineMemory } from '../machine-memory.js';
import { openSession } from '../session/index.js';
import { readShippedModel } from '../shipped-model.js';
import { LoadedModel } from './loaded-model.js';
import { modelPath } from './model-path.js';

/**
 * The bytes of a model file and its path. Default: the model of the package.
 *
 * @param path a model file, or the folder of a training run for its model
 * @throws HmsaError that names the file when it cannot be read, the run is not finished, or the shipped model has changed
 */
export async function readModelFile(
  path?: string,
): Promise<{ readonly file: string; readonly content: Uint8Array; readonly isShipped?: true }> {
  if (path === undefined) return { ...(await readShippedModel()), isShipped: true };
  const file = await modelPath(path);
  return { file, content: await readWeightFile(file) };
}

/**
 * Reads a model file, or the model of a training run by its folder. Default: the model of the package.
 *
 * @throws HmsaError that names the file when it cannot be read or is not a complete model
 */
export async function readModel(file?: string): Promise<Model> {
  const read = await readModelFile(file);
  return decodeModel(read.content, read.file);
}

/** Share of the machine's memory. The rest is for the images themselves and for other processes. */
const SHARE_OF_MEMORY = 0.8;

/** Bytes of memory that a prediction may take here: of the machine, or of its container if that has a limit. */
export function memoryForPredictions(): number {
  return SHARE_OF_MEMORY * machineMemory();
}

export interface LoadOptions extends SegmenterOptions {
  /** The memory that one image may take: `2GB`, `512MB` or a number of bytes; another form of `memoryLimit`. */
  readonly memory?: string | number;
}

/**
 * Loads a model file for segmentation, or the model of a training run by its folder. Default: the model of the package.
 *
 * ```ts
 * const model = await loadModel();
 * const { labels } = await model.segment('street.jpg');
 * await model.dispose();
 * ```
 *
 * With `await using model = await loadModel()` (TypeScript, or Node 24) it is disposed at the end of the block.
 *
 * Images that would take more than 80% of the machine's memory are refused, unless `memory` allows more.
 *
 * @throws HmsaError that names the file when it cannot be read or is not a complete model, or the wrong option
 */
export async function loadModel(file?: string, options: LoadOptions = {}): Promise<LoadedModel> {
  const expected = 'the path of a model file, or nothing for the shipped model';
  checkArgument(file === undefined || typeof file === 'string', 'loadModel', expected, file);
  checkSegmenterOptions(options, 'loadModel', ['memory']);
  return loadedModel(await readModelFile(file), options);
}

/**
 * {@link loadModel} for a file that has been read.
 *
 * @throws HmsaError that names the file when it is not a complete model, or the wrong option
 */
export function loadedModel(
  { file, content, isShipped }: Awaited<ReturnType<typeof readModelFile>>,
  { memory, ...rest }: LoadOptions,
): LoadedModel {
  const given = memory === undefined ? {} : { memoryLimit: bytesOf(memory) };
  const all = { memoryLimit: memoryForPredictions(), ...rest, ...given };
  return new LoadedModel(decodeModel(content, file), openSession, all, isShipped ? '' : flagOf(file));
}

/** The flag by which a command takes a model file. */
function flagOf(file: string): string {
  return ` --model ${/^[\w@%+=:,./\\-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`}`;
}

function bytesOf(memory: unknown): number {
  const isAmount = typeof memory === 'string' || typeof memory === 'number';
  checkArgument(isAmount, 'memory', 'an amount of memory, such as 2GB, or a number of bytes', memory);
  const bytes = typeof memory === 'string' ? parseBytes(memory, 'memory') : memory;
  checkArgument(bytes > 0, 'memory', 'an amount of memory above 0', memory);
  return bytes;
}
