import { describe, expect, test } from 'vitest';
import { runOnnx } from '../../../tests/support/run-onnx.js';
import { interpret } from '../interpret.js';
import { resizeBilinear } from '../ops/index.js';
import { evaluateDim, input, scaled, symbol } from './index.js';

// ⌊float(side) · scale⌋, as torch.nn.functional.interpolate computes the size for a scale_factor.
const sizes: readonly (readonly [side: number, scale: number, size: number])[] = [
  [300, 1 / 3, 100],
  [30, 0.7, 21],
  [10, 0.7, 7],
  [90, 0.7, 62],
  [355, 0.1, 35],
  [100, 1.1, 110],
  [110, 1.1, 121],
  [99, 0.5, 49],
  [75, 1.25, 93],
  [7, 2 / 3, 4],
  [6, 2 / 3, 4],
];

describe('a scaled side', () => {
  test.each(sizes)('%d at %d is %d, free or not', async (side, scale, size) => {
    expect(scaled(side, scale)).toBe(size);
    const H = symbol('H');
    expect(evaluateDim(scaled(H, scale), new Map([['H', side]]))).toBe(size);
    const image = input('image', [1, 1, H, 4]);
    const resized = resizeBilinear(image, [scaled(H, scale), 4]);
    const data = new Float32Array(side * 4);
    const shape = [1, 1, side, 4];
    const { resized: run } = await runOnnx({ resized }, { image: { dtype: 'float32', shape, data } });
    expect(run!.shape).toEqual([1, 1, size, 4]);
    const [exact] = interpret([resized], new Map([[image, { shape, data: Float64Array.from(data) }]]));
    expect(exact!.shape).toEqual([1, 1, size, 4]);
  });

  test('a free side at a fraction of a power of two stays one expression', () => {
    expect(scaled(symbol('H'), 0.5)).toMatchObject({ text: 'floor((H)/2)' });
    expect(scaled(scaled(symbol('H'), 2), 0.5)).toEqual(symbol('H'));
    expect(scaled(symbol('H'), 0.7)).toMatchObject({ kind: 'scaled', text: 'floor(0.7*H)' });
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('the scale %d is refused', (scale) => {
    expect(() => scaled(4, scale)).toThrow(/^scaled: expected a scale above 0, received /);
  });
});
