import { describe, expect, test } from 'vitest';
import { checkOperator, type Operand } from '../../../tests/support/check-operator.js';
import { gradients } from '../autodiff.js';
import { input, symbol } from '../graph/index.js';
import { batchNormInference, batchNormTraining } from './normalization.js';
import { sum } from './reductions.js';

const shapes = { 'odd sides': [2, 3, 5, 7], 'one image': [1, 4, 3, 2], 'one pixel': [3, 2, 1, 1] };
const positive = (x: number) => 0.6 + 0.5 * x;

describe('batchNormInference', () => {
  test.each(Object.entries(shapes))('%s', async (_, shape) => {
    const perChannel = { shape: [shape[1]!] };
    await checkOperator(
      (x, gamma, beta, mean, variance) => batchNormInference(x, gamma, beta, mean, variance),
      [
        { shape },
        perChannel,
        perChannel,
        { ...perChannel, constant: true },
        { ...perChannel, map: positive, constant: true },
      ],
    );
  });

  test('another ε', async () => {
    const perChannel = { shape: [3] };
    await checkOperator(
      (x, gamma, beta, mean, variance) => batchNormInference(x, gamma, beta, mean, variance, 0.5),
      [
        { shape: [2, 3, 4, 5] },
        perChannel,
        perChannel,
        { ...perChannel, constant: true },
        { ...perChannel, map: positive, constant: true },
      ],
    );
  });

  test('the statistics are constants to differentiation', () => {
    const x = input('x', [1, 2, 3, 3]);
    const gamma = input('gamma', [2]);
    const beta = input('beta', [2]);
    const mean = input('mean', [2]);
    const variance = input('variance', [2]);
    const y = batchNormInference(x, gamma, beta, mean, variance);
    const found = gradients(sum(y), [x, gamma, beta, mean, variance]);
    expect(new Set(found.keys())).toEqual(new Set([x, gamma, beta]));
  });

  test('keeps free sides', () => {
    const x = input('x', [1, 2, symbol('H'), symbol('W')]);
    const c = input('c', [2]);
    expect(batchNormInference(x, c, c, c, c).shape).toEqual(x.shape);
  });

  test('an error names the operator, what was expected and what came', () => {
    const c = input('c', [2]);
    expect(() => batchNormInference(input('x', [1, 2, 3, 4]), c, c, input('mean', [3]), c)).toThrow(
      'batchNormInference: expected mean of float32 [2] for float32 [1, 2, 3, 4], received float32 [3].',
    );
    expect(() => batchNormInference(input('x', [1, 2, 3]), c, c, c, c)).toThrow(/an image \[N, C, H, W\]/);
    expect(() => batchNormInference(input('x', [1, symbol('C'), 3, 4]), c, c, c, c)).toThrow(
      /a channel count/,
    );
  });
});

describe('batchNormTraining', () => {
  const operands = (shape: readonly number[], map?: (x: number) => number): Operand[] => [
    { shape, ...(map && { map }) },
    { shape: [shape[1]!] },
    { shape: [shape[1]!] },
  ];

  test.each(Object.entries(shapes))('%s', async (_, shape) => {
    await checkOperator((x, gamma, beta) => batchNormTraining(x, gamma, beta).y, operands(shape));
  });

  test('batch mean and biased variance', async () => {
    for (const statistic of ['mean', 'variance'] as const) {
      await checkOperator(
        (x, gamma, beta) => batchNormTraining(x, gamma, beta)[statistic],
        operands([2, 3, 5, 7]),
        { valuesOnly: true },
      );
    }
  });

  test('a mean far above the deviation does not cancel', async () => {
    await checkOperator(
      (x, gamma, beta) => batchNormTraining(x, gamma, beta).y,
      operands([2, 2, 9, 11], (x) => 1000 + x),
      // Differences of steps of 1e-6 beside 1000, and float32 holds 1000 + x to 6e-5.
      { gradientTolerance: 1e-5, onnxTolerance: 2e-4 },
    );
  });

  test('a constant channel is β, and its gradients are finite', async () => {
    await checkOperator(
      (x, gamma, beta) => batchNormTraining(x, gamma, beta, 0.1).y,
      operands([2, 2, 3, 5], () => 3),
    );
  });

  test('no gradient through the statistics', () => {
    const x = input('x', [1, 2, 3, 3]);
    const c = input('c', [2]);
    const { mean, variance } = batchNormTraining(x, c, c);
    expect(gradients(sum(mean), [x]).size).toBe(0);
    expect(gradients(sum(variance), [x]).size).toBe(0);
  });

  test('an error names the operator, what was expected and what came', () => {
    const c = input('c', [2]);
    expect(() => batchNormTraining(input('x', [1, 3, 4, 4]), c, c)).toThrow(
      'batchNormTraining: expected gamma of float32 [3] for float32 [1, 3, 4, 4], received float32 [2].',
    );
    expect(() => batchNormTraining(input('x', [1, 2, symbol('H'), 4]), c, c)).toThrow(
      /batchNormTraining: .*H/,
    );
  });
});
