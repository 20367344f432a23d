import type { DType, NdArray } from '../../base/arrays/index.js';
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
