import type { DType, NdArray } from '../../base/arrays/index.js';
import type { Dim } from './dim.js';

/** An attribute of a node in an ONNX file. Whole numbers become INT and INTS, floats are marked as such. */
export type OnnxAttribute = number | readonly number[] | string | { readonly float: number };

/** What an operator's ONNX form is written with. */
export interface OnnxEmitter {
  /**
   * Adds a node and returns the name of its first output. An empty string leaves an optional input out.
   *
   * Operators of the `com.microsoft` domain are named with it: `com.microsoft::FusedMatMul`.
   */
  node(
    operator: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, OnnxAttribute>>,
  ): string;
  /**
   * The same for an intermediate value that other operators may need too, such as another view of an operand. An equal
   * node that was asked for in this way before is used again.
   */
  shared(
    operator: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, OnnxAttribute>>,
  ): string;
  /** The value in another type, as {@link shared}. */
  cast(value: string, to: DType): string;
  /** The same for a node of several outputs. */
  nodeWithOutputs(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>>,
    outputs: number,
  ): string[];
  /** Small constants that are equal become one. */
  constant(value: NdArray): string;
  /** A float32 scalar, or a float32 array when a shape is given. */
  float(value: number | readonly number[], shape?: readonly number[]): string;
  /** An int64 vector: axes, sizes, pads, starts. */
  ints(values: readonly number[]): string;
  /** An int64 vector of sides: a constant where all are numbers, computed from the inputs where some are free. */
  sides(dims: readonly Dim[]): string;
}
