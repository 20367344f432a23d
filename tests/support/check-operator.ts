import { expect } from 'vitest';
import type { DType, NdArray } from '../../src/base/arrays.js';
import { gradients } from '../../src/engine/autodiff.js';
import { constant, type Input, input, type Tensor, type Value } from '../../src/engine/graph/index.js';
import { interpret } from '../../src/engine/interpret.js';
import { mul, sum } from '../../src/engine/ops/index.js';
import { randomArray } from './random-array.js';
import { runOnnx } from './run-onnx.js';

/** One operand of the operator under test; by default float32 in −1 … 1. */
export interface Operand {
  readonly shape: readonly number[];
  readonly dtype?: DType;
  /** The elements; random where left out. Integers have to be given. */
  readonly data?: ArrayLike<number>;
  /** Random elements are mapped through this, away from kinks and poles. */
  readonly map?: (x: number) => number;
  /** Leave its gradient out of the check. */
  readonly constant?: boolean;
}

export interface CheckOptions {
  readonly seed?: number;
  /** The operator has no gradient: compare values alone. */
  readonly valuesOnly?: boolean;
  /** Relative tolerance of central differences, of the norm along one random direction. */
  readonly gradientTolerance?: number;
  /** Relative tolerance of ONNX Runtime's float32 against float64, of each tensor's largest magnitude. */
  readonly onnxTolerance?: number;
}

/**
 * Holds an operator to its three promises at once: the shape rule agrees with what is computed, the gradient with
 * central differences in float64 along one random direction, and ONNX Runtime's float32 with the float64
 * interpreter, for the value and for every gradient.
 */
export async function checkOperator(
  build: (...operands: Tensor[]) => Tensor,
  operands: readonly Operand[],
  options: CheckOptions = {},
): Promise<void> {
  const { seed = 1, valuesOnly = false, gradientTolerance = 1e-6, onnxTolerance = 2e-5 } = options;
  const leaves = operands.map(({ shape, dtype = 'float32' }, i) => input(`x${i}`, shape, dtype));
  const values = operands.map(
    (operand, i): Value => ({ shape: operand.shape, data: elements(operand, seed + i) }),
  );
  const output = build(...leaves);
  const given = new Map<Tensor, Value>(leaves.map((leaf, i) => [leaf, values[i]!]));
  const outputs: Record<string, Tensor> = { y: output };

  if (!valuesOnly) {
    const cotangent = constant(randomArray(count(output), seed + 100), output.shape as number[]);
    const loss = sum(mul(output, cotangent));
    const wanted = leaves.filter((_, i) => !operands[i]!.constant && leaves[i]!.dtype === 'float32');
    const found = gradients(loss, wanted);
    checkCentralDifferences(loss, wanted, found, given, seed, gradientTolerance);
    for (const leaf of wanted) {
      const gradient = found.get(leaf);
      if (gradient !== undefined) outputs[`gradient of ${leaf.attributes.name}`] = gradient;
    }
  }

  const feeds = Object.fromEntries(
    leaves.map((leaf, i) => [leaf.attributes.name, rounded(leaf, values[i]!)]),
  );
  // The interpreter sees the same float32 numbers, so that only the arithmetic differs.
  const float32Given = new Map<Tensor, Value>(
    leaves.map((leaf) => {
      const { shape, data } = feeds[leaf.attributes.name]!;
      return [leaf, { shape, data: Float64Array.from(data as ArrayLike<number | bigint>, Number) }];
    }),
  );
  const expected = interpret(Object.values(outputs), float32Given);
  const actual = await runOnnx(outputs, feeds);
  Object.keys(outputs).forEach((name, i) => {
    expect([...actual[name]!.shape], `shape of ${name}`).toEqual([...expected[i]!.shape]);
    expectClose(actual[name]!.data, expected[i]!.data, onnxTolerance, `${name} in ONNX Runtime`);
  });
}

function checkCentralDifferences(
  loss: Tensor,
  wanted: readonly Input[],
  found: ReadonlyMap<Tensor, Tensor>,
  given: ReadonlyMap<Tensor, Value>,
  seed: number,
  tolerance: number,
): void {
  const step = 1e-6;
  for (const leaf of wanted) {
    const value = given.get(leaf)!;
    const direction = randomArray(value.data.length, seed + 200);
    const moved = (sign: number) => {
      const data = value.data.map((x, i) => x + sign * step * direction[i]!);
      return interpret([loss], new Map([...given, [leaf, { ...value, data }]]))[0]!.data[0]!;
    };
    const numeric = (moved(1) - moved(-1)) / (2 * step);
    const gradient = found.get(leaf);
    const analytic =
      gradient === undefined
        ? 0
        : interpret([gradient], given)[0]!.data.reduce((total, g, i) => total + g * direction[i]!, 0);
    const scale = Math.max(1, Math.abs(numeric));
    expect(
      Math.abs(analytic - numeric) / scale,
      `gradient of ${leaf.attributes.name}: ${analytic} against ${numeric}`,
    ).toBeLessThan(tolerance);
  }
}

/** Compares by the largest difference, relative to the largest expected magnitude (at least 1e-6). */
export function expectClose(
  actual: ArrayLike<number | bigint>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void {
  expect(actual.length, `length of ${what}`).toBe(expected.length);
  let scale = 1e-6;
  for (let i = 0; i < expected.length; i++) scale = Math.max(scale, Math.abs(expected[i]!));
  let worst = 0;
  let at = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(Number(actual[i]) - expected[i]!);
    if (!(difference <= worst)) [worst, at] = [difference, i];
  }
  expect(worst / scale, `${what}: ${actual[at]} for ${expected[at]} at ${at}`).toBeLessThanOrEqual(tolerance);
}

function elements({ shape, data, map = (x) => x }: Operand, seed: number): Float64Array {
  if (data !== undefined) return Float64Array.from(data);
  return randomArray(
    shape.reduce((a, b) => a * b, 1),
    seed,
  ).map(map);
}

function rounded({ dtype, attributes }: Input, { data }: Value): NdArray {
  const shape = attributes.shape as number[];
  switch (dtype) {
    case 'float32':
      return { dtype, shape, data: Float32Array.from(data) };
    case 'int64':
      return { dtype, shape, data: BigInt64Array.from(data, BigInt) };
    case 'int32':
      return { dtype, shape, data: Int32Array.from(data) };
    case 'int8':
      return { dtype, shape, data: Int8Array.from(data) };
    case 'uint8':
    case 'bool':
      return { dtype, shape, data: Uint8Array.from(data) };
    case 'float16':
      throw new Error('Operators are checked in float32.');
  }
}

function count(tensor: Tensor): number {
  return (tensor.shape as number[]).reduce((a, b) => a * b, 1);
}
