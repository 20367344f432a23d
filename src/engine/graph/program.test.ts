import { expect, test } from 'vitest';
import { add, relu, sum } from '../ops/index.js';
import { input, peakBytes, variable } from './index.js';

test('what is alive at once counts, and what is used later stays alive', () => {
  const x = input('x', [10]);
  // In a chain: the operand and the result of each operator, 40 bytes each.
  expect(peakBytes([relu(relu(relu(x)))])).toBe(80);
  // The first is needed again at the end.
  const first = relu(x);
  expect(peakBytes([add(first, relu(relu(first)))])).toBe(120);
  // An output stays; parameters are not counted.
  expect(peakBytes([first, add(first, variable('w', [1000, 10]))])).toBe(40 + 40_000);
  expect(peakBytes([sum(x, undefined, { keepAxes: false })])).toBe(44);
});
