import { expect, test } from 'vitest';
import { randomWeights } from '../../tests/support/random-weights.js';
import { imagenetPixels, type ModelConfig } from '../model/index.js';
import { planTiles } from './plan-tiles.js';
import { splitGraphs } from './scale-graphs.js';

const config: ModelConfig = {
  classes: 11,
  trunk: { name: 'mobilenetv2', width: 0.1, outputStride: 16 },
  head: { name: 'deeplabv3plus', asppRates: [6], channels: 64, lowLevelChannels: 8, separable: true },
  attention: { name: 'transposed', depthwise: true },
  scales: [0.5, 1],
  weights: 'shared',
  ...imagenetPixels,
};
const computed = { weights: randomWeights(config) };
const options = { scales: [1, 0.5], combine: 'hierarchical', check: true } as const;
const graphs = splitGraphs(config, computed, options);
const image = { width: 1301, height: 977 };

test.each([
  ['alone', {}],
  ['with its mirror image', { mirroredClasses: 11 }],
])('the memory that a refusal names is enough, %s', (_, more) => {
  const plan = (memory: number, reach: number) =>
    planTiles(graphs, image, { memory, weightBytes: 5e6, reach: () => reach, ...more });
  for (const reach of [1, 144]) {
    const named = (memory: number) => {
      try {
        plan(memory, reach);
      } catch (error) {
        return Number(/about (\d+) MB/.exec((error as Error).message)![1]) * 1e6;
      }
      throw new Error(`${memory} bytes were enough`);
    };
    const least = named(1);
    expect(named(least - 1e6)).toBe(least);
    expect(plan(least, reach).bytes).toBeLessThanOrEqual(least);
  }
});

test('before the reach is measured, a refusal names what any reach needs', () => {
  expect(() => planTiles(graphs, image, { memory: 1, weightBytes: 5e6 })).toThrow(/at least \d+ MB/);
});
