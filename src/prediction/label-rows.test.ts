import { expect, test } from 'vitest';
import { type LabelRows, RowJoiner } from './label-rows.js';

test('a small image that was seen becomes rows of a large one, a few at a time', async () => {
  const [image, seen] = [
    { width: 5003, height: 2001 },
    { width: 10, height: 5 },
  ];
  const labels = Uint8Array.from({ length: 50 }, (_, i) => i);
  const written: LabelRows[] = [];
  const rows = new RowJoiner(image, seen, { write: (each) => void written.push(each) }, () => ({ labels }));
  const region = { x: 0, y: 0, ...seen };
  await rows.add(region, { labels: { dtype: 'uint8', shape: [1, 5, 10], data: labels } });
  expect(written.length).toBeGreaterThan(1);
  let next = 0;
  for (const { y, width, height, labels } of written) {
    expect([y, width, labels.length]).toEqual([next, image.width, width * height]);
    expect(labels.length).toBeLessThanOrEqual(2 ** 22);
    const lines = [0, height - 1].map((row) => labels.subarray(row * width, (row + 1) * width));
    const expected = [y, y + height - 1].map((row) => 10 * Math.floor((row * 5) / image.height));
    expect(lines.map((line) => [line[0], line.at(-1)])).toEqual(expected.map((first) => [first, first + 9]));
    next = y + height;
  }
  expect(next).toBe(image.height);
});
