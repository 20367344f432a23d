import type { DType, NdArray } from '../../base/arrays.js';
import { checkArgument, isObject, isRecord } from '../../base/errors/index.js';
import type { Dim } from './dim.js';

/** An attribute of an ONNX node. Whole numbers become INT, lists become INTS, `{ float }` becomes FLOAT. */
export type OnnxAttribute = number | readonly number[] | string | { readonly float: number };

/** Operators write their ONNX form with this. It names values by strings. */
export interface OnnxEmitter {
  /**
   * Adds a node and returns the name of its first output. An empty string leaves out an optional input.
   *
   * An operator of the `com.microsoft` domain has the domain in its name: `com.microsoft::FusedMatMul`.
   */
  node(
    operator: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, OnnxAttribute>>,
  ): string;
  /**
   * Like {@link node}, for an intermediate value that other operators may need as well, such as another view of an operand.
   * If an equal node was added by this function before, it is reused.
   */
  shared(
    operator: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, OnnxAttribute>>,
  ): string;
  /** Casts a value to another type, with a {@link shared} node. */
  cast(value: string, to: DType): string;
  /** Adds a node with several outputs and returns their names. */
  nodeWithOutputs(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>>,
    outputs: number,
  ): string[];
  /** Adds a constant. Small constants that are equal become one. */
  constant(value: NdArray): string;
  /** A float32 scalar, or a float32 array when a shape is given. */
  float(value: number | readonly number[], shape?: readonly number[]): string;
  /** An int64 vector: axes, sizes, pads, starts. */
  ints(values: readonly number[]): string;
  /** An int64 vector of sides: a constant if all are numbers, otherwise computed from the shapes of the inputs. */
  sides(dims: readonly Dim[]): string;
}

/** A value of the float64 interpreter, row-major. Integers and booleans are held as float64, too. */
export interface Value {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** The result of a shape rule. */
export interface TensorType {
  readonly shape: readonly Dim[];
  readonly dtype: DType;
}

/**
 * Everything about one operator in one object. To add an operator, write such an object. If a rule is missing, the code does not
 * compile.
 */
// biome-ignore lint/suspicious/noExplicitAny: "some operator" is an existential type, which TypeScript spells any
export interface Operator<Attributes = any> {
  /** The name that errors and listings show. */
  readonly name: string;

  /** Infers the result's type from the inputs' shapes and types. @throws HmsaError */
  shape(inputs: readonly Tensor[], attributes: Attributes): TensorType;

  /**
   * Computes the result in float64, as plainly as the definition reads. The ONNX form is tested against it, so the two must not
   * share tricks.
   *
   * @param output the shape of the result, all numbers
   */
  reference(inputs: readonly Value[], attributes: Attributes, output: readonly number[]): Float64Array;

  /**
   * The vector-Jacobian product. From the gradient of a scalar with respect to the result, it computes the gradient with respect
   * to each input, or null for an input without one. If an input was broadcast, its gradient may keep the shape of the result;
   * the walk sums it back.
   *
   * `'none'` marks an operator that passes no gradient: it is constant almost everywhere, or it belongs to a backward pass that
   * is not differentiated again.
   */
  readonly gradient:
    | 'none'
    | ((
        gradient: Tensor,
        result: Tensor<Attributes>,
        wanted: readonly boolean[],
      ) => readonly (Tensor | null)[]);

  /**
   * Two applications to equal inputs may have different values, so `mergeCommon` does not merge them. The ONNX form must not
   * use {@link OnnxEmitter.shared} for such values.
   */
  readonly distinct?: true;

  /** Emits ONNX nodes that compute the result and returns the name of the value that holds it. */
  onnx(emitter: OnnxEmitter, inputs: readonly string[], result: Tensor<Attributes>): string;
}

/**
 * A value that a graph will compute: one application of an operator to tensors. Tensors are immutable and refer to their
 * inputs, so a tensor *is* the graph that leads to it.
 */
// biome-ignore lint/suspicious/noExplicitAny: "some tensor" is an existential type, which TypeScript spells any
export interface Tensor<Attributes = any> {
  readonly operator: Operator<Attributes>;
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes;
  readonly shape: readonly Dim[];
  readonly dtype: DType;
  /** Increases with every tensor made. Sorting by it gives a topological order. */
  readonly order: number;
}

let made = 0;

/**
 * Applies an operator.
 *
 * @throws HmsaError when an input is not a tensor, or the operator's shape rule refuses the inputs
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

/** @throws HmsaError when the value is not a tensor */
export function expectTensor(operation: string, value: unknown): asserts value is Tensor {
  const isTensor = isRecord(value) && isObject(value.operator) && Array.isArray(value.shape);
  checkArgument(isTensor, operation, 'a tensor', value);
}

/**
 * Copies an iterable of tensors to an array, because an iterator can be read only once.
 *
 * @throws HmsaError when the value is not an iterable of tensors
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
