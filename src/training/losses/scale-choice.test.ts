import { expect, test } from 'vitest';
import { checkOperator } from '../../../tests/support/check-operator.js';
import { gradients } from '../../engine/autodiff.js';
import { input, type Tensor } from '../../engine/graph/index.js';
import { interpret } from '../../engine/interpret.js';
import type { ScalePrediction } from '../../model/index.js';
import { scaleChoiceLoss } from './index.js';

const VOID = 255;

function prediction(scale: number, logits: Tensor, attention?: Tensor): ScalePrediction {
  const feature = { tensor: logits, stride: 4 };
  const output = { scale, logits, features: { context: feature, fused: feature } };
  return { scale, logits, output, ...(attention && { attention }) };
}

/** The loss, and its gradient with respect to the attention of the lower scale, for four pixels of two classes. */
function twoScales(labels: readonly number[], share: number) {
  const [high, low] = [input('high', [1, 2, 1, 4]), input('low', [1, 2, 1, 4])];
  const attention = input('attention', [1, 1, 1, 4]);
  const truth = input('labels', [1, 1, 4], 'uint8');
  const loss = scaleChoiceLoss([prediction(2, high), prediction(1, low, attention)], truth);
  const gradient = gradients(loss, [attention]).get(attention)!;
  const given = new Map([
    // Logits of class 0, then of class 1. The scales agree at the first pixel alone.
    [high, { shape: [1, 2, 1, 4], data: Float64Array.of(1, 2, 2, 1, 0, 0, 0, 0) }],
    [low, { shape: [1, 2, 1, 4], data: Float64Array.of(3, 0, 0, 0, 0, 1, 1, 1) }],
    [attention, { shape: [1, 1, 1, 4], data: new Float64Array(4).fill(share) }],
    [truth, { shape: [1, 1, 4], data: Float64Array.from(labels) }],
  ]);
  const [value, slope] = interpret([loss, gradient], given as never);
  return { value: value!.data[0]!, slope: [...slope!.data] };
}

const probability = (own: number, other: number) => 1 / (1 + Math.exp(other - own));

test('is the cross-entropy of the shares with the responsibilities, where the scales differ', () => {
  // Pixel 1 is of class 0: the high scale gives it p(2, 0), the low one p(0, 1). Pixel 2 is void, pixel 3 of class 1.
  const share = 0.3;
  const targets = [
    probability(0, 1) / (probability(0, 1) + probability(2, 0)),
    probability(1, 0) / (probability(1, 0) + probability(0, 1)),
  ];
  const expected = targets.map((t) => -t * Math.log(share) - (1 - t) * Math.log(1 - share));
  const { value, slope } = twoScales([0, 0, VOID, 1], share);
  expect(value).toBeCloseTo((expected[0]! + expected[1]!) / 2, 5);
  // The scales agree at the first pixel. More of the lower scale would be worse at the second, better at the last.
  expect(slope[0]! === 0 && slope[2]! === 0).toBe(true);
  expect(slope[1]).toBeGreaterThan(0);
  expect(slope[3]).toBeLessThan(0);
});

test('is 0 with gradient 0 where all is void or the scales agree, and finite where the attention is saturated', () => {
  for (const labels of [
    [VOID, VOID, VOID, VOID],
    [0, VOID, VOID, VOID],
  ]) {
    const { value, slope } = twoScales(labels, 0.5);
    expect([value, ...slope].every((x) => x === 0)).toBe(true);
  }
  for (const share of [0, 1]) {
    const { value, slope } = twoScales([0, 1, 0, 1], share);
    expect([value, ...slope].every(Number.isFinite)).toBe(true);
    expect(value).toBeGreaterThan(1);
  }
});

const logits = (side: number) => ({ shape: [2, 3, side, side], map: (x: number) => 4 * x, constant: true });
const share = (side: number) => ({ shape: [2, 1, side, side], map: (x: number) => 0.5 + 0.4 * x });
const labels = {
  shape: [2, 4, 4],
  dtype: 'uint8',
  data: Array.from({ length: 32 }, (_, i) => (i % 5 === 4 ? VOID : i % 3)),
} as const;

test('gradients through a chain of two scales', async () => {
  // The combination of the higher scales is a target, so its own attention is not varied here.
  await checkOperator(
    (a, b, y, alpha) => scaleChoiceLoss([prediction(2, a), prediction(1, b, alpha)], y),
    [logits(8), logits(4), labels, share(4)],
  );
});

test('gradients through the chain of three scales, with class weights: of the lowest attention', async () => {
  await checkOperator(
    (a, b, c, y, alpha, beta) =>
      scaleChoiceLoss([prediction(2, a), prediction(1, b, alpha), prediction(0.5, c, beta)], y, {
        classWeights: [1, 0.5, 3],
      }),
    [logits(8), logits(4), logits(2), labels, { ...share(4), constant: true }, share(2)],
  );
});

test('gradients of shares of all scales', async () => {
  await checkOperator(
    (a, b, y, alpha, beta) => scaleChoiceLoss([prediction(1, a, alpha), prediction(0.5, b, beta)], y),
    [logits(4), logits(2), labels, share(4), share(2)],
  );
});
