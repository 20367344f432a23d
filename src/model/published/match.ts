import { float32, type NdArray } from '../../base/arrays.js';
import type { StoredTensor, WeightFile } from '../checkpoints/read-weights.js';
import type { Source } from '../sources/index.js';
import { checkWeightValues, fromFloat16 } from '../weights/index.js';

/** A tensor by its name in a file. */
export interface NamedShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** How a file differs from what its architecture needs. Names are the file's own. */
export interface Mismatch {
  /** Tensors of the architecture that the file lacks. */
  readonly missing: readonly NamedShape[];
  /** Tensors of the file that the architecture does not need. */
  readonly unexpected: readonly NamedShape[];
  /** Tensors with another shape or type than the architecture needs. `shape` is the shape that it needs. */
  readonly misshaped: readonly (NamedShape & { readonly received: string })[];
}

/** Whether a tensor that does not fit has the right shape, but a type that weights cannot have. */
export function isOfOtherType({ received }: Mismatch['misshaped'][number]): boolean {
  return !received.startsWith('[');
}

/** The tensors of a file that fit the variables of a network. */
export interface Match extends Mismatch {
  /** By the names of the variables. */
  readonly weights: ReadonlyMap<string, NdArray<'float32'>>;
  /** Names in the file that the source knows and a model does not need, such as counters. */
  readonly spare: readonly string[];
}

/**
 * Takes the variables of a network from a weight file.
 *
 * @param variables shapes by name
 * @param where what errors call the file
 * @throws HmsaError when a value that is taken is not finite, or a variance is negative
 */
export function match(
  file: Pick<WeightFile, 'tensors'>,
  source: Source,
  variables: ReadonlyMap<string, readonly number[]>,
  where: string,
): Match {
  const weights = new Map<string, NdArray<'float32'>>();
  const missing: NamedShape[] = [];
  const misshaped: (NamedShape & { received: string })[] = [];
  const needed = new Set<string>();
  for (const [variable, shape] of variables) {
    const theirs = source.nameOf(variable);
    const tensor = theirs === undefined ? undefined : file.tensors.get(theirs);
    if (theirs === undefined || tensor === undefined) {
      missing.push({ name: theirs ?? `(no name for ${variable})`, shape });
      continue;
    }
    needed.add(theirs);
    const value = fittingValue(tensor, source, variable, shape);
    if (typeof value === 'string') misshaped.push({ name: theirs, shape, received: value });
    else {
      checkWeightValues(theirs, value, where);
      weights.set(variable, value);
    }
  }
  const others = [...file.tensors].filter(([name]) => !needed.has(name));
  return {
    weights,
    missing,
    misshaped,
    unexpected: others
      .filter(([name]) => !source.isSpare(name))
      .map(([name, { shape }]) => ({ name, shape })),
    spare: others.map(([name]) => name).filter((name) => source.isSpare(name)),
  };
}

/** The value of a variable, or what the file has in its place. */
function fittingValue(
  tensor: StoredTensor,
  source: Source,
  variable: string,
  shape: readonly number[],
): NdArray<'float32'> | string {
  const isFitting = (received: readonly number[]) => String(received) === String(shape);
  // What cannot fit is not decoded.
  if (source.convert === undefined && !isFitting(tensor.shape)) return `[${tensor.shape}]`;
  const array = asFloat32(tensor.read());
  if (array === undefined) return `${tensor.storedAs} [${tensor.shape}]`;
  const value = source.convert?.(variable, array) ?? array;
  return isFitting(value.shape) ? value : `[${tensor.shape}]`;
}

/** Undefined for whole numbers, which are no weights. */
export function asFloat32({ dtype, shape, data }: NdArray): NdArray<'float32'> | undefined {
  if (dtype === 'float32') return { dtype, shape, data };
  return dtype === 'float16' ? float32(fromFloat16(data), shape) : undefined;
}
