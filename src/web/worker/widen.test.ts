import { expect, test } from 'vitest';
import { float32 } from '../../base/arrays.js';
import { imagenetPixels, type ModelConfig } from '../../model/index.js';
import { initialWeights } from '../../training/index.js';
import { classRows, widened, withRow } from './widen.js';

const config: ModelConfig = {
  classes: 2,
  trunk: { name: 'mobilenetv2', width: 0.1, outputStride: 16 },
  head: { name: 'deeplabv3plus', asppRates: [1], channels: 2, lowLevelChannels: 8, separable: true },
  attention: { name: 'paper', channels: 4 },
  scales: [0.5, 1],
  weights: 'shared',
  ...imagenetPixels,
};
const classes = { names: ['a', 'b'], colors: [[1, 2, 3] as const, [4, 5, 6] as const], ignore: 255 as const };
const weights = initialWeights(config, 1);
weights.set('head.classifier.weight', float32(Float32Array.of(1, 2, 5, 4), [2, 2, 1, 1]));
weights.set('head.classifier.bias', float32(Float32Array.of(0, 3), [2]));
const model = { config, classes, weights };
const wider = { ...classes, names: ['a', 'b', 'c'], colors: [...classes.colors, [7, 8, 9] as const] };

test('a new class has the mean of the others, and everything else stays', () => {
  const { config: after, weights: given, classes: now } = widened(model, wider);
  expect([after.classes, now.names]).toEqual([3, wider.names]);
  expect(given.get('head.classifier.weight')!.data).toEqual(Float32Array.of(1, 2, 5, 4, 3, 3));
  expect(given.get('head.classifier.bias')!.data).toEqual(Float32Array.of(0, 3, 1.5));
  for (const [name, value] of weights) if (!name.includes('classifier')) expect(given.get(name)).toBe(value);
});

test('the same classes change nothing; others than the own ones are refused', () => {
  expect(widened(model, classes)).toBe(model);
  const other = { ...wider, names: ['a', 'x', 'c'] };
  expect(() => widened(model, other)).toThrow(/^classes: expected the 2 classes of the model, then others/);
  expect(() => widened(model, { ...wider, names: ['a', 'b', 'a'] })).toThrow(/received a, b, a\.$/);
});

test('a new class can begin as another one', () => {
  const after = widened(model, wider);
  expect(classRows(model, after).sort()).toEqual(['head.classifier.bias', 'head.classifier.weight']);
  expect(classRows(model, model)).toEqual([]);
  const { data } = withRow(after.weights.get('head.classifier.weight')!, 0, 2);
  expect(data).toEqual(Float32Array.of(1, 2, 5, 4, 1, 2));
});
