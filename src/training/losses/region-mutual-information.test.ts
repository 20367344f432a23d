import * as native from 'onnxruntime-node';
import * as web from 'onnxruntime-web';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkOperator, expectClose } from '../../../tests/support/check-operator.js';
import { randomArray } from '../../../tests/support/random-array.js';
import { inverted, rmiReference } from '../../../tests/support/rmi-reference.js';
import { float32, uint8 } from '../../base/arrays.js';
import { gradients } from '../../engine/autodiff.js';
import { input, type Tensor, type Value } from '../../engine/graph/index.js';
import { interpret } from '../../engine/interpret.js';
import { lower } from '../../engine/onnx/lower.js';
import { add, matmul } from '../../engine/ops/index.js';
import { createSession, type Session } from '../../engine/runtime/index.js';
import { binaryCrossEntropy, regionMutualInformation } from './index.js';
import { identity, invertPositiveDefinite } from './positive-definite.js';

const VOID = 255;
const [N, C, H, W] = [2, 3, 23, 26] as const;

/** Regions of classes with a border of void. */
const labels = Array.from({ length: N * H * W }, (_, i) => {
  const [y, x] = [Math.floor(i / W) % H, i % W];
  return x === 0 ? VOID : (Math.floor(x / 9) + Math.floor(y / 8) + Math.floor(i / (H * W))) % C;
});

const logits = input('logits', [N, C, H, W]);
const labelInput = input('labels', [N, H, W], 'uint8');

function evaluate(output: Tensor, data: Float64Array, truth: readonly number[] = labels): Float64Array {
  return interpret(
    [output],
    new Map<Tensor, Value>([
      [logits, { shape: [N, C, H, W], data }],
      [labelInput, { shape: [N, H, W], data: Float64Array.from(truth) }],
    ]),
  )[0]!.data;
}

const random = Float64Array.from(Float32Array.from(randomArray(N * C * H * W, 5), (x) => 3 * x));

describe('region mutual information', () => {
  test.each([
    ['as published', {}],
    ['of other regions', { lambda: 0.2, radius: 2, pool: 3 }],
    ['without pooling', { lambda: 0, radius: 3, pool: 1 }],
  ])('is the textbook form, %s, and so is its gradient', (_, options) => {
    const loss = regionMutualInformation(logits, labelInput, options);
    const gradient = gradients(loss, [logits]).get(logits)!;
    const exact = rmiReference({ size: [N, C, H, W], labels, logits: random, ...options });
    expect(evaluate(loss, random)[0]).toBeCloseTo(exact.loss, 8);
    expectClose(evaluate(gradient, random), exact.gradient, 1e-8, 'gradient');
    const direction = randomArray(random.length, 9);
    const moved = (step: number) =>
      rmiReference({
        size: [N, C, H, W],
        labels,
        logits: random.map((x, i) => x + step * direction[i]!),
        ...options,
      }).loss;
    const along = exact.gradient.reduce((sum, g, i) => sum + g * direction[i]!, 0);
    expect((moved(1e-5) - moved(-1e-5)) / 2e-5).toBeCloseTo(along, 6);
  });

  const nothing = labels.map(() => VOID);
  const towards = (truth: readonly number[], sign: number, size: number) =>
    Float64Array.from(
      Float32Array.from(random, (noise, i) => {
        const [pixel, c] = [i % (H * W), Math.floor(i / (H * W)) % C];
        const label = truth[Math.floor(i / (C * H * W)) * H * W + pixel];
        return noise / 10 + sign * (label === c ? size : -size);
      }),
    );
  const one = labels.map(() => 1);
  describe.each([
    ['CPU', native],
    ['WASM', web],
  ])('in float32 on %s', (_, ort) => {
    let session: Session;
    beforeAll(async () => {
      const loss = regionMutualInformation(logits, labelInput);
      const gradient = gradients(loss, [logits]).get(logits)!;
      session = await createSession(ort, lower({ outputs: { loss, gradient } }), {});
    });
    afterAll(() => session.dispose());

    test.each([
      ['random', labels, random],
      ['nearly one-hot', labels, towards(labels, 1, 12)],
      ['certain', labels, towards(labels, 1, 100)],
      ['inverted', labels, towards(labels, -1, 12)],
      ['of one class', one, random],
      ['of one class, nearly one-hot', one, towards(one, 1, 12)],
      ['all void', nothing, random],
      ['constant', labels, new Float64Array(random.length)],
    ])('value and gradient are those of float64: %s', async (_, truth, data) => {
      const run = await session.run({
        logits: float32(Float32Array.from(data), [N, C, H, W]),
        labels: uint8(Uint8Array.from(truth), [N, H, W]),
      });
      const exact = rmiReference({ size: [N, C, H, W], labels: truth, logits: data });
      expect(Math.abs(Number(run.loss!.data[0]) - exact.loss)).toBeLessThan(1e-4);
      const gap = exact.gradient.map((g, i) => g - Number(run.gradient!.data[i]));
      const floor = Math.max(Math.hypot(...exact.gradient), 1e-3);
      expect(Math.hypot(...gap) / floor).toBeLessThan(1e-3);
    });
  });

  test.each([
    ['CPU', native],
    ['WASM', web],
  ])('a large map of one class is that of float64 too, on %s', async (_, ort) => {
    const size = [1, 1, 352, 480] as const;
    const [, , height, width] = size;
    const [x, y] = [input('logits', size), input('labels', [1, height, width], 'uint8')];
    const session = await createSession(ort, lower({ outputs: { loss: regionMutualInformation(x, y) } }), {});
    for (const [mean, noise] of [
      [12, 0.3],
      [0, 3],
      [0, 0],
    ] as const) {
      const data = Float32Array.from(randomArray(height * width, 3), (one) => mean + noise * one);
      const known = new Uint8Array(height * width);
      const run = await session.run({
        logits: float32(data, size),
        labels: uint8(known, [1, height, width]),
      });
      const exact = rmiReference({ size, labels: known, logits: data });
      expect(Math.abs(Number(run.loss!.data[0]) - exact.loss)).toBeLessThan(2e-5);
    }
    await session.dispose();
  });

  test.each([
    [2, 4, [1, 2, 12, 12]],
    [5, 4, [1, 3, 100, 68]],
    [5, 5, [1, 3, 100, 68]],
  ] as const)('large regions are those of float64: pool %i, radius %i', async (pool, radius, size) => {
    const [, classes, height, width] = size;
    const [x, y] = [input('logits', size), input('labels', [1, height, width], 'uint8')];
    const loss = regionMutualInformation(x, y, { pool, radius });
    const gradient = gradients(loss, [x]).get(x)!;
    const session = await createSession(native, lower({ outputs: { loss, gradient } }), {});
    const data = Float32Array.from(randomArray(classes * height * width, 5), (one) => 3 * one);
    // Stripes as wide as the pools, so that the pooled labels are nearly constant.
    const known = Uint8Array.from({ length: height * width }, (_, i) => {
      const [row, column] = [Math.floor(i / width), i % width];
      return column === 0 ? VOID : (Math.floor(column / 5) + Math.floor(row / 4)) % classes;
    });
    const run = await session.run({ logits: float32(data, size), labels: uint8(known, [1, height, width]) });
    await session.dispose();
    const exact = rmiReference({ size, labels: known, logits: data, pool, radius });
    expect(Math.abs(Number(run.loss!.data[0]) - exact.loss)).toBeLessThan(2e-4);
    const gap = exact.gradient.map((g, i) => g - Number(run.gradient!.data[i]));
    expect(Math.hypot(...gap) / Math.hypot(...exact.gradient)).toBeLessThan(1e-3);
  });

  test('its gradient is exact', async () => {
    const operands = [
      { shape: [N, C, H, W], map: (x: number) => 3 * x },
      { shape: [N, H, W], dtype: 'uint8', data: labels },
    ] as const;
    await checkOperator((x, y) => regionMutualInformation(x, y), operands, { onnxTolerance: 5e-4 });
    await checkOperator((x, y) => regionMutualInformation(x, y, { lambda: 0 }), operands, {
      onnxTolerance: 5e-4,
    });
  });

  test('errors', () => {
    expect(() => regionMutualInformation(logits, labelInput, { lambda: 2 })).toThrow(
      'rmi, lambda: expected a number from 0 to 1, received 2.',
    );
    expect(() => regionMutualInformation(logits, labelInput, { radius: 0 })).toThrow(
      'rmi, radius: expected a whole number from 1 to 5, received 0.',
    );
    const [small, few] = [input('x', [1, 2, 7, 9]), input('y', [1, 7, 9], 'uint8')];
    expect(() => regionMutualInformation(small, few)).toThrow(
      'rmi: expected an image of at least 8 × 8 pixels, received 7 × 9.',
    );
  });
});

test('binary cross-entropy by its definition, and its gradient', async () => {
  let [total, count] = [0, 0];
  labels.forEach((label, i) => {
    if (label === VOID) return;
    count++;
    for (let c = 0; c < C; c++) {
      const x = random[(Math.floor(i / (H * W)) * C + c) * H * W + (i % (H * W))]!;
      const p = 1 / (1 + Math.exp(-x));
      total -= Math.log(c === label ? p : 1 - p);
    }
  });
  expect(evaluate(binaryCrossEntropy(logits, labelInput), random)[0]).toBeCloseTo(total / (count + 1), 10);
  await checkOperator(binaryCrossEntropy, [
    { shape: [2, 3, 4, 5], map: (x) => 6 * x },
    {
      shape: [2, 4, 5],
      dtype: 'int32',
      data: Array.from({ length: 40 }, (_, i) => [0, 1, 2, VOID, -1][i % 5]!),
    },
  ]);
});

test('binary cross-entropy of more classes than a product of their probabilities can hold', async () => {
  const operands = [
    { shape: [1, 150, 2, 2], map: (x: number) => x / 100 },
    { shape: [1, 2, 2], dtype: 'uint8', data: [0, 149, 150, VOID] },
  ] as const;
  await checkOperator(binaryCrossEntropy, operands);
});

test('inverse and determinant of positive definite matrices', async () => {
  const x = input('x', [2, 5, 5]);
  const matrices = add(matmul(x, x, false, true), identity(5));
  const { inverse, logDeterminant: determinant } = invertPositiveDefinite(matrices);
  expect(determinant.shape).toEqual([2, 1, 1]);
  const data = randomArray(50, 3).map((value, i) => (i < 25 ? value : 100 * value));
  const given = new Map([[x, { shape: [2, 5, 5], data }]]);
  const [unit, logs, values] = interpret([matmul(matrices, inverse), determinant, matrices], given);
  for (let i = 0; i < 50; i++) expect(unit!.data[i]).toBeCloseTo(Number((i % 25) % 6 === 0), 9);
  for (const n of [0, 1]) {
    const rows = Array.from({ length: 5 }, (_, i) =>
      Array.from(values!.data.slice(n * 25 + i * 5, n * 25 + i * 5 + 5)),
    );
    expect(logs!.data[n]).toBeCloseTo(inverted(rows).logDeterminant, 10);
  }
});
