import { expect, test } from 'vitest';
import { randomArray } from '../../../tests/support/random-array.js';
import { input, type Tensor, type Value } from '../../engine/graph/index.js';
import { interpret } from '../../engine/interpret.js';
import { binaryCrossEntropy, crossEntropy, regionMutualInformation, trainingLosses } from './index.js';

const [logits, labels] = [input('x', [1, 3, 12, 16]), input('y', [1, 12, 16], 'uint8')];
const values = new Map<Tensor, Value>([
  [logits, { shape: [1, 3, 12, 16], data: randomArray(3 * 12 * 16, 1) }],
  [labels, { shape: [1, 12, 16], data: Float64Array.from({ length: 12 * 16 }, (_, i) => (i >> 3) % 3) }],
]);
const value = (loss: Tensor) => interpret([loss], values)[0]!.data[0]!;

test('beside RMI the other terms are the sigmoid cross-entropy alone', () => {
  const rmi = { lambda: 0.25, radius: 2, pool: 3 };
  const losses = trainingLosses(labels, { main: 'rmi', rmi });
  expect(value(losses.main(logits))).toBe(value(regionMutualInformation(logits, labels, rmi)));
  expect(value(losses.supporting(logits))).toBe(value(binaryCrossEntropy(logits, labels)));
});

test('the options of cross-entropy reach all terms', () => {
  const classWeights = [1, 2, 3];
  const hardExamples = { probability: 0.3, least: 0.1 };
  const losses = trainingLosses(labels, { classWeights, hardExamples });
  const expected = value(crossEntropy(logits, labels, { classWeights, hardExamples }));
  expect(expected).not.toBe(value(crossEntropy(logits, labels)));
  expect(value(losses.main(logits))).toBe(expected);
  expect(value(losses.supporting(logits))).toBe(expected);
});
