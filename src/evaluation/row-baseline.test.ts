import { expect, test } from 'vitest';
import { RowBaseline } from './row-baseline.js';

test('predicts the most frequent class of each row, at any size, void not counted', () => {
  const baseline = new RowBaseline(3);
  // Two rows: class 2 above (void more often, but never counted), class 1 below.
  const labels = Uint8Array.of(2, 255, 255, 1, 1, 0);
  baseline.add(labels, 3, 2);
  expect([...baseline.predict(2, 4)]).toEqual([2, 2, 2, 2, 1, 1, 1, 1]);
});
