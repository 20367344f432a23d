import { describe, expect, test } from 'vitest';
import { checkOperator, expectClose } from '../../../tests/support/check-operator.js';
import { randomArray } from '../../../tests/support/random-array.js';
import { runOnnx } from '../../../tests/support/run-onnx.js';
import { float32, uint8 } from '../../base/arrays.js';
import { gradients } from '../../engine/autodiff.js';
import { input, type Tensor } from '../../engine/graph/index.js';
import { interpret } from '../../engine/interpret.js';
import { add } from '../../engine/ops/index.js';
import { crossEntropy, pixelAccuracy } from './index.js';
import { labelShortfall } from './pixel-operators.js';

const VOID = 255;
const [N, C, H, W] = [2, 5, 3, 7] as const;
const area = H * W;

/** Labels with every class in them, and void. */
const labels = Array.from({ length: N * area }, (_, i) => (i % 4 === 3 ? VOID : (i * 3) % C));
const classWeights = [0.5, 2, 1, 0.1, 3];

/** The loss by its definition, pixel by pixel. */
function naive(logits: ArrayLike<number>, weights = new Array<number>(C).fill(1), truth = labels): number {
  let [total, weight] = [0, 0];
  truth.forEach((label, pixel) => {
    if (label === VOID) return;
    const first = Math.floor(pixel / area) * C * area + (pixel % area);
    const scores = Array.from({ length: C }, (_, k) => logits[first + k * area]!);
    const sum = scores.reduce((s, x) => s + Math.exp(x), 0);
    total += weights[label]! * -Math.log(Math.exp(scores[label]!) / sum);
    weight += weights[label]!;
  });
  return weight === 0 ? 0 : total / weight;
}

const logits = input('logits', [N, C, H, W]);
const labelInput = input('labels', [N, H, W], 'uint8');

function evaluate(output: Tensor, data: Float64Array, truth: readonly number[] = labels): Float64Array {
  return interpret(
    [output],
    new Map<Tensor, { shape: readonly number[]; data: Float64Array }>([
      [logits, { shape: [N, C, H, W], data }],
      [labelInput, { shape: [N, H, W], data: Float64Array.from(truth) }],
    ]),
  )[0]!.data;
}

const random = randomArray(N * C * area, 5).map((x) => 4 * x);

describe('cross-entropy', () => {
  test('is what its definition says, with class weights and without', () => {
    expect(evaluate(crossEntropy(logits, labelInput), random)[0]).toBeCloseTo(naive(random), 12);
    const weighted = crossEntropy(logits, labelInput, { classWeights });
    expect(weighted.shape).toEqual([]);
    expect(evaluate(weighted, random)[0]).toBeCloseTo(naive(random, classWeights), 12);
  });

  test.each(['uint8', 'int32', 'int64'] as const)('gradients, with %s labels', async (dtype) => {
    const operands = [
      { shape: [N, C, H, W], map: (x: number) => 4 * x },
      {
        shape: [N, H, W],
        dtype,
        data: dtype === 'uint8' ? labels : labels.map((y) => (y === VOID ? -3 : y)),
      },
    ];
    await checkOperator((x, y) => crossEntropy(x, y), operands);
    await checkOperator((x, y) => crossEntropy(x, y, { classWeights }), operands);
  });

  test('two losses of the same logits add up', async () => {
    await checkOperator(
      (x, y, z) => add(crossEntropy(x, y), crossEntropy(x, z)),
      [
        { shape: [1, 3, 2, 2] },
        { shape: [1, 2, 2], dtype: 'uint8', data: [0, 1, 2, VOID] },
        { shape: [1, 2, 2], dtype: 'uint8', data: [2, 2, 1, 0] },
      ],
    );
  });

  test('logits as large as float32 allows stay finite', async () => {
    const data = Float32Array.from(random, (x) => x * 1e30);
    const loss = crossEntropy(logits, labelInput);
    const gradient = gradients(loss, [logits]).get(logits)!;
    const feeds = {
      logits: float32(data, [N, C, H, W]),
      labels: uint8(Uint8Array.from(labels), [N, H, W]),
    };
    const run = await runOnnx({ loss, gradient }, feeds);
    expect(Number.isFinite(run.loss!.data[0])).toBe(true);
    expectClose(run.gradient!.data, evaluate(gradient, Float64Array.from(data)), 1e-6, 'gradient');
  });

  test('a batch that is all void has loss 0 and gradient 0', async () => {
    const nothing = new Array<number>(N * area).fill(VOID);
    for (const options of [{}, { classWeights }]) {
      const loss = crossEntropy(logits, labelInput, options);
      const gradient = gradients(loss, [logits]).get(logits)!;
      expect(evaluate(loss, random, nothing)[0]).toBe(0);
      expect(evaluate(gradient, random, nothing).every((g) => g === 0)).toBe(true);
      const feeds = {
        logits: float32(Float32Array.from(random), [N, C, H, W]),
        labels: uint8(Uint8Array.from(nothing), [N, H, W]),
      };
      const run = await runOnnx({ loss, gradient }, feeds);
      expect(run.loss!.data[0]).toBe(0);
      expect(Array.from(run.gradient!.data).every((g) => Math.abs(Number(g)) === 0)).toBe(true);
    }
  });

  test('errors name what was expected', () => {
    expect(() => crossEntropy(logits, input('y', [N, H, W + 1], 'uint8'))).toThrow(
      'crossEntropy: expected labels [N, H, W] for float32 [2, 5, 3, 7], received uint8 [2, 3, 8]. Resize the logits to the labels first.',
    );
    expect(() => crossEntropy(logits, input('y', [N, H, W]))).toThrow(/labels of type uint8/);
    expect(() => crossEntropy(logits, labelInput, { relaxBorders: { radius: 0.5 } })).toThrow(
      'crossEntropy, relaxBorders.radius: expected a whole number from 1 to 16, received 0.5.',
    );
    expect(() => crossEntropy(logits, labelInput, { classWeights: [1, 2] })).toThrow(
      /5 class weights above 0/,
    );
    expect(() => crossEntropy(logits, labelInput, { classWeights: [1, 1, 0, 1, 1] })).toThrow(/above 0/);
  });
});

/** −log of the summed probabilities of the classes that a function chooses, pixel by pixel; nothing at void. */
function likelihoods(
  data: ArrayLike<number>,
  chosen: (image: number, y: number, x: number) => ReadonlySet<number>,
): (number | undefined)[] {
  return labels.map((label, pixel) => {
    if (label === VOID) return undefined;
    const [image, place] = [Math.floor(pixel / area), pixel % area];
    const scores = Array.from({ length: C }, (_, k) => Math.exp(data[(image * C + k) * area + place]!));
    const set = chosen(image, Math.floor(place / W), place % W);
    const inside = scores.reduce((sum, score, k) => sum + (set.has(k) ? score : 0), 0);
    return -Math.log(inside / scores.reduce((a, b) => a + b, 0));
  });
}

const labelAt = (image: number, y: number, x: number) => labels[image * area + y * W + x]!;
const ownLikelihoods = (data: ArrayLike<number>) =>
  likelihoods(data, (image, y, x) => new Set([labelAt(image, y, x)]));
const operands = [
  { shape: [N, C, H, W], map: (x: number) => 4 * x },
  { shape: [N, H, W], dtype: 'uint8', data: labels },
] as const;

describe('image weights', () => {
  // An image of void alone, and rare and common classes in the other.
  const uneven = labels.map((label, pixel) =>
    pixel < area ? VOID : label === VOID ? VOID : label === 4 ? 4 : label % 2,
  );

  test.each(['image', 'batch'] as const)('of the %s, by their definition', (of) => {
    for (const truth of [labels, uneven]) {
      const images = [0, 1].map((image) => truth.slice(image * area, (image + 1) * area));
      const weigh = (counted: readonly number[]) => {
        const known = counted.filter((label) => label !== VOID);
        const share = (c: number) => known.filter((label) => label === c).length / known.length;
        return Array.from({ length: C }, (_, c) => 1 + 2 * (1 - share(c)));
      };
      const masked = (image: number) =>
        truth.map((label, pixel) => (Math.floor(pixel / area) === image ? label : VOID));
      const each = images.flatMap((own, image) =>
        own.every((label) => label === VOID) ? [] : [naive(random, weigh(own), masked(image))],
      );
      const expected =
        of === 'batch'
          ? naive(random, weigh(truth), truth)
          : each.reduce((sum, value) => sum + value, 0) / each.length;
      const loss = crossEntropy(logits, labelInput, { imageWeights: { of, upperBound: 2 } });
      expect(evaluate(loss, random, truth)[0]).toBeCloseTo(expected, 12);
    }
  });

  test.each(['image', 'batch'] as const)('of the %s: gradients, and ONNX Runtime', async (of) => {
    const options = { imageWeights: { of, upperBound: 1.5 } };
    await checkOperator((x, y) => crossEntropy(x, y, options), operands);
    const signed = [
      operands[0],
      { ...operands[1], dtype: 'int32', data: uneven.map((y) => (y === VOID ? -1 : y)) },
    ] as const;
    await checkOperator((x, y) => crossEntropy(x, y, options), signed);
  });

  test('beside class weights are refused', () => {
    const both = { classWeights, imageWeights: { of: 'image', upperBound: 1 } } as const;
    expect(() => crossEntropy(logits, labelInput, both)).toThrow(
      'crossEntropy: expected class weights or image weights, received both.',
    );
  });
});

describe('hard examples', () => {
  // With 0.5 most pixels are hard; with a tiny limit none is, and the hardest quarter counts.
  test.each([
    [0.5, 0.1],
    [1e-9, 0.25],
    [1, 0],
  ])('of a probability below %d, at least a share of %d', async (probability, least) => {
    const losses = ownLikelihoods(random).flatMap((loss) => loss ?? []);
    const sorted = losses.toSorted((a, b) => b - a);
    const hard = sorted.filter((loss) => Math.exp(-loss) < probability);
    const kept = sorted.slice(0, Math.max(hard.length, Math.floor(least * losses.length), 1));
    const options = { hardExamples: { probability, least } };
    const loss = evaluate(crossEntropy(logits, labelInput, options), random)[0];
    expect(loss).toBeCloseTo(kept.reduce((a, b) => a + b, 0) / kept.length, 12);
    await checkOperator((x, y) => crossEntropy(x, y, options), operands);
    await checkOperator((x, y) => crossEntropy(x, y, { ...options, classWeights }), operands);
  });
});

describe('relaxed borders', () => {
  test.each([1, 2])('the union of the classes within %d pixels', async (radius) => {
    const losses = likelihoods(random, (image, y, x) => {
      const near = new Set<number>();
      for (let i = Math.max(0, y - radius); i <= Math.min(H - 1, y + radius); i++) {
        for (let j = Math.max(0, x - radius); j <= Math.min(W - 1, x + radius); j++)
          near.add(labelAt(image, i, j));
      }
      return near;
    }).flatMap((loss) => loss ?? []);
    const options = { relaxBorders: { radius } };
    const loss = evaluate(crossEntropy(logits, labelInput, options), random)[0];
    expect(loss).toBeCloseTo(losses.reduce((a, b) => a + b, 0) / losses.length, 12);
    await checkOperator((x, y) => crossEntropy(x, y, options), operands);
    await checkOperator((x, y) => crossEntropy(x, y, { ...options, classWeights }), operands);
  });
});

test.each([
  ['image weights', { imageWeights: { of: 'image', upperBound: 1 } }],
  ['hard examples', { hardExamples: { probability: 0.7, least: 0.1 } }],
  ['relaxed borders', { relaxBorders: { radius: 1 } }],
  [
    'all',
    {
      imageWeights: { of: 'batch', upperBound: 1 },
      hardExamples: { probability: 0.7, least: 0.1 },
      relaxBorders: { radius: 1 },
    },
  ],
] as const)('%s: finite for huge logits, 0 for a batch that is all void', async (_, options) => {
  const loss = crossEntropy(logits, labelInput, options);
  const gradient = gradients(loss, [logits]).get(logits)!;
  const nothing = labels.map(() => VOID);
  for (const [data, truth] of [
    [random, nothing],
    [random.map((x) => x * 1e30), labels],
    [random.map((x) => x * 1e30), nothing],
  ] as const) {
    const run = await runOnnx(
      { loss, gradient },
      {
        logits: float32(Float32Array.from(data), [N, C, H, W]),
        labels: uint8(Uint8Array.from(truth), [N, H, W]),
      },
    );
    const values = [run.loss!.data[0], ...Array.from(run.gradient!.data)].map(Number);
    expect(values.every(Number.isFinite)).toBe(true);
    if (truth === nothing) expect(values.every((value) => value === 0)).toBe(true);
  }
});

describe('pixel accuracy', () => {
  const naiveAccuracy = (data: ArrayLike<number>) => {
    let [right, count] = [0, 0];
    labels.forEach((label, pixel) => {
      if (label === VOID) return;
      const first = Math.floor(pixel / area) * C * area + (pixel % area);
      const scores = Array.from({ length: C }, (_, k) => data[first + k * area]!);
      count++;
      if (scores.indexOf(Math.max(...scores)) === label) right++;
    });
    return right / count;
  };

  test('counts labelled pixels', async () => {
    const accuracy = pixelAccuracy(logits, labelInput);
    expect(evaluate(accuracy, random)[0]).toBeCloseTo(naiveAccuracy(random), 14);
    const run = await runOnnx(
      { accuracy },
      {
        logits: float32(Float32Array.from(random), [N, C, H, W]),
        labels: uint8(Uint8Array.from(labels), [N, H, W]),
      },
    );
    expect(run.accuracy!.data[0]).toBeCloseTo(naiveAccuracy(random), 6);
    expect(evaluate(accuracy, random, new Array<number>(N * area).fill(VOID))[0]).toBe(0);
  });

  test('the shortfall is 0 exactly where the label is the largest', async () => {
    await checkOperator(
      labelShortfall,
      [
        { shape: [N, C, H, W] },
        { shape: [N, H, W], dtype: 'uint8', data: labels.map((label) => Math.min(label, C - 1)) },
      ],
      { valuesOnly: true },
    );
  });
});
