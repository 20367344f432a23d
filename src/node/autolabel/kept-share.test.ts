import { expect, test } from 'vitest';
import { VOID } from '../../data/index.js';
import { ConfidenceCounts, checkKeep } from './kept-share.js';

const isOpen = Array.from({ length: 256 }, (_, value) => value === 11);
const table = new Uint8Array(256).fill(VOID);
table.set([1, 0]);

test('thresholds fall until the share of each class is kept, and never rise', () => {
  const counts = new ConfidenceCounts(3);
  // Class 1 of the set is the model's class 0, and 0 is its 1. Two pixels have labels; one means a class that the set lacks.
  const labels = Uint8Array.of(0, 0, 0, 0, 1, 1, 1, 1, 2, 0, 1);
  const confidence = Float32Array.of(0.95, 0.91, 0.93, 0.97, 0.2504, 0.5004, 0.4504, 0.3504, 0.99, 0.1, 0.1);
  const stored = Uint8Array.of(11, 11, 11, 11, 11, 11, 11, 11, 11, 3, 3);
  counts.add(stored, { labels, confidence }, isOpen, table);
  expect(counts.thresholds(0.5, [0.9, 0.9, 0.9])).toEqual([0.45, 0.9, 0.9]);
  expect(counts.thresholds(0.75, [0.9, 0.94, 0.9])).toEqual([0.35, 0.93, 0.9]);
  expect(counts.thresholds(1, [0.9, 1, 0.9])).toEqual([0.25, 0.91, 0.9]);
});

test('a share is above 0 and at most 1', () => {
  expect(() => checkKeep(0)).toThrow(
    'keep: expected a share above 0 and at most 1, received 0. Such as 0.5.',
  );
  expect(() => checkKeep(50)).toThrow('Write 0.5 for 50%.');
  checkKeep(1);
});
