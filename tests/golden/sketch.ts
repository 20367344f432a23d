import { namedValues } from './named-values.js';

/** What a fixture knows of a tensor: its norm, and its products with a few directions; see `tools/network_fixture.py`. */
export interface Sketch {
  readonly norm: number;
  /** Little-endian float64 in base64. */
  readonly products: string;
}

/** The variance of a number that is uniform in −1 … 1, as the directions' elements are. */
const DIRECTION_VARIANCE = 1 / 3;

/**
 * ‖a − b‖ of a tensor and the one that was sketched. Exact for a tensor of no more elements than directions; for a
 * larger one the root mean square of the products with a − b, which tells the distance to within a factor of about
 * two and is zero for none but equal ones.
 */
export function distanceToSketch(
  name: string,
  data: ArrayLike<number | bigint>,
  sketch: Sketch,
  directions: number,
): number {
  const expected = new Float64Array(Uint8Array.from(Buffer.from(sketch.products, 'base64')).buffer);
  const own = Float64Array.from(data, Number);
  if (own.length <= directions) {
    return Math.hypot(...own.map((x, i) => x - expected[i]!));
  }
  const misses = expected.map((product, k) => {
    const direction = namedValues(`${name} direction ${k}`, [own.length]);
    return own.reduce((sum, x, i) => sum + x * direction[i]!, 0) - product;
  });
  return Math.hypot(...misses) / Math.sqrt(directions * DIRECTION_VARIANCE);
}
