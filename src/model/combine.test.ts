import { expect, test } from 'vitest';
import { input } from '../engine/graph/index.js';
import { interpret } from '../engine/interpret.js';
import { hierarchical } from './combine.js';

test('the shares of three scales follow from the attention between neighbours, from the lowest scale up', () => {
  const scales = [2, 1, 0.5];
  const side = (scale: number) => 4 * scale;
  const given = new Map();
  const map = (name: string, scale: number, channels: readonly number[]) => {
    const shape = [1, channels.length, side(scale), side(scale)];
    const tensor = input(name, shape);
    given.set(tensor, {
      shape,
      data: Float64Array.from(channels.flatMap((x) => Array(side(scale) ** 2).fill(x))),
    });
    return tensor;
  };
  const a: Record<number, number> = { 1: 0.7, 0.5: 0.2 };
  // Each scale is sure of a class of its own, so the result is the share of each scale.
  const predictions = scales.map((scale, i) => ({
    scale,
    logits: map(
      `logits ${scale}`,
      scale,
      scales.map((_, j) => Number(i === j)),
    ),
    ...(a[scale] !== undefined && { attention: map(`attention ${scale}`, scale, [a[scale]]) }),
  }));
  const { data } = interpret([hierarchical(predictions)], given)[0]!;
  const shares = scales.map((_, i) => data[16 * i + 5]!);
  const wanted = [(1 - a[0.5]!) * (1 - a[1]!), (1 - a[0.5]!) * a[1]!, a[0.5]!];
  for (const [i, share] of shares.entries()) expect(share).toBeCloseTo(wanted[i]!, 12);
  expect(shares.reduce((sum, share) => sum + share)).toBeCloseTo(1, 12);
});
