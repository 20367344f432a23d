import type { Input, Tensor } from '../../src/engine/graph/index.js';
import { interpret } from '../../src/engine/interpret.js';
import { expectClose } from './check-operator.js';
import { randomArray } from './random-array.js';
import { runOnnx } from './run-onnx.js';

/** Runs a tensor of a float32 input with free sides at one size, and holds ONNX Runtime to the interpreter. */
export async function runFree(
  y: Tensor,
  x: Input,
  shape: readonly number[],
  tolerance = 1e-5,
): Promise<void> {
  const count = shape.reduce((a, b) => a * b, 1);
  const data = Float32Array.from(randomArray(count, 5));
  const [expected] = interpret([y], new Map([[x, { shape, data: Float64Array.from(data) }]]));
  const { y: actual } = await runOnnx({ y }, { [x.attributes.name]: { dtype: 'float32', shape, data } });
  expectClose(actual!.data, expected!.data, tolerance, `${y.operator.name} at [${shape}]`);
}
