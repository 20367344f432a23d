import { expect, test } from 'vitest';
import { type Checkpoint, encodeCheckpoint, type TrainConfig } from '../../dist/training/index.js';
import { phase, smallConfig } from './tiny.js';
import { trained } from './trained.js';

const views = (count: number, epochs: number) => ({ ...phase('attention', epochs, 1e-2), views: count });
const bytes = (checkpoint: Checkpoint | undefined) => Buffer.from(encodeCheckpoint(checkpoint!));

const none = async () => ({
  bytes: 0,
  write: () => Promise.reject(new Error('nothing is written')),
  read: () => Promise.reject(new Error('nothing is read')),
  close: async () => {},
});

test.each<[string, object, number]>([
  ['transposed', {}, 2],
  ['adjacent', { attention: { name: 'adjacent', channels: 4 }, weights: 'perScale' }, 1],
])(
  'kept features, features computed again and a resumed run give the same bits: %s',
  async (_, model, accumulate) => {
    const config: TrainConfig = smallConfig({
      model,
      accumulate,
      // Adam squares gradients that are tiny here. Denormals do not come out alike in every thread.
      optimizer: { name: 'sgd', momentum: 0.9 },
      ema: { decay: 0.5 },
      phases: [views(1, 3)],
    });
    const kept = await trained(config, false, undefined, true);
    expect(kept.events).toHaveLength(6);
    const end = bytes(kept.checkpoints.at(-1));
    const uncached = await trained(config, false, undefined, false, { openScratch: none });
    expect(Buffer.compare(bytes(uncached.checkpoints.at(-1)), end)).toBe(0);
    // Within the epoch that computes the features, and within one that reads them.
    for (const step of accumulate === 1 ? [1, 5] : [3]) {
      const said: string[] = [];
      const resumed = await trained(config, false, kept.checkpoints[step], false, {
        say: (what) => void said.push(what),
      });
      expect(said).toContainEqual(expect.stringContaining('earlier batches again'));
      expect(Buffer.compare(bytes(resumed.checkpoints.at(-1)), end)).toBe(0);
    }
  },
  60_000,
);

test('a step on kept features is that of the whole network, up to the rounding of features to float16', async () => {
  const start = { model: { attention: { name: 'paper', channels: 4 } } };
  const whole = await trained(smallConfig({ ...start, phases: [phase('attention', 3, 1e-2)] }), true);
  const split = await trained(smallConfig({ ...start, phases: [views(1, 3)] }), true);
  for (const [i, { loss, metrics }] of whole.events.entries()) {
    expect(split.events[i]!.loss).toBeCloseTo(loss, 4);
    expect(split.events[i]!.metrics['attentionMean@0.5']).toBeCloseTo(metrics['attentionMean@0.5']!, 4);
  }
});
