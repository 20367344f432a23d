import { apply, type Tensor } from '../graph/index.js';
import { elementwise } from './elementwise.js';

interface HeavisideAttributes {
  readonly threshold: number;
  readonly direction: 1 | -1;
  readonly at: number;
}

/**
 * A power of two, so that multiplying by it is exact. It is large enough to scale every relevant float32 difference to more
 * than 1.
 */
const STEEP = 2 ** 100;

/** Up to this threshold, float32 can hold threshold · slope. */
const FARTHEST = 2 ** 27;

const heavisideOperator = elementwise<HeavisideAttributes>({
  name: 'heaviside',
  compute: ([x], { threshold, direction, at }) =>
    x === threshold ? at : (x! - threshold) * direction > 0 ? 1 : 0,
  gradient: 'none',
  // A HardSigmoid, max(0, min(1, αx + β)), of huge slope: several times faster on ONNX Runtime's CPU than
  // comparing, casting or Where.
  onnx(emitter, [x], { attributes: { threshold, direction, at } }) {
    const slope = direction * STEEP;
    // β would be too large for `at` to count in it, or for float32.
    const absorbed = threshold !== 0 && (at !== 0 || Math.abs(threshold) > FARTHEST);
    const shifted = absorbed ? emitter.shared('Sub', [x!, emitter.float(threshold)]) : x!;
    const beta = absorbed || threshold === 0 ? at : -slope * threshold;
    return emitter.node('HardSigmoid', [shifted], { alpha: { float: slope }, beta: { float: beta } });
  },
});

/**
 * 1 where x lies beyond the threshold in the given direction, 0 where it lies before it, and `at` where it equals it. Gradients
 * of piecewise linear functions use it as a mask. No gradient passes through it.
 */
export function heaviside(x: Tensor, threshold: number, direction: 1 | -1 = 1, at = 0): Tensor {
  return apply(heavisideOperator, [x], { threshold, direction, at });
}
