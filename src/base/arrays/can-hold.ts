import type { DType } from './nd-array.js';

/** The least and the largest number of each type of whole numbers; 2⁶³ − 1024 is the largest below 2⁶³ in float64. */
const ranges = {
  uint8: [0, 255],
  int8: [-128, 127],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [-(2 ** 63), 2 ** 63 - 1024],
  bool: [0, 1],
} as const;

/** Whether a type holds a number: exactly where it is one of whole numbers, rounded but not to infinity where it is not. */
export function canHold(dtype: DType, value: number): boolean {
  // NaN and the infinities are numbers of these types; what rounds to infinity is not.
  if (dtype === 'float32') return !Number.isFinite(value) || Number.isFinite(Math.fround(value));
  if (dtype === 'float16') return !Number.isFinite(value) || Math.abs(value) < 65_520;
  const [least, largest] = ranges[dtype];
  return Number.isInteger(value) && value >= least && value <= largest;
}
