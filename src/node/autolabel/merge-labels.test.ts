import { expect, test } from 'vitest';
import { VOID } from '../../data/index.js';
import { mergeLabels, sumTallies } from './merge-labels.js';
import { thresholdsOf } from './thresholds.js';

const table = (...ids: number[]) => Uint8Array.from({ length: 256 }, (_, id) => ids[id] ?? VOID);
/** Classes 7 and 8 in the file, 0 where nobody has labelled, 3 for what is void and known to be. */
const codes = { values: [7, 8], void: 0, isOpen: Array.from({ length: 256 }, (_, value) => value === 0) };
const truthOf = Uint8Array.from({ length: 256 }, (_, value) => ({ 7: 0, 8: 1 })[value] ?? VOID);

test('the model fills what nobody has labelled, where it is sure of a class of the set', () => {
  const stored = Uint8Array.of(7, 3, 0, 0, 0, 0);
  const prediction = {
    labels: Uint8Array.of(1, 1, 0, 1, 1, 2),
    confidence: Float32Array.of(1, 1, 0.5, 0.75, 0.5, 1),
  };
  const { merged, tally } = mergeLabels(stored, prediction, codes, truthOf, table(0, 1), [0.5, 0.75]);
  expect([...merged]).toEqual([7, 3, 7, 8, 0, 0]);
  expect(tally).toEqual({
    pixels: 6,
    truth: 2,
    truthPixels: [1, 0],
    predicted: [1, 2],
    kept: [1, 1],
    confidence: [0.5, 1.25],
    foreign: 1,
  });
  expect(sumTallies([tally, tally], 2)).toMatchObject({ pixels: 12, kept: [2, 2], confidence: [1, 2.5] });
});

test('a threshold by class, one for the others, and 0.9 where none is given', () => {
  const names = ['road', 'car', 'sky'];
  expect(thresholdsOf(0.5, names)).toEqual([0.5, 0.5, 0.5]);
  expect(thresholdsOf({ car: 0.8 }, names)).toEqual([0.9, 0.8, 0.9]);
  expect(thresholdsOf({ '*': 0, car: 1 }, names)).toEqual([0, 1, 0]);
  expect(() => thresholdsOf({ cra: 0.8 }, names)).toThrow('Did you mean car?');
  expect(() => thresholdsOf({ car: 95 }, names)).toThrow('received 95. Write 0.95 for 95%.');
  expect(() => thresholdsOf(Number.NaN, names)).toThrow('a probability');
});
