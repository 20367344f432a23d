import { namedValues } from './named-values.js';

/** Ranges for what a name ends with; the first that fits counts. */
const ranges: readonly (readonly [end: RegExp, low: number, high: number])[] = [
  [/(stage\d.*\.bn2|fuse_layers\.\d+\.\d+(\.\d+)?\.1)\.weight$/, 0.05, 0.25],
  [/(\.bn[23]|downsample\.1)\.weight$/, 0.2, 0.6],
  [/(running_mean|bias)$/, -0.3, 0.3],
  [/$/, 0.5, 1.5],
];
const classifiers = new Map([
  ['final.6.weight', 3],
  ['ocr.cls_head.weight', 1.5],
  ['cls_head.weight', 3],
]);

/** The value of a tensor by its published name, in a range that suits the name; as in `tools/published_weights.py`. */
export function publishedWeight(name: string, shape: readonly number[]): Float64Array {
  if (shape.length === 4) {
    const bound = (classifiers.get(name) ?? 1) * Math.sqrt(5 / (shape[1]! * shape[2]! * shape[3]!));
    return namedValues(name, shape, -bound, bound);
  }
  const [, low, high] = ranges.find(([end]) => end.test(name))!;
  return namedValues(name, shape, low, high);
}
