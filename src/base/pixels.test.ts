import { expect, test } from 'vitest';
import { channelsOf, checkPixels } from './pixels.js';

const of = (length: number, width: number, height: number) => ({
  data: new Uint8Array(length),
  width,
  height,
});

test('the length of the data tells a label map from an RGB image', () => {
  expect([channelsOf(of(6, 3, 2)), channelsOf(of(18, 3, 2))]).toEqual([1, 3]);
  expect(() => checkPixels(of(6, 3, 2), 'x')).not.toThrow();
  expect(() => checkPixels(of(18, 3, 2), 'x')).not.toThrow();
  expect(() => checkPixels(of(6, 3, 2), 'x', { channels: 1 })).not.toThrow();
});

test.each<[unknown, 1 | 3 | undefined, string]>([
  [of(6, 3, 2), 3, 'x: expected 18 bytes of RGB for 3×2 pixels, received 6.'],
  [of(18, 3, 2), 1, 'x: expected 6 bytes of a label map for 3×2 pixels, received 18.'],
  [of(7, 3, 2), undefined, 'x: expected 6 or 18 bytes of a label map or RGB for 3×2 pixels, received 7.'],
  [of(24, 3, 2), 3, 'x: expected 18 bytes of RGB for 3×2 pixels, received 24. Leave out the alpha channel.'],
  [
    { width: 4, height: 4.5 },
    3,
    'x: expected an image as { data, width, height }, RGB: bytes and whole sides of at least 1 pixel, received an object, width 4, height 4.5.',
  ],
  [
    null,
    1,
    'x: expected an image as { data, width, height }, a label map: bytes and whole sides of at least 1 pixel, received null.',
  ],
])('%j with %s channels is refused in words', (value, channels, message) => {
  expect(() => checkPixels(value, 'x', channels && { channels })).toThrow(message);
});
