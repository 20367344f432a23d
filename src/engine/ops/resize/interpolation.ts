/** The place of a resized pixel on the source axis: between two neighbours, at `share` of the way from the first. */
export interface SourcePosition {
  readonly before: number;
  readonly after: number;
  readonly share: number;
}

/** Which points of two axes lie on each other: the edges of their first and last pixels, or the centres. */
export type Alignment = 'edges' | 'corners';

/**
 * Edges: (i + ½)·from/to − ½, held inside the axis, which is what PyTorch calls `align_corners=False`. Corners:
 * i·(from − 1)/(to − 1), and 0 for a single pixel: `align_corners=True`.
 */
export function sourcePosition(
  index: number,
  from: number,
  to: number,
  alignment: Alignment,
): SourcePosition {
  const position =
    alignment === 'corners'
      ? (index * (from - 1)) / Math.max(1, to - 1)
      : Math.min(Math.max(((index + 0.5) * from) / to - 0.5, 0), from - 1);
  const before = Math.floor(position);
  return { before, after: Math.min(before + 1, from - 1), share: position - before };
}

/** The linear map of an axis to its resized self, row-major [to, from]: two numbers in each row. */
export function interpolationMatrix(from: number, to: number, alignment: Alignment): Float64Array {
  const matrix = new Float64Array(to * from);
  for (let i = 0; i < to; i++) {
    const { before, after, share } = sourcePosition(i, from, to, alignment);
    matrix[i * from + before]! += 1 - share;
    matrix[i * from + after]! += share;
  }
  return matrix;
}

/** The transpose, row-major [from, to]. */
export function transposedInterpolationMatrix(from: number, to: number, alignment: Alignment): Float64Array {
  const matrix = interpolationMatrix(from, to, alignment);
  return matrix.map((_, i) => matrix[(i % to) * from + Math.floor(i / to)]!);
}
