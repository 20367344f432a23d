import type { Value } from '../../engine/graph/index.js';

/** Calls a function with the scores of every pixel of logits [N, C, H, W] and returns its results as [N, H, W]. */
export function perPixel(
  { shape, data }: Value,
  labels: Value,
  compute: (scores: readonly number[], label: number, place: (k: number) => number) => number,
): Float64Array {
  const [, classes, height, width] = shape as readonly [number, number, number, number];
  const area = height * width;
  return labels.data.map((label, pixel) => {
    const first = Math.floor(pixel / area) * classes * area + (pixel % area);
    const place = (k: number) => first + k * area;
    const scores = Array.from({ length: classes }, (_, k) => data[place(k)]!);
    return compute(scores, Math.min(Math.max(label, 0), classes - 1), place);
  });
}

export function softmax(scores: readonly number[]): number[] {
  const largest = Math.max(...scores);
  const exponentials = scores.map((score) => Math.exp(score - largest));
  const total = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((value) => value / total);
}
