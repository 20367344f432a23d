import type { NdArray } from '../../base/arrays.js';
import { HmsaError } from '../../base/errors/index.js';

/** The kinds of weight files that are read, as messages call them. */
export type WeightFormat = 'safetensors' | 'PyTorch archive' | 'PyTorch legacy file' | 'npz' | 'npy';

/** A tensor of a weight file. Its numbers are decoded on demand, so that a file is not in memory twice. */
export interface StoredTensor {
  readonly shape: readonly number[];
  /** Its type in the file, by PyTorch's name: `float32`, `bfloat16`, `int64`. */
  readonly storedAs: string;
  /**
   * Decodes the numbers into a new array, row-major. Every type of float becomes float32 (float64 is rounded), every type of
   * integer the smallest of uint8, int8, int32 and int64 that can hold it, and truth values become bool.
   *
   * @throws HmsaError that names file and tensor if the tensor is quantised, sparse or complex
   */
  read(): NdArray;
}

/** The content of a weight file of others, in any format. */
export interface WeightFile {
  readonly format: WeightFormat;
  /** The tensors by name, in the order of the file. Names are without `module.` and other wrappers of all of them. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** The text metadata of a safetensors file; empty for other kinds. */
  readonly metadata: ReadonlyMap<string, string>;
  /** For people, one line each: what was read and what was left out, such as `took state_dict`, `left out: epoch, optimizer`. */
  readonly notes: readonly string[];
}

export interface ReadWeightsOptions {
  /**
   * Where in the file the tensors are. In a PyTorch file: the name of an entry, such as `state_dict_ema`. A dot leads into an
   * entry of an entry, or to the tensors whose names begin with a prefix: `state_dict.teacher`. In other formats: such a prefix.
   * Default: the file itself, or its `state_dict`, `model_state_dict` or `model`, or its only dict of tensors.
   */
  readonly entry?: string;
}

/** Ends the reading of a file with an error that names it. */
export type Refuse = (expected: string, received: string, remedy?: string) => never;

const REMEDY = 'Get the file again; it is damaged or was made to deceive.';

/** @param source what errors call the file */
export function refuser(source: string): Refuse {
  return (expected, received, remedy = REMEDY) => {
    throw new HmsaError({ operation: source, expected, received, remedy });
  };
}
