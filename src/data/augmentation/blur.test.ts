import fc from 'fast-check';
import { expect, test } from 'vitest';
import { generator } from '../../base/random/index.js';
import { blur } from './blur.js';

/** The blur written naively, in exact arithmetic. */
function exactBlur(image: Uint8Array, width: number, height: number, deviation: number): number[] {
  const radius = Math.ceil(4 * deviation);
  const weight = (distance: number) => Math.exp(-(distance ** 2) / (2 * deviation ** 2));
  const clamp = (value: number, side: number) => Math.max(0, Math.min(side - 1, value));
  return Array.from(image, (_, k) => {
    const [x, y, channel] = [Math.floor(k / 3) % width, Math.floor(k / 3 / width), k % 3];
    let sum = 0;
    let total = 0;
    for (let j = -radius; j <= radius; j++) {
      for (let i = -radius; i <= radius; i++) {
        const w = weight(i) * weight(j);
        sum += w * image[(clamp(y + j, height) * width + clamp(x + i, width)) * 3 + channel]!;
        total += w;
      }
    }
    return sum / total;
  });
}

const sides = fc.integer({ min: 1, max: 13 });
const deviations = fc.double({ min: 0.05, max: 2, noNaN: true });

test('is a Gaussian’s, up to a few grey levels, at every size', () => {
  fc.assert(
    fc.property(sides, sides, deviations, fc.nat(), (width, height, deviation, seed) => {
      const random = generator(seed, 'blur');
      const image = new Uint8Array(width * height * 3).map(() => random.int(256));
      const expected = exactBlur(image, width, height, deviation);
      blur({ image, width, height }, deviation);
      image.forEach((value, k) => {
        expect(Math.abs(value - expected[k]!)).toBeLessThan(6);
      });
    }),
    { numRuns: 60 },
  );
});

test('keeps within its picture', () => {
  const memory = new Uint8Array(3 * 5 * 3 + 2).fill(200);
  blur({ image: memory.subarray(1, 1 + 3 * 5 * 3), width: 3, height: 5 }, 1);
  expect(memory.every((value) => value === 200)).toBe(true);
  memory.fill(0);
  memory.fill(255, 1, 1 + 3 * 5 * 3);
  blur({ image: memory.subarray(1, 1 + 3 * 5 * 3), width: 3, height: 5 }, 1);
  expect([memory[0], memory.at(-1)]).toEqual([0, 0]);
});
