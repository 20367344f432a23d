import { checkArgument } from '../../base/errors/index.js';
import { type Dim, dimText, evaluateDim, type Input, input, rebuild, type Tensor } from '../graph/index.js';
import { expand } from '../ops/index.js';
import { resample } from '../ops/resample.js';
import { isResize, type ResizeAttributes, sourcePosition } from '../ops/resize.js';

/** One axis of a resize, of which a graph computes a part. */
export interface Window {
  /** The input that takes {@link windowPositions}, float32 [to]. */
  readonly name: string;
  readonly from: Dim;
  readonly to: Dim;
  readonly alignment: ResizeAttributes['alignment'];
}

/**
 * Rebuilds a graph so that it can compute a window of its result. A resize depends on the sides of the whole image, which a
 * window does not have. So the positions that a resize reads become an input, one for each pair of sides. All other operators,
 * such as convolutions, compute the same for a window, except at its border, where they lack the pixels outside of it.
 *
 * @returns the rebuilt outputs, and the inputs that were added
 */
export function withWindows<Names extends string>(
  outputs: Readonly<Record<Names, Tensor>>,
): { readonly outputs: Record<Names, Tensor>; readonly windows: readonly Window[] } {
  const windows = new Map<string, { readonly window: Window; readonly positions: Input }>();
  const positionsOf = (from: Dim, to: Dim, alignment: Window['alignment']): Input => {
    const name = `${dimText(from)} > ${dimText(to)} ${alignment}`;
    const known = windows.get(name);
    if (known !== undefined) return known.positions;
    const positions = input(name, [to]);
    windows.set(name, { window: { name, from, to, alignment }, positions });
    return positions;
  };
  const rebuilt = rebuild(outputs, (tensor, [x]) => {
    if (!isResize(tensor)) return undefined;
    const { size, alignment } = tensor.attributes;
    const [height, width] = x!.shape.slice(2) as [Dim, Dim];
    if (height === 1 && width === 1) return expand(x!, [...x!.shape.slice(0, 2), ...size]);
    return resample(x!, positionsOf(height, size[0], alignment), positionsOf(width, size[1], alignment));
  });
  return { outputs: rebuilt, windows: [...windows.values()].map(({ window }) => window) };
}

/** Where the part that a graph computes lies in the whole, along the axis of one free side. */
export interface Stretch {
  /** The whole length. */
  readonly whole: number;
  /** Where the part starts. */
  readonly start: number;
  /** The length of the part. */
  readonly length: number;
}

/** Where the part lies along a side that is computed from free ones. Its start must be a whole number of cells there. */
export function stretchOf(dim: Dim, stretches: ReadonlyMap<string, Stretch>): Stretch {
  const of = (key: keyof Stretch) =>
    evaluateDim(dim, new Map([...stretches].map(([name, stretch]) => [name, stretch[key]])));
  return { whole: of('whole'), start: typeof dim === 'number' ? 0 : of('start'), length: of('length') };
}

/**
 * The positions for the input of a window.
 *
 * @param stretches for each free side, where the part lies
 */
export function windowPositions(
  { from, to, alignment }: Window,
  stretches: ReadonlyMap<string, Stretch>,
): Float32Array {
  const [source, target] = [stretchOf(from, stretches), stretchOf(to, stretches)];
  checkArgument(source.length > 0 && target.length > 0, 'windowPositions', 'stretches of some length', [
    source,
    target,
  ]);
  return Float32Array.from({ length: target.length }, (_, i) => {
    const { before, share } = sourcePosition(target.start + i, source.whole, target.whole, alignment);
    return Math.min(Math.max(before + share - source.start, 0), source.length - 1);
  });
}

/** The cells of a side of the length `whole` that a resize reads to compute a stretch of its result. */
export function neededStretch(whole: number, target: Stretch, alignment: Window['alignment']): Stretch {
  const at = (index: number) => sourcePosition(index, whole, target.whole, alignment);
  const start = at(target.start).before;
  const { before, after, share } = at(target.start + target.length - 1);
  return { whole, start, length: (share > 0 ? after : before) - start + 1 };
}
