/** The place of a resized pixel on the source axis: between two neighbours, at `share` of the way from the first. */
export interface SourcePosition {
  readonly before: number;
  readonly after: number;
  readonly share: number;
}

/**
 * Half-pixel centres: (i + ½)·from/to − ½, held inside the axis. With aligned corners, the first and last pixels of both axes
 * coincide: i·(from − 1)/(to − 1); a single pixel takes the first.
 */
export function sourcePosition(
  index: number,
  from: number,
  to: number,
  alignCorners: boolean,
): SourcePosition {
  const position = alignCorners
    ? (index * (from - 1)) / Math.max(to - 1, 1)
    : Math.min(Math.max(((index + 0.5) * from) / to - 0.5, 0), from - 1);
  const before = Math.floor(position);
  return { before, after: Math.min(before + 1, from - 1), share: position - before };
}

/** The linear map of an axis to its resized self, row-major [to, from]: two numbers in each row. */
export function interpolationMatrix(from: number, to: number, alignCorners: boolean): Float64Array {
  const matrix = new Float64Array(to * from);
  for (let i = 0; i < to; i++) {
    const { before, after, share } = sourcePosition(i, from, to, alignCorners);
    matrix[i * from + before]! += 1 - share;
    matrix[i * from + after]! += share;
  }
  return matrix;
}

/** The transpose, row-major [from, to]. */
export function transposedInterpolationMatrix(from: number, to: number, alignCorners: boolean): Float64Array {
  const matrix = interpolationMatrix(from, to, alignCorners);
  return matrix.map((_, i) => matrix[(i % to) * from + Math.floor(i / to)]!);
}
