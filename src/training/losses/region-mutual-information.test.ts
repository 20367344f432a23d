import { describe, expect, test } from 'vitest';
import { checkOperator, expectClose } from '../../../tests/support/check-operator.js';
import { randomArray } from '../../../tests/support/random-array.js';
import { runOnnx } from '../../../tests/support/run-onnx.js';
import { float32, uint8 } from '../../base/arrays.js';
import { gradients } from '../../engine/autodiff.js';
import { input, type Tensor, type Value } from '../../engine/graph/index.js';
import { interpret } from '../../engine/interpret.js';
import { add, matmul } from '../../engine/ops/index.js';
import { binaryCrossEntropy, regionMutualInformation } from './index.js';
import { identity, invertPositiveDefinite } from './positive-definite.js';

const VOID = 255;
const [N, C, H, W] = [2, 3, 21, 26] as const;

/** Regions of classes with a border of void. */
const labels = Array.from({ length: N * H * W }, (_, i) => {
  const [y, x] = [Math.floor(i / W) % H, i % W];
  return x === 0 ? VOID : (Math.floor(x / 9) + Math.floor(y / 8) + Math.floor(i / (H * W))) % C;
});

/** The textbook form, in float64, by matrices of numbers. */
function naiveInformation(logits: Float64Array): number {
  let total = 0;
  for (let n = 0; n < N; n++) {
    for (let c = 0; c < C; c++) {
      const label = (y: number, x: number) => Number(labels[(n * H + y) * W + x] === c);
      const probability = (y: number, x: number) => {
        const known = labels[(n * H + y) * W + x] !== VOID;
        return Number(known) / (1 + Math.exp(-logits[((n * C + c) * H + y) * W + x]!)) + 1e-6;
      };
      const [Y, P] = [rowsOf(label), rowsOf(probability)];
      const regularised = product(P, P).map((row, i) => row.map((value, j) => value + (i === j ? 5e-4 : 0)));
      const cross = product(Y, P);
      const explained = product(solve(regularised, cross), cross);
      const m = product(Y, Y).map((row, i) =>
        row.map((value, j) => value - explained[i]![j]! + (i === j ? 5e-4 : 0)),
      );
      total += (0.5 * logDeterminant(m)) / 9 / N;
    }
  }
  return total;
}

/** Pooled 4 × 4 over zeros around the image, then the nine shifts of the inside, centred. */
function rowsOf(value: (y: number, x: number) => number): number[][] {
  const [height, width] = [Math.floor(H / 4) + 1, Math.floor(W / 4) + 1];
  const pooled = (i: number, j: number) => {
    let sum = 0;
    for (let y = 4 * i - 2; y < 4 * i + 2; y++) {
      for (let x = 4 * j - 2; x < 4 * j + 2; x++) {
        if (y >= 0 && x >= 0 && y < H && x < W) sum += value(y, x);
      }
    }
    return sum / 16;
  };
  const rows: number[][] = [];
  for (let dy = 0; dy < 3; dy++) {
    for (let dx = 0; dx < 3; dx++) {
      const row: number[] = [];
      for (let i = 0; i + 2 < height; i++)
        for (let j = 0; j + 2 < width; j++) row.push(pooled(i + dy, j + dx));
      const centre = row.reduce((a, b) => a + b, 0) / row.length;
      rows.push(row.map((x) => x - centre));
    }
  }
  return rows;
}

/** A·Bᵀ */
function product(a: readonly number[][], b: readonly number[][]): number[][] {
  return a.map((row) => b.map((other) => row.reduce((sum, x, k) => sum + x * other[k]!, 0)));
}

/** Cᵀ-wise: the rows X with X·A = C, by elimination with exchanges. */
function solve(a: readonly number[][], c: readonly number[][]): number[][] {
  return c.map((right) => eliminate(a, right).solution);
}

function logDeterminant(a: readonly number[][]): number {
  return eliminate(a, new Array<number>(a.length).fill(0)).pivots.reduce(
    (sum, p) => sum + Math.log(Math.abs(p)),
    0,
  );
}

/** Gauss with partial pivoting on the symmetric A. */
function eliminate(a: readonly number[][], right: readonly number[]) {
  const rows = a.map((row, i) => [...row, right[i]!]);
  const size = rows.length;
  const pivots: number[] = [];
  for (let k = 0; k < size; k++) {
    const best = rows
      .slice(k)
      .reduce((at, row, i) => (Math.abs(row[k]!) > Math.abs(rows[at]![k]!) ? k + i : at), k);
    [rows[k], rows[best]] = [rows[best]!, rows[k]!];
    pivots.push(rows[k]![k]!);
    for (let i = 0; i < size; i++) {
      if (i === k) continue;
      const factor = rows[i]![k]! / rows[k]![k]!;
      for (let j = k; j <= size; j++) rows[i]![j]! -= factor * rows[k]![j]!;
    }
  }
  return { pivots, solution: rows.map((row, i) => row[size]! / pivots[i]!) };
}

const logits = input('logits', [N, C, H, W]);
const labelInput = input('labels', [N, H, W], 'uint8');
const informationOnly = () => regionMutualInformation(logits, labelInput, { lambda: 0 });

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
  test('is the textbook form, where float64 can hold that', () => {
    expect(evaluate(informationOnly(), random)[0]).toBeCloseTo(naiveInformation(random), 8);
  });

  test('its gradient is exact', async () => {
    const operands = [
      { shape: [N, C, H, W], map: (x: number) => 3 * x },
      { shape: [N, H, W], dtype: 'uint8', data: labels },
    ] as const;
    await checkOperator((x, y) => regionMutualInformation(x, y), operands, { onnxTolerance: 2e-4 });
    await checkOperator((x, y) => regionMutualInformation(x, y, { lambda: 0 }), operands, {
      onnxTolerance: 2e-4,
    });
  });

  test.each([
    ['right', 1],
    ['inverted', -1],
  ])('a nearly one-hot prediction, %s, stays within float32', async (_, sign) => {
    const data = Float32Array.from(random, (noise, i) => {
      const [pixel, c] = [i % (H * W), Math.floor(i / (H * W)) % C];
      const n = Math.floor(i / (C * H * W));
      return noise / 10 + sign * (labels[n * H * W + pixel] === c ? 12 : -12);
    });
    const loss = informationOnly();
    const gradient = gradients(loss, [logits]).get(logits)!;
    const run = await runOnnx(
      { loss, gradient },
      { logits: float32(data, [N, C, H, W]), labels: uint8(Uint8Array.from(labels), [N, H, W]) },
    );
    const exact = Float64Array.from(data);
    expectClose(run.loss!.data, evaluate(loss, exact), 1e-3, 'loss');
    expectClose(run.gradient!.data, evaluate(gradient, exact), 5e-3, 'gradient');
  });

  test('a batch that is all void is finite and has no gradient', async () => {
    const nothing = new Array<number>(N * H * W).fill(VOID);
    const loss = regionMutualInformation(logits, labelInput);
    const gradient = gradients(loss, [logits]).get(logits)!;
    const run = await runOnnx(
      { loss, gradient },
      {
        logits: float32(Float32Array.from(random), [N, C, H, W]),
        labels: uint8(Uint8Array.from(nothing), [N, H, W]),
      },
    );
    expect(Number.isFinite(run.loss!.data[0])).toBe(true);
    expect(Array.from(run.gradient!.data).every((g) => Math.abs(Number(g)) === 0)).toBe(true);
  });

  test('errors', () => {
    expect(() => regionMutualInformation(logits, labelInput, { lambda: 2 })).toThrow(
      'rmi: expected a lambda from 0 to 1, received 2.',
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
    expect(logs!.data[n]).toBeCloseTo(logDeterminant(rows), 10);
  }
});
