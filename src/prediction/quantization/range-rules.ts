import type { Range } from '../../engine/passes/index.js';

/** How often the values of an activation occurred. */
export interface Histogram {
  /** The smallest and the largest value that occurred. */
  readonly least: number;
  readonly largest: number;
  /** Of bins of equal width between them. */
  readonly counts: Float64Array;
}

/**
 * How the range of an activation follows from its values. `extremes`: all of them. `percentile`: all but 1 in 10,000.
 * `error`: the range with the least mean squared error of rounding to 8 bits and cutting off.
 */
export const rangeRules = ['extremes', 'percentile', 'error'] as const;
export type RangeRule = (typeof rangeRules)[number];

/** The share of the values that `percentile` leaves outside. */
const OUTSIDE = 1e-4;

/** The range of an activation by a rule; 0 is in it. Its digits are few, so that files are short. */
export function rangeBy(rule: RangeRule, histogram: Histogram): Range {
  const [least, largest] = rules[rule](histogram);
  return [short(Math.min(least, 0)), short(Math.max(largest, 0))];
}

const short = (value: number) => Number(value.toPrecision(6));

const rules: Readonly<Record<RangeRule, (histogram: Histogram) => Range>> = {
  extremes: ({ least, largest }) => [least, largest],
  percentile({ least, largest, counts }) {
    const allowed = (OUTSIDE / 2) * counts.reduce((sum, count) => sum + count, 0);
    const width = (largest - least) / counts.length;
    let [below, above] = [0, 0];
    let [first, last] = [0, counts.length - 1];
    while (first < last && below + counts[first]! <= allowed) below += counts[first++]!;
    while (last > first && above + counts[last]! <= allowed) above += counts[last--]!;
    return [least + first * width, least + (last + 1) * width];
  },
  error(histogram) {
    const { least, largest } = histogram;
    let [best, lowest] = [[least, largest] as Range, Number.POSITIVE_INFINITY];
    for (let share = 1; share >= SMALLEST_SHARE; share -= STEP) {
      const range = [share * Math.min(least, 0), share * Math.max(largest, 0)] as const;
      const error = squaredError(histogram, range);
      if (error < lowest) [best, lowest] = [range, error];
    }
    return best;
  },
};

/** Ranges that `error` tries: these shares of the extremes. */
const SMALLEST_SHARE = 0.2;
const STEP = 0.02;

/** The sum of squared errors of the values in a range of 255 steps: a twelfth of a squared step inside, the distance outside. */
function squaredError({ least, largest, counts }: Histogram, [from, to]: Range): number {
  const width = (largest - least) / counts.length;
  const rounding = ((to - from) / 255) ** 2 / 12;
  return counts.reduce((sum, count, bin) => {
    const value = least + (bin + 0.5) * width;
    const beyond = Math.max(from - value, value - to, 0);
    return sum + count * (beyond > 0 ? beyond * beyond : rounding);
  }, 0);
}
