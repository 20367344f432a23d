import { HmsaError } from '../../base/errors/index.js';
import { checkSchema } from '../../base/schema/index.js';
import { constant, staticShape, type Tensor } from '../../engine/graph/index.js';
import {
  add,
  conv2d,
  convTranspose2d,
  div,
  matmul,
  mean,
  mul,
  notIgnored,
  reshape,
  slice,
  stopGradient,
  sub,
  sum,
} from '../../engine/ops/index.js';
import { binaryCrossEntropy } from './binary-cross-entropy.js';
import { classesOf } from './labels.js';
import { lossSchema } from './loss-config.js';
import { pooledLabels, pooledProbabilities, regionCarrier } from './pooled-maps.js';
import { identity, invertPositiveDefinite } from './positive-definite.js';

/** Keeps the covariances positive definite. */
const ALPHA = 5e-4;
const PROBABILITY_FLOOR = 1e-6;
/** The largest radius for which the basis of the regions alone makes K exact; see {@link regionBasis}. */
const LARGEST_SMALL = 3;

export interface RegionMutualInformationOptions {
  /** Share of the binary cross-entropy in the sum, 0 … 1; default 0.5. */
  readonly lambda?: number | undefined;
  /** Side of the square regions, in pooled pixels; default 3. */
  readonly radius?: number | undefined;
  /** Side of the squares of pixels that are averaged into one before; default 4. */
  readonly pool?: number | undefined;
}

interface Regions {
  readonly radius: number;
  readonly pool: number;
}

/**
 * Region mutual information (Zhao et al. 2019, arXiv 1910.12037): λ · binary cross-entropy + (1 − λ) · a lower bound of
 * the information about the label that the prediction lacks, with each pixel taken together with its neighbours.
 *
 * Labels Y and probabilities P, average-pooled `pool` × `pool` and gathered in regions of `radius` × `radius`, give for each
 * class ½ · log det(M) / radius² with M = YYᵀ − YPᵀ(PPᵀ + αI)⁻¹PYᵀ + αI. This is averaged over images and summed over classes. Float32
 * cannot hold that difference when the prediction is good. With E = Y − P, K = I + (EPᵀ − αI)(PPᵀ + αI)⁻¹ and R = Y −
 * KP, the same M is RRᵀ + αKKᵀ + αI, which is positive definite by construction. Since this K minimises M, the gradient
 * with respect to P is that for a constant K: −KᵀM⁻¹R / radius².
 *
 * @param logits [N, C, H, W], sides that are numbers
 * @param labels train ids [N, H, W], uint8, int32 or int64; 255 and every other value outside 0 … C − 1 is void
 * @returns a scalar
 * @throws HmsaError when shapes do not fit, the image is smaller than a region, or a setting is out of range
 */
export function regionMutualInformation(
  logits: Tensor,
  labels: Tensor,
  options: RegionMutualInformationOptions = {},
): Tensor {
  const { lambda = 0.5, radius = 3, pool = 4 } = options ?? {};
  checkSchema(lossSchema.shape.rmi, { lambda, radius, pool }, 'rmi');
  const [, , height, width] = staticShape('rmi', logits) as [number, number, number, number];
  const least = leastRegionSide({ radius, pool });
  if (Math.min(height, width) < least) {
    throw new HmsaError({
      operation: 'rmi',
      expected: `an image of at least ${least} × ${least} pixels`,
      received: `${height} × ${width}`,
    });
  }
  const valid = notIgnored(labels, classesOf('rmi', logits, labels));
  const lacking = informationLacking(logits, labels, valid, { radius, pool });
  const value = add(mul(binaryCrossEntropy(logits, labels), lambda), mul(lacking.value, 1 - lambda));
  const weight = div(lambda, add(sum(valid, undefined, { keepAxes: false }), 1));
  const pooled = mul(lacking.gradient, 1 - lambda);
  return add(stopGradient(value), regionCarrier(logits, { labels, valid, weight, pooled, pool }));
}

/** The smallest side of an image, in pixels, that has one region. */
export function leastRegionSide({
  radius = 3,
  pool = 4,
}: Pick<RegionMutualInformationOptions, 'radius' | 'pool'> = {}): number {
  // ⌊(side + 2 ⌊pool / 2⌋ − pool) / pool⌋ + 1 ≥ radius
  return Math.max(1, pool * radius - 2 * (pool >> 1));
}

/** The information that is lacking, and its gradient with respect to the pooled probabilities. */
function informationLacking(
  logits: Tensor,
  labels: Tensor,
  valid: Tensor,
  { radius, pool }: Regions,
): { value: Tensor; gradient: Tensor } {
  const pooled = pooledProbabilities(logits, valid, pool, PROBABILITY_FLOOR);
  const [n, c, height, width] = staticShape('rmi', pooled) as [number, number, number, number];
  const rows = (maps: Tensor) => regions(reshape(maps, [n * c, 1, height, width]), radius);
  const [e, p] = [rows(sub(pooledLabels(labels, c, pool), pooled)), rows(pooled)];

  const size = radius ** 2;
  const basis = regionBasis(radius);
  const alpha = mul(matmul(basis, basis, false, true), ALPHA);
  const { inverse } = invertPositiveDefinite(add(covariance(p, p), alpha));
  const first = matmul(sub(covariance(e, p), alpha), inverse);
  const { k, r } = refined(residual(e, p, first), { e, p, alpha, inverse }, refinements(radius));
  const squares = add(covariance(r, r), matmul(matmul(k, alpha), k, false, true));
  const m = invertPositiveDefinite(add(squares, alpha));

  const perImage = 1 / (size * n);
  const value = mul(sum(m.logDeterminant, undefined, { keepAxes: false }), perImage / 2);
  // −KᵀM⁻¹R, added to the pixels that its rows were made from. What comes from the means is the same at all places.
  const kernels = matmul(mul(matmul(m.inverse, k), -perImage), basis);
  const places = [1, n * c * size, height - radius + 1, width - radius + 1];
  const gradient = convTranspose2d(
    reshape(r.values, places),
    reshape(kernels, [n * c * size, 1, radius, radius]),
    { groups: n * c },
  );
  const ofMeans = reshape(matmul(kernels, r.means, true), [n * c, radius, radius]);
  const [down, right] = [shifts(height, radius), shifts(width, radius)];
  const everywhere = matmul(matmul(down, ofMeans, true), right);
  return { value, gradient: reshape(sub(reshape(gradient, everywhere.shape), everywhere), pooled.shape) };
}

/** A K, the change from I to it, and the R that it leaves. */
interface Residual {
  readonly change: Tensor;
  readonly k: Tensor;
  readonly r: Rows;
}

function residual(e: Rows, p: Rows, change: Tensor): Residual {
  const size = change.shape.at(-1) as number;
  const without = (of: Tensor, from: Tensor) => sub(from, matmul(change, of));
  const r = { values: without(p.values, e.values), means: without(p.means, e.means) };
  return { change, k: add(identity(size), change), r };
}

/**
 * How often K is refined. PPᵀ of large regions has small eigenvalues that are no entries in any basis, and float32 loses them: at radius
 * 4 and pool 5 the value was wrong by 9e-3 and the gradient by up to 5%.
 */
function refinements(radius: number): number {
  return radius > LARGEST_SMALL ? 2 : 0;
}

/** The inverse of a nearly singular matrix is rough in float32, and so is K. At the right K, RPᵀ is K times αBBᵀ. */
function refined(
  found: Residual,
  known: { readonly e: Rows; readonly p: Rows; readonly alpha: Tensor; readonly inverse: Tensor },
  times: number,
): Residual {
  if (times === 0) return found;
  const { e, p, alpha, inverse } = known;
  const missing = sub(covariance(found.r, p), matmul(found.k, alpha));
  return refined(residual(e, p, add(found.change, matmul(missing, inverse))), known, times - 1);
}

/** Rows of numbers, one for each function of the basis, with a value for each place of a region. */
interface Rows {
  /** [N, rows, places] */
  readonly values: Tensor;
  /** Of each row, [N, rows, 1]. They are not taken off the values; see {@link regions}. */
  readonly means: Tensor;
}

/**
 * The square regions of maps [N, 1, H, W]. Rows are not pixels but regions in another basis. Float32 loses the small eigenvalues
 * of covariances whose other entries are large, so those that are small must be entries themselves. Neighbours are nearly equal,
 * so one row is large and the others, waves, are small. Of a map of one class only the border differs, where
 * squares reach beyond the image, so there is a row of pixels that are never at the border.
 *
 * What is taken off beforehand is the mean of each map without its border, so that nearly all values of such a map are 0. Less their own
 * means, rows would be alike and not 0, and a long sum of float32 rounds the products of such numbers in the same
 * direction each time.
 */
function regions(maps: Tensor, radius: number): Rows {
  const size = radius ** 2;
  const [n, , height, width] = staticShape('rmi', maps) as [number, number, number, number];
  const inner = [height, width].reduce(
    (part, side, i) => (side < 3 ? part : slice(part, i + 2, 1, side - 1)),
    maps,
  );
  const level = sub(maps, mean(inner, [2, 3]));
  const places = (height - radius + 1) * (width - radius + 1);
  const basis = regionBasis(radius);
  const rows = conv2d(level, reshape(basis, [size, 1, radius, radius]));
  const sums = matmul(
    matmul(shifts(height, radius), reshape(level, [n, height, width])),
    shifts(width, radius),
    false,
    true,
  );
  const means = matmul(basis, mul(reshape(sums, [n, size, 1]), 1 / places));
  return { values: reshape(rows, [n, size, places]), means };
}

/** Which pixels along a side the regions have at each of their own places, [radius, side]: 1 or 0. */
function shifts(side: number, radius: number): Tensor {
  const data = Array.from({ length: radius * side }, (_, i) => {
    const before = (i % side) - Math.floor(i / side);
    return Number(before >= 0 && before <= side - radius);
  });
  return constant(data, [radius, side]);
}

/** ABᵀ of the rows less their means. */
function covariance(a: Rows, b: Rows): Tensor {
  const places = a.values.shape[2] as number;
  const ofMeans = mul(matmul(a.means, b.means, false, true), places);
  return sub(matmul(a.values, b.values, false, true), ofMeans);
}

/**
 * The basis of the rows, [radius², radius²]: a row for each pair of functions along the two sides of a region. They are the cosine
 * transform (DCT-II) of the inner pixels, and the two highest frequencies of the transform of all, scaled so that their ends are
 * ±√½ and so the determinant is ±1. Larger regions than {@link LARGEST_SMALL} take the orthogonal transform of all pixels, in which K can be
 * refined.
 */
function regionBasis(radius: number): Tensor {
  const inner = radius === 1 || radius > LARGEST_SMALL ? radius : radius - 2;
  const edge = (radius - inner) / 2;
  const along = Array.from({ length: radius }, (_, row) =>
    Array.from({ length: radius }, (_, i) => {
      if (row >= inner) return (Math.SQRT1_2 * wave(radius, row, i)) / wave(radius, row, 0);
      return i < edge || i >= edge + inner
        ? 0
        : Math.sqrt((row === 0 ? 1 : 2) / inner) * wave(inner, row, i - edge);
    }),
  );
  const data = along.flatMap((down) =>
    along.flatMap((right) => down.flatMap((a) => right.map((b) => a * b))),
  );
  return constant(data, [radius ** 2, radius ** 2]);
}

function wave(length: number, frequency: number, i: number): number {
  return Math.cos((Math.PI * (i + 0.5) * frequency) / length);
}
