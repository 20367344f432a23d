import { expect, test, vi } from 'vitest';
import { randomArray } from '../../tests/support/random-array.js';
import type { Tensor } from '../engine/graph/index.js';
import type * as models from '../model/index.js';
import { dropout, type Scope } from '../model/layers/index.js';
import { openSessionInThread } from '../node/session/load-runtime.js';
import {
  type Checkpoint,
  encodeCheckpoint,
  initialWeights,
  mergeConfig,
  presets,
  runTraining,
  type TrainConfig,
} from './index.js';
import { randomFeeds } from './phase.js';

// Every model, behind a dropout of its image.
vi.mock('../model/index.js', async (original) => {
  const actual = await original<typeof models>();
  const dropped = (scope: Scope, image: Tensor) => dropout(scope.child('dropout'), image, 0.2);
  return {
    ...actual,
    segmentation: (...[scope, image, ...rest]: Parameters<typeof actual.segmentation>) =>
      actual.segmentation(scope, dropped(scope, image), ...rest),
  };
});

const base = mergeConfig(
  presets.quick,
  {
    batch: 2,
    crop: [32, 32],
    accumulate: 2,
    optimizer: { name: 'sgd', momentum: 0.9 },
    model: {
      trunk: { width: 0.1, outputStride: 8 },
      head: { asppRates: [1], channels: 8, lowLevelChannels: 8 },
    },
    phases: [{ kind: 'joint', epochs: 2, schedule: { kind: 'constant', rate: 1e-3 } }],
  },
  'test',
);

async function trained(changes: object, from?: Checkpoint) {
  const config: TrainConfig = mergeConfig(base, changes, 'test');
  const model = { ...config.model, classes: 3 };
  const checkpoints: Checkpoint[] = [];
  const losses: number[] = [];
  const batch = {
    images: Uint8Array.from(randomArray(2 * 32 * 32 * 3, 1), (x) => 127.5 * (x + 1)),
    labels: Uint8Array.from({ length: 2 * 32 * 32 }, (_, i) => (i >> 3) % 3),
    size: [2, 32, 32] as const,
  };
  await runTraining(model, config, from ?? { step: 0, values: initialWeights(model, 1) }, {
    openSession: openSessionInThread,
    sessionOptions: { threads: 1, optimization: 'none' },
    stepsPerEpoch: 1,
    async *batches(numbers) {
      for (const _ of numbers) yield batch;
    },
    onStep: ({ loss }) => void losses.push(loss),
    saveCheckpoint: async (checkpoint) => void checkpoints.push(checkpoint),
    onEpoch: async () => {},
  });
  return { checkpoints, losses };
}

const whole = await trained({});

test('a training with dropout that goes on from a checkpoint ends with the same bytes', async () => {
  const [saved, last] = whole.checkpoints as [Checkpoint, Checkpoint];
  const resumed = await trained({}, saved);
  expect(resumed.losses).toEqual(whole.losses.slice(1));
  expect(Buffer.compare(encodeCheckpoint(resumed.checkpoints.at(-1)!), encodeCheckpoint(last))).toBe(0);
});

test('recomputation drops the same values', async () => {
  const again = await trained({ recompute: 'scales' });
  again.losses.forEach((loss, step) => {
    expect(Math.abs(loss / whole.losses[step]! - 1)).toBeLessThan([1e-5, 2e-3][step]!);
  });
});

test('seed, step and batch decide what is fed, to a graph that draws alone', () => {
  const inputs = [{ name: 'seed', dtype: 'float32', shape: [8] }] as const;
  const feeds = [randomFeeds(inputs, 1, 0, 0), randomFeeds(inputs, 2, 0, 0), randomFeeds(inputs, 1, 1, 0)];
  const all = [...feeds, randomFeeds(inputs, 1, 0, 1)].map((one) =>
    Object.values(one).map(({ data }) => String(data)),
  );
  expect(new Set(all.map(String)).size).toBe(4);
  expect(randomFeeds([], 1, 0, 0)).toEqual({});
});
