import type { DType } from '../../base/arrays/index.js';
import { checkArgument, isObject, isRecord } from '../../base/errors/index.js';
import type { Dim } from './dim.js';
import type { OnnxEmitter } from './emitter.js';

/** A value inside the float64 interpreter: integers and booleans are held as float64 too. */
export interface Value {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** What a shape rule infers. */
export interface TensorType {
  readonly shape: readonly Dim[];
  readonly dtype: DType;
}

/**
 * Everything that the system knows about one operator, in one object: adding an operator is writing one of
 * these. A missing rule does not compile.
 */
// biome-ignore lint/suspicious/noExplicitAny: "some operator" is an existential type, which TypeScript spells any
export interface Operator<Attributes = any> {
  /** The name that errors and listings show. */
  readonly name: string;

  /** Infers the result's type from the inputs' shapes and types. @throws HmsaError */
  shape(inputs: readonly Tensor[], attributes: Attributes): TensorType;

  /**
   * Computes the result in float64, as plainly as the definition reads: the oracle that the ONNX form is
   * tested against, so it shares no trick with it.
   *
   * @param output the shape of the result, all numbers
   */
  reference(inputs: readonly Value[], attributes: Attributes, output: readonly number[]): Float64Array;

  /**
   * The vector-Jacobian product: for the gradient of a scalar by the result, its gradient by each input, or
   * null for an input that has none. A gradient may still have the shape of the result where an input was
   * broadcast: summing it back is done in one place, by the walk.
   *
   * `'none'` marks an operator that no gradient passes through: constant almost everywhere, or made for a
   * backward pass and differentiated no further.
   */
  readonly gradient:
    | 'none'
    | ((
        gradient: Tensor,
        result: Tensor<Attributes>,
        wanted: readonly boolean[],
      ) => readonly (Tensor | null)[]);

  /**
   * Two applications to equal inputs are two values, such as random bits: `mergeCommon` leaves them apart. Its ONNX
   * form must not use {@link OnnxEmitter.shared} for them.
   */
  readonly distinct?: true;

  /** Emits ONNX nodes that compute the result and returns the name of the value that holds it. */
  onnx(emitter: OnnxEmitter, inputs: readonly string[], result: Tensor<Attributes>): string;
}

/**
 * A value that a graph will compute: one application of an operator. Tensors are immutable and know what they
 * are computed from, so a tensor *is* the graph that leads to it.
 */
// biome-ignore lint/suspicious/noExplicitAny: "some tensor" is an existential type, which TypeScript spells any
export interface Tensor<Attributes = any> {
  readonly operator: Operator<Attributes>;
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes;
  readonly shape: readonly Dim[];
  readonly dtype: DType;
  /** Grows with every tensor made, so that ordering by it is a topological order. */
  readonly order: number;
}

let made = 0;

/**
 * Applies an operator.
 *
 * @throws HmsaError when an input is no tensor, and from the operator's shape rule: operator, what was expected, what
 *   came
 */
export function apply<Attributes>(
  operator: Operator<Attributes>,
  inputs: readonly Tensor[],
  attributes: Attributes,
): Tensor<Attributes> {
  checkArgument(isObject(operator) && typeof operator.shape === 'function', 'apply', 'an operator', operator);
  tensorsOf(operator.name, inputs);
  const { shape, dtype } = operator.shape(inputs, attributes);
  return { operator, inputs, attributes, shape, dtype, order: made++ };
}

/** @throws HmsaError when the value is no tensor */
export function expectTensor(operation: string, value: unknown): asserts value is Tensor {
  const isTensor = isRecord(value) && isObject(value.operator) && Array.isArray(value.shape);
  checkArgument(isTensor, operation, 'a tensor', value);
}

/**
 * A list of tensors, or another collection of them that can be iterated, as an array: an iterator can be read only once.
 *
 * @throws HmsaError when it is none
 */
export function tensorsOf<T extends Tensor>(operation: string, values: Iterable<T>): T[] {
  const isIterable = isObjectOrArray(values) && typeof values[Symbol.iterator] === 'function';
  checkArgument(isIterable, operation, 'a list of tensors', values);
  const list = [...values];
  for (const value of list) expectTensor(operation, value);
  return list;
}

function isObjectOrArray(value: unknown): value is { readonly [Symbol.iterator]?: unknown } {
  return typeof value === 'object' && value !== null;
}
