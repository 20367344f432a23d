import { expect, test } from 'vitest';
import { type ComparedResult, readingOf } from './index.js';

function result(
  name: string,
  combine: ComparedResult['combine'],
  meanIoU: number,
  pixelAccuracy: number,
  classIoU: ComparedResult['classIoU'] = [],
): ComparedResult {
  return { name, combine, scales: [], meanIoU, pixelAccuracy, classIoU, seconds: 1 };
}
const baseline = result('baseline', 'baseline', 0.9, 0.9);
const others = [
  baseline,
  result('1× alone', 'single', 0.296, 0.791, [0.5, null, 0.1, 0]),
  result('average', 'average', 0.293, 0.794),
];
const first = (hierarchy: ComparedResult) => readingOf([...others, hierarchy])[0];

test('the hierarchy may be first, level or behind, each by its own measure; the baseline is no rival', () => {
  expect(first(result('hierarchy', 'hierarchical', 0.295, 0.795))).toBe(
    'By pixels right, the hierarchy is first with 79.5% (next: average, 79.4%); by mean IoU, it is level with 1× alone (29.5% against 29.6%).',
  );
  expect(first(result('hierarchy', 'hierarchical', 0.28, 0.7939))).toBe(
    'By pixels right, the hierarchy is level with average (79.4% against 79.4%); by mean IoU, it is behind 1× alone (28.0% against 29.6%).',
  );
});

test('it counts the classes in which the hierarchy is better than every scale, of those with a score', () => {
  expect(
    readingOf([...others, result('hierarchy', 'hierarchical', 0.3, 0.8, [0.6, null, 0.1, 0.2])]).at(-1),
  ).toBe('The hierarchy has a higher IoU than each scale alone in 2 of the 3 classes that occur.');
});

test('without a hierarchy, or with nothing beside it, there is nothing to say', () => {
  expect(readingOf(others)).toEqual([]);
  expect(readingOf([baseline, result('hierarchy', 'hierarchical', 0.3, 0.8)])).toEqual([]);
});
