/** The value below which a share of numbers lies, by linear interpolation between them; NaN of none. */
export function quantile(values: Float64Array | Float32Array, share: number): number {
  const sorted = values.slice().sort();
  if (sorted.length === 0) return Number.NaN;
  const place = share * (sorted.length - 1);
  const [before, after] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!];
  return before + (after - before) * (place - Math.floor(place));
}

/** Keeps the fit finite where the classes can be divided without error. */
const RIDGE = 1e-3;

/**
 * Logistic regression by Newton's method.
 *
 * @param features of each sample
 * @param outcomes 0 or 1 of each
 * @returns the bias, and a coefficient for each feature
 */
export function logisticFit(features: readonly (readonly number[])[], outcomes: readonly number[]): number[] {
  const count = (features[0]?.length ?? 0) + 1;
  let beta = new Array<number>(count).fill(0);
  const rate = outcomes.reduce((sum, each) => sum + each, 0) / Math.max(1, outcomes.length);
  const held = Math.min(Math.max(rate, 1e-6), 1 - 1e-6);
  beta[0] = Math.log(held / (1 - held));
  for (let step = 0; step < 30; step++) {
    const gradient = new Array<number>(count).fill(0);
    const hessian = Array.from({ length: count }, () => new Array<number>(count).fill(0));
    features.forEach((own, s) => {
      const x = [1, ...own];
      const p = 1 / (1 + Math.exp(-x.reduce((sum, value, i) => sum + value * beta[i]!, 0)));
      const weight = Math.max(p * (1 - p), 1e-9);
      for (let i = 0; i < count; i++) {
        gradient[i]! += (outcomes[s]! - p) * x[i]!;
        for (let j = 0; j < count; j++) hessian[i]![j]! += weight * x[i]! * x[j]!;
      }
    });
    for (let i = 1; i < count; i++) {
      gradient[i]! -= RIDGE * beta[i]!;
      hessian[i]![i]! += RIDGE;
    }
    hessian[0]![0]! += 1e-9;
    const change = solved(hessian, gradient);
    beta = beta.map((value, i) => value + Math.min(Math.max(change[i]!, -5), 5));
    if (change.every((each) => Math.abs(each) < 1e-8)) break;
  }
  return beta;
}

/** Solves A·x = b for a small, positive definite A. */
function solved(a: readonly number[][], b: readonly number[]): number[] {
  const n = b.length;
  const rows = a.map((row, i) => [...row, b[i]!]);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      if (j === i) continue;
      const factor = rows[j]![i]! / rows[i]![i]!;
      for (let k = i; k <= n; k++) rows[j]![k]! -= factor * rows[i]![k]!;
    }
  }
  return rows.map((row, i) => row[n]! / row[i]!);
}
