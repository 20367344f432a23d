import { expect, test } from 'vitest';
import { randomArray } from '../../tests/support/random-array.js';
import type { Batch } from '../data/index.js';
import { input } from '../engine/graph/index.js';
import { compile } from '../engine/onnx/lower.js';
import { imagenetPixels, type ModelConfig, normalizePixels, predictAtScale } from '../model/index.js';
import { Builder } from '../model/layers/index.js';
import { openSessionInThread as openSession } from '../node/session/index.js';
import { recalibrate } from './batch-norm-statistics.js';
import { normsOf, type PhaseRule } from './phase-rule.js';
import { initialWeights, type Weights } from './weights.js';

const model: ModelConfig = {
  classes: 3,
  trunk: { name: 'mobilenetv2', width: 0.1, outputStride: 8 },
  head: { name: 'deeplabv3plus', asppRates: [1], channels: 4, lowLevelChannels: 4, separable: true },
  attention: { name: 'transposed', depthwise: true },
  scales: [0.5, 1],
  weights: 'shared',
  ...imagenetPixels,
};
const options = { threads: 1, optimization: 'none' } as const;
const SIDE = 48;
const size = [2, SIDE, SIDE] as const;

function batch(seed: number): Batch {
  const images = Uint8Array.from(randomArray(3 * 2 * SIDE * SIDE, seed), (x) => 127.5 * (x + 1));
  return { images, labels: new Uint8Array(2 * SIDE * SIDE), size };
}
const feeds = ({ images }: Batch) => ({
  images: { dtype: 'uint8', data: images, shape: [...size, 3] } as const,
});

/** The logits at scale 1, with batch norms by their statistics or by those of the batch. */
async function logits(config: ModelConfig, weights: Weights, one: Batch, byBatch: boolean) {
  const builder = new Builder({ trainable: () => false, batchStatistics: () => byBatch });
  const images = normalizePixels(input('images', [...size, 3], 'uint8'), config);
  const outputs = { logits: predictAtScale(builder.root, images, config, 1).logits };
  const session = await openSession(compile({ outputs, constants: weights }), options);
  const result = (await session.run(feeds(one))).logits!.data as Float32Array;
  await session.dispose();
  return result;
}

const weights = initialWeights(model, 1);
const measured = (config: ModelConfig, rule: PhaseRule, batches: readonly Batch[]) =>
  recalibrate(config, weights, rule, batches, openSession, options);

test('measured on one batch, the network gives what it gives with the statistics of that batch', async () => {
  const config: ModelConfig = { ...model, scales: [1] };
  const found = await measured(config, { kind: 'scales' }, [batch(1)]);
  const [expected, actual, before] = [
    await logits(config, weights, batch(1), true),
    await logits(config, found, batch(1), false),
    await logits(config, weights, batch(1), false),
  ];
  const norm = Math.hypot(...expected);
  const apart = (values: Float32Array) => Math.hypot(...values.map((x, i) => x - expected[i]!)) / norm;
  expect(apart(before)).toBeGreaterThan(0.1);
  expect(apart(actual)).toBeLessThan(1e-3);
});

test('over batches and scales: the mean of means, and the variance of all values', async () => {
  const NORM = 'trunk.features.0.1';
  const parts: [Float32Array, Float32Array][] = [];
  for (const scale of [0.5, 1]) {
    const config: ModelConfig = { ...model, scales: [scale] };
    for (const seed of [1, 2]) {
      const one = await measured(config, { kind: 'scales' }, [batch(seed)]);
      parts.push([one.get(`${NORM}.running_mean`)!.data, one.get(`${NORM}.running_var`)!.data]);
    }
  }
  const found = await measured(model, { kind: 'scales' }, [batch(1), batch(2)]);
  const average = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  found.get(`${NORM}.running_mean`)!.data.forEach((value, c) => {
    const mean = average(parts.map(([means]) => means[c]!));
    expect(value).toBeCloseTo(mean, 5);
    const variance = average(parts.map(([means, variances]) => variances[c]! + means[c]! ** 2)) - mean ** 2;
    expect(found.get(`${NORM}.running_var`)!.data[c]).toBeCloseTo(variance, 4);
  });
});

test.each<[PhaseRule, RegExp]>([
  [{ kind: 'scales' }, /^(trunk|head)\./],
  [{ kind: 'attention' }, /^attention\./],
  [{ kind: 'refinement' }, /^/],
  [{ kind: 'joint', freeze: ['trunk.*'] }, /^(head|attention)\./],
])('%j measures what it may have shifted', async (rule, expected) => {
  const found = await measured(model, rule, [batch(1)]);
  const changed = normsOf(model).filter(
    (path) => found.get(`${path}.running_mean`) !== weights.get(`${path}.running_mean`),
  );
  expect(changed).toEqual(normsOf(model).filter((path) => expected.test(path)));
  for (const [name, value] of found) {
    if (!/running_(mean|var)$/.test(name)) expect(value, name).toBe(weights.get(name));
  }
});
