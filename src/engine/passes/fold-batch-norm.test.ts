import { expect, test } from 'vitest';
import { runOnnx } from '../../../tests/support/run-onnx.js';
import { float32, type NdArray } from '../../base/arrays.js';
import { input, type Tensor, variable } from '../graph/index.js';
import { mean as average, batchNormInference, conv2d, convTranspose2d, sub } from '../ops/index.js';
import { foldBatchNorm } from './fold-batch-norm.js';

const vector = (...values: number[]) => float32(Float32Array.from(values), [values.length]);
const kernel = (value: number) => float32(Float32Array.of(value), [1, 1, 1, 1]);
const x = input('x', [1, 1, 1, 1]);
const [w1, w2] = [variable('w1', [1, 1, 1, 1]), variable('w2', [1, 1, 1, 1])];
const [gamma, beta, mean, variance, other] = ['gamma', 'beta', 'mean', 'variance', 'other'].map((name) =>
  variable(name, [1]),
) as [Tensor, Tensor, Tensor, Tensor, Tensor];
const constants = new Map<string, NdArray>([
  ['w1', kernel(1)],
  ['w2', kernel(10)],
  ['gamma', vector(2)],
  ['beta', vector(1)],
  ['mean', vector(0.5)],
  ['variance', vector(4)],
  ['other', vector(1)],
]);

async function plainAndFolded(outputs: Record<string, Tensor>) {
  const feeds = { x: { dtype: 'float32' as const, shape: [1, 1, 1, 1], data: Float32Array.of(1) } };
  const folded = foldBatchNorm({ outputs, constants });
  const run = async (tensors: Record<string, Tensor>, values: ReadonlyMap<string, NdArray>) =>
    Object.values(await runOnnx(tensors, feeds, { constants: values })).map(({ data }) => Number(data[0]));
  const isFolded = Object.values(folded.outputs).every((tensor) => tensor.operator.name === 'conv2d');
  return {
    plain: await run(outputs, constants),
    folded: await run(folded.outputs, folded.constants),
    isFolded,
  };
}

test('two convolutions that share one norm are folded each by itself', async () => {
  const { plain, folded, isFolded } = await plainAndFolded({
    a: batchNormInference(conv2d(x, w1), gamma, beta, mean, variance, 0),
    b: batchNormInference(conv2d(x, w2), gamma, beta, mean, variance, 0),
  });
  expect(isFolded).toBe(true);
  // 2·(w − 0.5)/2 + 1
  expect(plain).toEqual([1.5, 10.5]);
  expect(folded).toEqual(plain);
});

test('norms that share γ alone, or the convolution’s weight, or differ in ε, too', async () => {
  const { plain, folded, isFolded } = await plainAndFolded({
    a: batchNormInference(conv2d(x, w1), gamma, beta, mean, variance, 0),
    b: batchNormInference(conv2d(x, w1), gamma, beta, mean, other, 0),
    c: batchNormInference(conv2d(x, w1, { bias: other }), gamma, other, mean, variance, 12),
  });
  expect(isFolded).toBe(true);
  expect(plain).toEqual([1.5, 2, 1.75]);
  expect(folded).toEqual(plain);
});

test('weights that are computed from constants are folded only if asked for', async () => {
  const weight = variable('kernel', [1, 1, 2, 2]);
  const centred = sub(weight, average(weight, [2, 3]));
  const y = batchNormInference(convTranspose2d(x, centred, { stride: 2 }), gamma, beta, mean, variance, 0);
  const known = new Map(constants).set('kernel', float32(Float32Array.of(1, 2, 4, 9), [1, 1, 2, 2]));
  const program = { outputs: { y }, constants: known };
  expect(foldBatchNorm(program).outputs.y!.operator.name).toBe(y.operator.name);
  const folded = foldBatchNorm(program, { evaluates: true });
  expect(folded.outputs.y!.operator.name).toBe('convTranspose2d');
  const feeds = { x: { dtype: 'float32' as const, shape: [1, 1, 1, 1], data: Float32Array.of(3) } };
  const results = await Promise.all(
    [program, folded].map((each) => runOnnx(each.outputs, feeds, { constants: each.constants })),
  );
  // 2·(3·(w − 4) − 0.5)/2 + 1
  for (const result of results) expect(Array.from(result.y!.data)).toEqual([-8.5, -5.5, 0.5, 15.5]);
  expect(foldBatchNorm({ outputs: { y } }, { evaluates: true }).outputs.y).toBe(y);
});

test('a variance that is negative or not a number is refused by name', () => {
  for (const bad of [-1e-6, Number.NaN]) {
    const norm = batchNormInference(conv2d(x, w1), gamma, beta, mean, variance);
    const damaged = new Map(constants).set('variance', vector(bad));
    expect(() => foldBatchNorm({ outputs: { norm }, constants: damaged })).toThrow(
      /^foldBatchNorm, variance: expected variances of 0 or more, received (-|NaN)/,
    );
  }
});
