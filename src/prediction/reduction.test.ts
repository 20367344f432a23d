import { expect, test } from 'vitest';
import { seenSize } from './reduction.js';

const camvid = { width: 480, height: 360 };
const seen = (width: number, height: number, ...more: [maxSide?: number | 'none']) => {
  const size = seenSize({ width, height }, camvid, ...more);
  return [size.width, size.height];
};

test('a larger image is seen at the area of what was learned from, its proportions kept', () => {
  expect(seen(1920, 1440)).toEqual([480, 360]);
  expect(seen(3000, 4000)).toEqual([360, 480]);
  expect(seen(2048, 1024)).toEqual([588, 294]);
  expect(seen(100_000, 2)).toEqual([92_952, 2]);
  // A panorama is not reduced until nothing is left of it.
  expect(seenSize({ width: 20_000, height: 200 }, camvid, undefined, 64)).toEqual({
    width: 6400,
    height: 64,
  });
});

test('one that is no larger is seen as it is, and nothing is enlarged', () => {
  for (const size of [
    camvid,
    { width: 360, height: 480 },
    { width: 1000, height: 100 },
    { width: 1, height: 1 },
  ]) {
    expect(seenSize(size, camvid)).toEqual(size);
    expect(seenSize(size, camvid, 2000)).toEqual(size);
  }
});

test('a limit on the longer side takes the place of the rule; none, and a model that tells no size, reduce nothing', () => {
  expect(seen(2048, 1024, 640)).toEqual([640, 320]);
  expect(seen(2048, 1024, 'none')).toEqual([2048, 1024]);
  const large = { width: 4000, height: 3000 };
  expect(seenSize(large, undefined)).toEqual(large);
  expect(seenSize(large, undefined, 400)).toEqual({ width: 400, height: 300 });
});
