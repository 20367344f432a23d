import { expect, test } from 'vitest';
import { shareAt, spansOf } from './tile-spans.js';

test.each([
  [1000, 16, 40, 300],
  [1007, 16, 40, 300],
  [523, 32, 64, 320],
  [20_001, 8, 100, 999],
  [1007, 16, 144, 340],
  [737, 16, 144, 330],
])('a side of %i: tiles on the grid, overlapping, whose shares sum to 1', (whole, stride, halo, most) => {
  const spans = spansOf(whole, stride, halo, most)!;
  expect(spans.length).toBeGreaterThan(1);
  for (const { start, length } of spans) {
    expect(start % stride).toBe(0);
    expect(length % stride).toBe(whole % stride);
    expect(length).toBeLessThanOrEqual(most);
  }
  expect(spans[0]!.start).toBe(0);
  expect(spans.at(-1)!.start + spans.at(-1)!.length).toBe(whole);
  spans.slice(1).forEach((span, i) => {
    const before = spans[i]!;
    expect(before.start + before.length - span.start).toBeGreaterThanOrEqual(2 * halo);
    expect(span.own[0]).toBe(before.own[1]);
    // A tile counts nothing within 3/4 of the halo from its cut.
    expect(shareAt(span, span.start + 0.7 * halo)).toBe(0);
    expect(shareAt(before, before.start + before.length - 0.7 * halo)).toBe(0);
  });
  for (let place = 0.5; place < whole; place += 7) {
    expect(spans.reduce((sum, span) => sum + shareAt(span, place), 0)).toBeCloseTo(1, 9);
  }
  // The last cell may lie beyond the end.
  expect(shareAt(spans.at(-1)!, whole + 5)).toBe(1);
});

test('a side that fits is one tile; one whose halos do not fit has none', () => {
  expect(spansOf(200, 16, 64, 256)).toMatchObject([{ start: 0, length: 200, own: [0, 200] }]);
  expect(spansOf(1000, 16, 200, 300)).toBeUndefined();
});
