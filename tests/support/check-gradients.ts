import { expect } from 'vitest';
import { gradients } from '../../src/engine/autodiff.js';
import type { Tensor, Value } from '../../src/engine/graph/index.js';
import { interpret } from '../../src/engine/interpret.js';
import { randomArray } from './random-array.js';

/**
 * Holds gradients of a scalar to central differences in the float64 interpreter: for each group of leaves, along one random
 * direction through all of them.
 *
 * @param tolerance relative to the derivative
 */
export function checkGradients(
  loss: Tensor,
  given: ReadonlyMap<Tensor, Value>,
  groups: Readonly<Record<string, readonly Tensor[]>>,
  tolerance = 1e-5,
): void {
  const wanted = Object.values(groups).flat();
  const found = gradients(loss, wanted);
  const values = interpret(
    wanted.map((leaf) => found.get(leaf)!),
    given,
  );
  const gradientOf = new Map(wanted.map((leaf, i) => [leaf, values[i]!]));
  const step = 1e-6;
  Object.entries(groups).forEach(([name, leaves], number) => {
    expect(leaves.length, name).toBeGreaterThan(0);
    const directions = leaves.map((leaf, i) =>
      randomArray(given.get(leaf)!.data.length, 1000 * (number + 1) + i),
    );
    const at = (sign: number) => {
      const moved = leaves.map((leaf, i) => {
        const { shape, data } = given.get(leaf)!;
        return [leaf, { shape, data: data.map((x, k) => x + sign * step * directions[i]![k]!) }] as const;
      });
      return interpret([loss], new Map([...given, ...moved]))[0]!.data[0]!;
    };
    const numeric = (at(1) - at(-1)) / (2 * step);
    const analytic = leaves.reduce((sum, leaf, i) => {
      const { data } = gradientOf.get(leaf)!;
      return data.reduce((total, g, k) => total + g * directions[i]![k]!, sum);
    }, 0);
    expect(Math.abs(numeric), `${name} moves the loss`).toBeGreaterThan(1e-4);
    expect(
      Math.abs(analytic - numeric) / Math.abs(numeric),
      `${name}: ${analytic} against ${numeric}`,
    ).toBeLessThan(tolerance);
  });
}
