import { HmsaError, shown } from '../../base/errors/index.js';
import { staticShape, type Tensor } from '../../engine/graph/index.js';
import {
  add,
  concat,
  matmul,
  mean,
  mul,
  neg,
  notIgnored,
  reshape,
  slice,
  stopGradient,
  sub,
  sum,
} from '../../engine/ops/index.js';
import { binaryCrossEntropy } from './binary-cross-entropy.js';
import { classesOf } from './labels.js';
import { pooledLabels, pooledProbabilities } from './pooled-maps.js';
import { identity, invertPositiveDefinite } from './positive-definite.js';

/** Keeps the covariances positive definite. */
const ALPHA = 5e-4;
const PROBABILITY_FLOOR = 1e-6;

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
 * Labels Y and probabilities P, average-pooled 4 × 4 and gathered in 3 × 3 neighbourhoods, give for each class ½ · log
 * det(M) / 9 with M = YYᵀ − YPᵀ(PPᵀ + αI)⁻¹PYᵀ + αI. This is averaged over images and summed over classes. Float32
 * cannot hold that difference when the prediction is good. With E = Y − P, K = I + (EPᵀ − αI)(PPᵀ + αI)⁻¹ and R = Y −
 * KP, the same M is RRᵀ + αKKᵀ + αI, which is positive definite by construction. Since this K minimises M, the gradient
 * with respect to P is that for a constant K: −KᵀM⁻¹R / 9.
 *
 * @param logits [N, C, H, W], sides that are numbers
 * @param labels train ids [N, H, W], uint8, int32 or int64; 255 and every other value outside 0 … C − 1 is void
 * @returns a scalar
 * @throws HmsaError when shapes do not fit, the image is smaller than a neighbourhood, or λ is outside 0 … 1
 */
export function regionMutualInformation(
  logits: Tensor,
  labels: Tensor,
  options: RegionMutualInformationOptions = {},
): Tensor {
  const { lambda = 0.5, radius = 3, pool = 4 } = options ?? {};
  if (!(typeof lambda === 'number' && lambda >= 0 && lambda <= 1)) {
    throw new HmsaError({ operation: 'rmi', expected: 'a lambda from 0 to 1', received: shown(lambda) });
  }
  const [, , height, width] = staticShape('rmi', logits) as [number, number, number, number];
  const least = leastSide({ radius, pool });
  if (Math.min(height, width) < least) {
    throw new HmsaError({
      operation: 'rmi',
      expected: `an image of at least ${least} × ${least} pixels`,
      received: `${height} × ${width}`,
    });
  }
  return add(
    mul(binaryCrossEntropy(logits, labels), lambda),
    mul(informationLacking(logits, labels, { radius, pool }), 1 - lambda),
  );
}

/** The smallest side of an image, in pixels, that has one region. */
export function leastSide({
  radius = 3,
  pool = 4,
}: Pick<RegionMutualInformationOptions, 'radius' | 'pool'> = {}): number {
  // ⌊(side + 2 ⌊pool / 2⌋ − pool) / pool⌋ + 1 ≥ radius
  return Math.max(1, pool * radius - 2 * (pool >> 1));
}

function informationLacking(logits: Tensor, labels: Tensor, { radius, pool }: Regions): Tensor {
  const classes = classesOf('rmi', logits, labels);
  const [images] = staticShape('rmi', logits);
  const size = radius ** 2;
  const valid = notIgnored(labels, classes);
  const y = neighbourhoods(pooledLabels(labels, classes, pool), radius);
  const differentiable = neighbourhoods(pooledProbabilities(logits, valid, pool, PROBABILITY_FLOOR), radius);
  const p = stopGradient(differentiable);
  const alpha = mul(identity(size), ALPHA);
  const e = sub(y, p);
  const { inverse } = invertPositiveDefinite(add(matmul(p, p, false, true), alpha));
  const change = matmul(sub(matmul(e, p, false, true), alpha), inverse);
  const k = add(identity(size), change);
  const r = sub(e, matmul(change, p));
  const squares = add(matmul(r, r, false, true), mul(matmul(k, k, false, true), ALPHA));
  const m = invertPositiveDefinite(add(squares, alpha));
  const perImage = 1 / (size * images!);
  const value = mul(sum(m.logDeterminant, undefined, { keepAxes: false }), perImage / 2);
  const gradient = mul(neg(matmul(k, matmul(m.inverse, r), true)), perImage);
  // The loss, with a gradient that is computed by hand: the added term is 0.
  const carrier = sum(mul(differentiable, stopGradient(gradient)), undefined, { keepAxes: false });
  return add(stopGradient(value), sub(carrier, stopGradient(carrier)));
}

/** The square regions of maps [N, C, H, W] as [N, C, radius², places], each row centred. */
function neighbourhoods(pooled: Tensor, radius: number): Tensor {
  const [n, c, height, width] = staticShape('rmi', pooled) as [number, number, number, number];
  const [rows, columns] = [height - radius + 1, width - radius + 1];
  const shifted = Array.from({ length: radius ** 2 }, (_, i) => {
    const [top, left] = [Math.floor(i / radius), i % radius];
    const part = slice(slice(pooled, 2, top, top + rows), 3, left, left + columns);
    return reshape(part, [n, c, 1, rows * columns]);
  });
  const regions = concat(shifted, 2);
  return sub(regions, mean(regions, [3]));
}
