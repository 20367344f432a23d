import type { AdaptiveWay } from '../../model/file/index.js';
import type { AverageValues } from '../scale-feeds.js';

/** Holds slopes near 1 where few images, or images much alike, say nothing of them: a share of the mean variance. */
const RIDGE = 0.05;

/** Averages over images at two scales, and the lines by which those of the higher one follow from those of the lower. */
export class AveragePairs {
  readonly #pairs: { readonly lower: AverageValues; readonly higher: AverageValues }[] = [];

  add(lower: AverageValues, higher: AverageValues): void {
    this.#pairs.push({ lower, higher });
  }

  /** Least squares for each channel. */
  lines(): NonNullable<AdaptiveWay['averages']> {
    const names = [...(this.#pairs[0]?.lower.keys() ?? [])];
    return Object.fromEntries(names.map((name) => [name, this.#linesOf(name)]));
  }

  #linesOf(name: string): { slope: number[]; shift: number[] } {
    const pairs = this.#pairs.map(({ lower, higher }) => [lower.get(name)!, higher.get(name)!] as const);
    const channels = pairs[0]![0].length;
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / pairs.length;
    const found = Array.from({ length: channels }, (_, c) => {
      const [x, y] = [mean(pairs.map(([lower]) => lower[c]!)), mean(pairs.map(([, higher]) => higher[c]!))];
      const variance = mean(pairs.map(([lower]) => (lower[c]! - x) ** 2));
      const covariance = mean(pairs.map(([lower, higher]) => (lower[c]! - x) * (higher[c]! - y)));
      return { x, y, variance, covariance };
    });
    const ridge = (RIDGE * found.reduce((sum, { variance }) => sum + variance, 0)) / channels + 1e-12;
    const slope = found.map(({ variance, covariance }) => (covariance + ridge) / (variance + ridge));
    return { slope, shift: found.map(({ x, y }, c) => y - slope[c]! * x) };
  }
}
