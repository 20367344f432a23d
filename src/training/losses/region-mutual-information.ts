import { HmsaError } from '../../base/errors/index.js';
import { checkSchema } from '../../base/schema/index.js';
import { constant, staticShape, type Tensor } from '../../engine/graph/index.js';
import {
  add,
  addAll,
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
import { binaryCrossEntropyValue } from './binary-cross-entropy.js';
import { classesOf } from './labels.js';
import { lossSchema } from './loss-config.js';
import { pooledLabels, pooledProbabilities, regionCarrier } from './pooled-maps.js';
import { identity, invertPositiveDefinite } from './positive-definite.js';

/** Keeps the covariances positive definite. */
const ALPHA = 5e-4;
const PROBABILITY_FLOOR = 1e-6;

/** After one, the value for a map of one class that is almost right is wrong by 8e-5; after two, by 5e-6. */
const REFINEMENTS = 2;

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
  const value = add(
    mul(binaryCrossEntropyValue(logits, labels, valid), lambda),
    mul(lacking.value, 1 - lambda),
  );
  const pixels = div(mul(valid, lambda), add(sum(valid, undefined, { keepAxes: false }), 1));
  const pooled = mul(lacking.gradient, 1 - lambda);
  return add(stopGradient(value), regionCarrier(logits, { labels, valid, pixels, pooled, pool }));
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
  const p = pooledProbabilities(logits, valid, pool, PROBABILITY_FLOOR);
  const [n, c, height, width] = staticShape('rmi', p) as [number, number, number, number];
  const rows = (maps: Tensor) => regions(reshape(maps, [n * c, 1, height, width]), radius);
  const [e, pRows] = [rows(sub(pooledLabels(labels, c, pool), p)), rows(p)];

  const size = radius ** 2;
  const alpha = mul(identity(size), ALPHA);
  const regularised = add(outerProducts(pRows, pRows), alpha);
  const { inverse } = invertPositiveDefinite(regularised);
  let change = matmul(sub(outerProducts(e, pRows), alpha), inverse);
  let r = sub(e, matmul(change, pRows));
  let k = add(identity(size), change);
  // The inverse of a nearly singular matrix is rough in float32, so K is refined. At the right K, RPᵀ = αK. R comes from the rows
  // themselves, because their products are rounded too.
  for (let i = 0; i < REFINEMENTS; i++) {
    const residual = sub(outerProducts(r, pRows), mul(k, ALPHA));
    change = add(change, matmul(residual, inverse));
    r = sub(e, matmul(change, pRows));
    k = add(identity(size), change);
  }
  const squares = add(outerProducts(r, r), mul(matmul(k, k, false, true), ALPHA));
  const m = invertPositiveDefinite(add(squares, alpha));

  const perImage = 1 / (size * n);
  const value = mul(sum(m.logDeterminant, undefined, { keepAxes: false }), perImage / 2);
  // −KᵀM⁻¹R, added to the pixels that its rows were made from.
  const kernels = reshape(matmul(mul(matmul(m.inverse, k), -perImage), cosines(radius)), [
    n * c * size,
    1,
    radius,
    radius,
  ]);
  const places = [1, n * c * size, height - radius + 1, width - radius + 1];
  const gradient = convTranspose2d(reshape(r, places), kernels, { groups: n * c });
  return { value, gradient: reshape(gradient, p.shape) };
}

/**
 * The square regions of maps [N, 1, H, W] as [N, radius², places]: a row for each pixel of a region, with all places of regions,
 * centred. Rows are not pixels but the cosine transform of the region, an orthogonal change of basis, to which the determinant
 * and αI are blind. Neighbours are nearly equal, so the covariances of pixels are nearly singular, and float32 loses their small
 * eigenvalues; those of the transform are nearly diagonal.
 */
function regions(maps: Tensor, radius: number): Tensor {
  const size = radius ** 2;
  const [n, , height, width] = staticShape('rmi', maps) as [number, number, number, number];
  const rows = conv2d(maps, reshape(cosines(radius), [size, 1, radius, radius]));
  const flat = reshape(rows, [n, size, (height - radius + 1) * (width - radius + 1)]);
  const centred = sub(flat, mean(flat, [2]));
  // Float32 rounds the mean of many alike numbers by up to 1e-5 of it. What it left is small, so its mean is right.
  return sub(centred, mean(centred, [2]));
}

/** Places whose products are summed at a time. */
const SUMMED = 512;

/**
 * ABᵀ over all places of A and B [N, rows, places]. It is summed part by part: in one long sum of float32, small terms that are
 * alike, as those of a map of one class, are rounded in the same direction each time, and the inverse of PPᵀ shows it.
 */
function outerProducts(a: Tensor, b: Tensor): Tensor {
  const places = a.shape[2] as number;
  const parts = Array.from({ length: Math.ceil(places / SUMMED) }, (_, i) => {
    const part = (rows: Tensor) => slice(rows, 2, i * SUMMED, Math.min(places, (i + 1) * SUMMED));
    return matmul(part(a), part(b), false, true);
  });
  return addAll(parts);
}

/** The orthogonal cosine transform (DCT-II) of squares, [radius², radius²]: a row for each frequency. */
function cosines(radius: number): Tensor {
  const along = (frequency: number, i: number) =>
    Math.sqrt((frequency === 0 ? 1 : 2) / radius) * Math.cos((Math.PI * (i + 0.5) * frequency) / radius);
  const size = radius ** 2;
  const [down, right] = [(i: number) => Math.floor(i / radius), (i: number) => i % radius];
  const data = Array.from({ length: size * size }, (_, at) => {
    const [wave, pixel] = [Math.floor(at / size), at % size];
    return along(down(wave), down(pixel)) * along(right(wave), right(pixel));
  });
  return constant(data, [size, size]);
}
