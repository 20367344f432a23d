import type { NdArray } from '../../base/arrays.js';
import { HmsaError } from '../../base/errors/index.js';

/**
 * Checks that a network can compute with the weights: all are finite, and no running variance (its name ends with
 * `running_var`) is negative, because its square root would be NaN.
 *
 * @param source what the error calls the file
 * @throws HmsaError that names the file, the array and the index
 */
export function checkWeightValues(name: string, { data }: NdArray<'float32'>, source: string): void {
  const refuse = (expected: string, received: string): never => {
    throw new HmsaError({
      operation: source,
      expected,
      received,
      remedy: 'Get the file again; it is damaged.',
    });
  };
  const isVariance = /(^|\.)running_var$/.test(name);
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (!Number.isFinite(value)) refuse(`finite numbers in ${name}`, `${value} at index ${i}`);
    if (isVariance && value < 0) refuse(`variances of 0 or more in ${name}`, `${value} at index ${i}`);
  }
}
