import type { DType } from './nd-array.js';

/** The smallest and largest number of each integer type. 2⁶³ − 1024 is the largest float64 number below 2⁶³. */
const ranges = {
  uint8: [0, 255],
  int8: [-128, 127],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [-(2 ** 63), 2 ** 63 - 1024],
  bool: [0, 1],
} as const;

/** Whether a type can hold a number. Integer types hold it exactly; float types may round it, but not to infinity. */
export function canHold(dtype: DType, value: number): boolean {
  // Float types hold NaN and the infinities themselves, but no finite number that rounds to infinity.
  if (dtype === 'float32') return !Number.isFinite(value) || Number.isFinite(Math.fround(value));
  if (dtype === 'float16') return !Number.isFinite(value) || Math.abs(value) < 65_520;
  const [least, largest] = ranges[dtype];
  return Number.isInteger(value) && value >= least && value <= largest;
}
