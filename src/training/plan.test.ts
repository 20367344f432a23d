import { expect, test } from 'vitest';
import { stepCost } from './plan.js';

test('a phase costs its forward and backward passes, by the squares of the scales', () => {
  const model = { scales: [0.5, 1] };
  const kinds = ['scales', 'attention', 'refinement', 'joint'] as const;
  expect(kinds.map((kind) => stepCost(kind, { model, recompute: 'none' }))).toEqual([
    1.875, 1.25, 3.75, 3.75,
  ]);
  expect(kinds.map((kind) => stepCost(kind, { model, recompute: 'scales' }))).toEqual([1.875, 1.25, 5, 5]);
  expect(stepCost('joint', { model: { scales: [1] }, recompute: 'scales' })).toBe(3);
});
