import { describe, expect, test } from 'vitest';
import { HmsaError } from '../errors/index.js';
import { generator, philox } from './generator.js';
import { bell, bellQuantiles, hash32 } from './hash.js';

const hex = (words: Uint32Array) => [...words].map((word) => word.toString(16).padStart(8, '0'));

describe('philox', () => {
  // The known answers published with the Random123 library.
  test.each([
    [
      [0, 0],
      [0, 0, 0, 0],
      ['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8'],
    ],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      ['408f276d', '41c83b0e', 'a20bc7c6', '6d5451fd'],
    ],
    [
      [0xa4093822, 0x299f31d0],
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      ['d16cfe09', '94fdcceb', '5001e420', '24126ea1'],
    ],
  ] as const)('gives the published words for key %j, counter %j', (key, counter, expected) => {
    const out = new Uint32Array(4);
    philox(key[0], key[1], counter, out);
    expect(hex(out)).toEqual(expected);
  });
});

describe('generator', () => {
  const draw = (...keys: Parameters<typeof generator>) => {
    const random = generator(...keys);
    return Array.from({ length: 6 }, () => random.word());
  };

  test('the same seed and keys name the same stream', () => {
    expect(draw(1, 'flip', 2)).toEqual(draw(1, 'flip', 2));
  });

  test('order, kind and boundaries of the keys count', () => {
    const streams = [
      draw(1, 23),
      draw(12, 3),
      draw(23, 1),
      draw(1, '23'),
      draw(1, 2, 3),
      draw(1, 'ab', 'c'),
      draw(1, 'a', 'bc'),
      draw(-1),
      draw(2 ** 32 - 1),
      draw(2 ** 40),
      draw(0),
      draw(0, 0),
    ];
    expect(new Set(streams.map(String)).size).toBe(streams.length);
  });

  test('refuses a seed that is not a whole number', () => {
    expect(() => generator(0.5)).toThrow(HmsaError);
  });

  test('uniform and normal have the moments of their distributions', () => {
    const random = generator(7, 'moments');
    const count = 40_000;
    let uniformSum = 0;
    let normalSum = 0;
    let normalSquares = 0;
    for (let i = 0; i < count; i++) {
      uniformSum += random.uniform(2, 4);
      const value = random.normal(1, 3);
      normalSum += value;
      normalSquares += (value - 1) ** 2;
    }
    expect(uniformSum / count).toBeCloseTo(3, 1);
    expect(normalSum / count).toBeCloseTo(1, 1);
    expect(Math.sqrt(normalSquares / count)).toBeCloseTo(3, 1);
  });

  test('int reaches every value about equally often', () => {
    const random = generator(3, 'int');
    const counts = new Array(7).fill(0);
    for (let i = 0; i < 14_000; i++) counts[random.int(7)]++;
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });

  test('shuffle is a permutation that depends on the seed', () => {
    const order = (seed: number) => [
      ...generator(seed).shuffle(Uint32Array.from({ length: 50 }, (_, i) => i)),
    ];
    expect([...order(1)].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(order(1)).not.toEqual(order(2));
  });
});

test('hash32 maps neighbours far apart and never collides on a small range', () => {
  const seen = new Set(Array.from({ length: 20_000 }, (_, i) => hash32(i)));
  expect(seen.size).toBe(20_000);
});

test('bell has mean 0 and standard deviation 1', () => {
  const values = Array.from({ length: 40_000 }, (_, i) => bell(hash32(i)));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  expect(mean).toBeCloseTo(0, 1);
  expect(Math.sqrt(variance)).toBeCloseTo(1, 1);
});

test('bell’s quantiles are its values, sorted and thinned out', () => {
  const values = Float64Array.from({ length: 65_536 }, (_, i) => bell(hash32(i))).sort();
  const quantiles = bellQuantiles(64, 2);
  expect(quantiles.map((value) => -value).reverse()).toEqual(quantiles);
  quantiles.forEach((value, i) => {
    expect(Math.abs(value - 2 * values[Math.floor((i + 0.5) * 1024)]!)).toBeLessThan(0.1);
  });
});
