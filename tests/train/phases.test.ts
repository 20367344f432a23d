import { describe, expect, test } from 'vitest';
import { encodeModel } from '../../dist/model/file/index.js';
import { type Checkpoint, weightsOf } from '../../dist/training/index.js';
import { phase, smallConfig } from './tiny.js';
import { STEPS, trained } from './trained.js';

/** Names of the model's variables that differ in any bit. */
function changed(a: Checkpoint, b: Checkpoint): string[] {
  return [...a.values.keys()].filter((name) => {
    const [x, y] = [a.values.get(name)!.data, b.values.get(name)?.data];
    return (
      !name.startsWith('optimizer.') && Buffer.compare(Buffer.from(x.buffer), Buffer.from(y!.buffer)) !== 0
    );
  });
}

const isAttention = (name: string) => /(^|\.)attention\./.test(name);
const isStatistic = (name: string) => name.includes('running_');
const every = ['scales', 'attention', 'refinement', 'joint'].map((kind) => phase(kind, 1, 1e-2));

describe.each([
  ['shared weights, attention by transposed convolutions', {}],
  [
    'one network for each scale, the paper’s attention',
    { weights: 'perScale', attention: { name: 'paper', channels: 4 } },
  ],
])('%s', (_, model) => {
  test('each phase learns its part, and what is frozen keeps every bit', async () => {
    const { checkpoints, model: config } = await trained(smallConfig({ model, phases: every }));
    const [start, scales, attention, refinement, joint] = checkpoints as [
      Checkpoint,
      Checkpoint,
      Checkpoint,
      Checkpoint,
      Checkpoint,
    ];

    const byScales = changed(start, scales);
    expect(byScales.length).toBeGreaterThan(40);
    expect(byScales.filter(isAttention)).toEqual([]);

    const byAttention = changed(scales, attention);
    expect(byAttention.filter((name) => !isAttention(name))).toEqual([]);
    expect(byAttention.some((name) => name.endsWith('attention.score.weight'))).toBe(true);
    expect(byAttention.some(isStatistic)).toBe(true);

    // The attention has learned from features normalised as they are: the refinement leaves their statistics alone.
    const byRefinement = changed(attention, refinement);
    expect(byRefinement.length).toBeGreaterThan(20);
    expect(byRefinement.filter((name) => isAttention(name) || isStatistic(name))).toEqual([]);

    const byJoint = changed(refinement, joint);
    expect(byJoint.some(isAttention)).toBe(true);
    expect(byJoint.some((name) => !isAttention(name) && isStatistic(name))).toBe(true);

    const file = (checkpoint: Checkpoint) =>
      encodeModel({
        config,
        classes: {
          names: ['a', 'b', 'c'],
          colors: [
            [0, 0, 0],
            [1, 1, 1],
            [2, 2, 2],
          ],
          ignore: 255,
        },
        weights: weightsOf(config, checkpoint.values),
      });
    expect(Buffer.compare(file(joint), file(joint))).toBe(0);
    expect(Buffer.compare(file(joint), file(refinement))).not.toBe(0);
  });
});

test('the ASPP’s image pooling has a bias and no batch norm, so that a batch of one trains', async () => {
  const config = smallConfig({ batch: 1, phases: [phase('joint', 1, 1e-3)] });
  const { checkpoints } = await trained(config);
  const pooling = [...checkpoints[1]!.values.keys()].filter((name) => /^head\.aspp\.imagePooling/.test(name));
  expect(pooling.sort()).toEqual(['head.aspp.imagePooling.bias', 'head.aspp.imagePooling.weight']);
});

test('a phase begins with an optimiser that remembers nothing', async () => {
  const { checkpoints } = await trained(
    smallConfig({ phases: [phase('scales', 2, 1e-3), phase('attention', 1, 1e-3)] }),
  );
  const [, , scales, attention] = checkpoints as [Checkpoint, Checkpoint, Checkpoint, Checkpoint];
  const memory = ({ values }: Checkpoint) =>
    [...values.keys()].filter((name) => name.startsWith('optimizer.'));
  // Adam's: how much of its moments is filled. Over all of the scales' steps they are fuller than over the attention's.
  const filled = ({ values }: Checkpoint) => Number(values.get('optimizer.meanWeight')!.data[0]);
  expect(filled(scales)).toBeCloseTo(1 - 0.9 ** (2 * STEPS), 5);
  expect(filled(attention)).toBeCloseTo(1 - 0.9 ** STEPS, 5);
  const own = memory(attention).filter((name) => !/Weight$/.test(name));
  expect(own.length).toBeGreaterThan(0);
  expect(own.every(isAttention)).toBe(true);
});

test('accumulated batches make the step of one larger batch, but for batch norm’s statistics', async () => {
  const plain = { phases: [phase('refinement', 1, 1e-3)], optimizer: { name: 'sgd', momentum: 0.9 } };
  // Twice the same batch: its mean gradient is its own. The refinement normalises by running statistics.
  const [once, twice] = [
    await trained(smallConfig(plain), true),
    await trained(smallConfig({ ...plain, accumulate: 2 }), true),
  ];
  expect(twice.events.map(({ images }) => images)).toEqual([4, 4]);
  expect(once.events.map(({ images }) => images)).toEqual([2, 2]);
  for (const [name, { data }] of once.checkpoints[1]!.values) {
    const other = twice.checkpoints[1]!.values.get(name);
    if (other === undefined || name.startsWith('optimizer.gradient')) continue;
    const gap = Math.max(
      ...Array.from(data as Float32Array, (value, i) => Math.abs(value - Number(other.data[i]))),
    );
    expect(gap).toBeLessThan(1e-5);
  }
  const sums = [...twice.checkpoints[1]!.values].filter(([name]) => name.startsWith('optimizer.gradient.'));
  expect(sums.length).toBeGreaterThan(20);
  for (const [, { data }] of sums) expect(data.every((value) => value === 0)).toBe(true);
});

test('head rate, decay of vectors and class weights reach the step', async () => {
  const one = { phases: [phase('joint', 1, 1e-2)], optimizer: { name: 'sgd', momentum: 0 } };
  const step = async (changes: object) => {
    const { checkpoints, events } = await trained(smallConfig({ ...one, ...changes }), true);
    const moved = (name: string) => {
      const [a, b] = [checkpoints[0]!.values.get(name)!.data, checkpoints[1]!.values.get(name)!.data];
      return Math.hypot(...Array.from(a as Float32Array, (value, i) => value - Number(b[i])));
    };
    return { moved, events };
  };
  const [plain, faster, decayed, spared, weighted] = [
    await step({}),
    await step({ headRate: 10 }),
    await step({ weightDecay: 1, decayVectors: true }),
    await step({ weightDecay: 1, decayVectors: false }),
    await step({ classWeights: [1, 5, 20] }),
  ];
  const [trunk, head, scale] = [
    'trunk.features.3.0.weight',
    'head.classifier.weight',
    'trunk.features.0.1.weight',
  ];
  expect(faster.moved(head!)).toBeGreaterThan(5 * plain.moved(head!));
  expect(faster.moved(trunk!)).toBeLessThan(5 * plain.moved(trunk!));
  expect(decayed.moved(scale!)).toBeGreaterThan(5 * plain.moved(scale!));
  expect(spared.moved(scale!)).toBeLessThanOrEqual(2 * plain.moved(scale!));
  expect(weighted.events[0]!.loss).not.toBeCloseTo(plain.events[0]!.loss, 4);
  expect(weighted.events[0]!.metrics).toEqual(plain.events[0]!.metrics);
});

test('a step that goes bad names itself and the tensor', async () => {
  const config = smallConfig({
    optimizer: { name: 'sgd', momentum: 0 },
    weightDecay: 100,
    phases: [phase('joint', 16, 100)],
  });
  await expect(trained(config)).rejects.toThrow(
    /^step \d+: expected a finite loss and gradient, received loss .*; first not finite: \S.*\. Lower the learning rate/,
  );
});
