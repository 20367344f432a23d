import type { NdArray } from '../../base/arrays.js';
import { HmsaError } from '../../base/errors/index.js';

/** The kinds of weight files that are read, as messages call them. */
export type WeightFormat = 'safetensors' | 'PyTorch archive' | 'PyTorch legacy file' | 'npz' | 'npy';

/** A tensor of a weight file. Its numbers stay encoded until they are asked for, so that a file is not held twice. */
export interface StoredTensor {
  readonly shape: readonly number[];
  /** Its type in the file, by PyTorch's name: `float32`, `bfloat16`, `int64`. */
  readonly storedAs: string;
  /**
   * Its numbers, row-major, in memory of their own; decoded anew by every call. All floats come as float32 (float64 is
   * rounded), integers as the smallest of uint8, int8, int32 and int64 that holds their type, truth values as bool.
   *
   * @throws HmsaError that names file and tensor when it is of a kind that is not read: quantised, sparse, complex
   */
  read(): NdArray;
}

/** What a weight file of others holds, whichever kind of file it is. */
export interface WeightFile {
  readonly format: WeightFormat;
  /** The tensors by name, in the order of the file. Names are without `module.` and other wrappers of all of them. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** The text metadata of a safetensors file; empty for other kinds. */
  readonly metadata: ReadonlyMap<string, string>;
  /** What was taken and what was left out, a line each, for people: `took state_dict`, `left out: epoch, optimizer`. */
  readonly notes: readonly string[];
}

export interface ReadWeightsOptions {
  /**
   * The entry of a PyTorch file that holds the tensors, such as `state_dict_ema`; dots lead into entries of entries, and may end
   * in what the names of the tensors begin with: `state_dict.teacher`. Of other kinds of files it is such a beginning alone. Found
   * where left out: the file itself, or its `state_dict`, `model_state_dict` or `model`, or its only dict of tensors.
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
