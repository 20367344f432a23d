import { describe, expect, test } from 'vitest';
import type { NdArray } from '../../dist/base/arrays.js';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../../dist/training/index.js';
import { expectClose } from '../support/check-operator.js';
import { phase, smallConfig } from './tiny.js';
import { trained } from './trained.js';

const numbers = ({ data }: NdArray) => data as Float32Array;

/**
 * A plain optimiser, so that rounding stays rounding: Adam divides it by itself where a gradient is as good as 0. What
 * it remembers are the gradients, which a checkpoint shows beside what they have made of the weights.
 */
const plain = { optimizer: { name: 'sgd', momentum: 0.9 }, clipNorm: 1, weightDecay: 1e-3 };

function expectSameCheckpoint(actual: Checkpoint, expected: Checkpoint): void {
  expect([...actual.values.keys()]).toEqual([...expected.values.keys()]);
  for (const [name, value] of expected.values) {
    const [found, wanted] = [numbers(actual.values.get(name)!), numbers(value)];
    const gap = Math.max(...wanted.map((x, i) => Math.abs(x - found[i]!)));
    // Means of what a batch norm without activation has centred are nothing but rounding, as is a shift's gradient.
    expect(gap, name).toBeLessThan(1e-7 + 2e-3 * Math.max(...wanted.map(Math.abs)));
  }
}

describe.each([
  ['joint', [0.5, 1, 2], 'shared', 2],
  ['joint', [0.5, 1], 'perScale', 1],
  ['refinement', [0.5, 1], 'shared', 1],
])('%s at scales %j, %s weights, %d batches a step', (kind, scales, weights, accumulate) => {
  test('recomputation takes the same steps up to rounding', async () => {
    const config = { ...plain, model: { scales, weights }, accumulate, phases: [phase(kind, 1, 1e-3)] };
    const [whole, again] = [
      await trained(smallConfig(config)),
      await trained(smallConfig({ ...config, recompute: 'scales' })),
    ];
    whole.events.forEach((expected, step) => {
      const { loss, gradientNorm, metrics } = again.events[step]!;
      expect(Object.keys(metrics)).toEqual(Object.keys(expected.metrics));
      const tolerance = [1e-5, 2e-3][step]!;
      expectClose([loss], [expected.loss], tolerance, `loss of step ${step}`);
      expectClose([gradientNorm], [expected.gradientNorm], tolerance, `gradient norm of step ${step}`);
      for (const [name, value] of Object.entries(metrics)) {
        expect(value, name).toBeCloseTo(expected.metrics[name]!, 2);
      }
    });
    expectSameCheckpoint(again.checkpoints.at(-1)!, whole.checkpoints.at(-1)!);
  });
});

test('a run that goes on from a checkpoint ends with the bytes of one that was not interrupted', async () => {
  const config = smallConfig({ recompute: 'scales', accumulate: 2, phases: [phase('joint', 2, 1e-3)] });
  const { checkpoints } = await trained(config);
  const [, saved, last] = checkpoints as [Checkpoint, Checkpoint, Checkpoint];
  const restored = decodeCheckpoint(encodeCheckpoint(saved), 'checkpoint');
  const { checkpoints: resumed } = await trained(config, false, restored);
  expect(Buffer.compare(encodeCheckpoint(resumed.at(-1)!), encodeCheckpoint(last))).toBe(0);
});

test('phases that have nothing to recompute take the very same steps', async () => {
  const config = { phases: [phase('scales', 1, 1e-3), phase('attention', 1, 1e-3)] };
  const [whole, again] = [
    await trained(smallConfig(config)),
    await trained(smallConfig({ ...config, recompute: 'scales' })),
  ];
  const [actual, expected] = [again, whole].map(({ checkpoints }) => encodeCheckpoint(checkpoints.at(-1)!));
  expect(Buffer.compare(actual!, expected!)).toBe(0);
});

test('a step that goes bad names itself and the tensor', async () => {
  const config = smallConfig({
    optimizer: { name: 'sgd', momentum: 0 },
    weightDecay: 100,
    recompute: 'scales',
    phases: [phase('joint', 16, 100)],
  });
  await expect(trained(config)).rejects.toThrow(
    /^step \d+: expected a finite loss and gradient, received loss .*; first not finite: \S.*\. Lower the learning rate/,
  );
});

test('a training whose graphs close for validations ends with the same bytes', async () => {
  const config = smallConfig({ model: { scales: [1] }, accumulate: 2, phases: [phase('joint', 2, 4e-3)] });
  const ends = [];
  for (const needsMemory of [() => false, () => true]) {
    const { checkpoints } = await trained(config, false, undefined, false, { needsMemory });
    ends.push(encodeCheckpoint(checkpoints.at(-1)!));
  }
  expect(Buffer.compare(ends[0]!, ends[1]!)).toBe(0);
});
