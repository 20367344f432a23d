import type { Tensor } from '../../engine/graph/index.js';
import { concat, resizeLike } from '../../engine/ops/index.js';
import {
  activate,
  convolution,
  convolutionNormActivation,
  imageAverage,
  type Scope,
} from '../layers/index.js';
import type { Feature } from '../trunks/trunk.js';

export interface AsppConfig {
  /** Dilations of the 3×3 branches; 6, 12, 18 suit large images at output stride 16. */
  readonly rates: readonly number[];
  readonly channels: number;
  /** Depthwise 3×3 and pointwise convolutions instead of dense ones. */
  readonly separable: boolean;
}

/**
 * Atrous spatial pyramid pooling (Chen et al. 2017, arXiv 1706.05587). A 1×1 convolution, dilated 3×3 convolutions and the
 * mean over the whole image are joined and projected to `channels`.
 *
 * The image-pooling branch has only one value for each image and channel, too few for batch statistics, so it has a bias
 * instead of a batch norm.
 */
export function aspp(scope: Scope, x: Tensor, { rates, channels, separable }: AsppConfig): Tensor {
  const pooling = scope.child('imagePooling');
  const pooled = convolution(pooling, imageAverage(pooling, x), { out: channels, bias: true });
  const pointwise = scope.child('conv1x1');
  const branches = [
    resizeLike(activate(pooled, 'relu'), x),
    convolutionNormActivation([pointwise.child(0), pointwise.child(1)], x, { out: channels }, 'relu'),
    ...rates.map((dilation, i) =>
      spatialConvolution(scope.child('atrous').child(i), x, { channels, dilation, separable }),
    ),
  ];
  const projection = scope.child('projection');
  return convolutionNormActivation(
    [projection.child(0), projection.child(1)],
    concat(branches, 1),
    { out: channels },
    'relu',
  );
}

/** A 3×3 convolution with batch norm and ReLU. If separable: a depthwise and a pointwise one, each with both. */
export function spatialConvolution(
  scope: Scope,
  x: Tensor,
  { channels, dilation = 1, separable }: { channels: number; dilation?: number; separable: boolean },
): Tensor {
  if (!separable) {
    return convolutionNormActivation(
      [scope.child(0), scope.child(1)],
      x,
      { out: channels, kernel: 3, dilation },
      'relu',
    );
  }
  const groups = x.shape[1] as number;
  const [depthwise, pointwise] = [scope.child('depthwise'), scope.child('pointwise')];
  const seen = convolutionNormActivation(
    [depthwise.child(0), depthwise.child(1)],
    x,
    { out: groups, kernel: 3, dilation, groups },
    'relu',
  );
  return convolutionNormActivation([pointwise.child(0), pointwise.child(1)], seen, { out: channels }, 'relu');
}

/**
 * A warning about dilations that are at least the side of the map: only the centre of their 3×3 kernel reads the map, and
 * the rest reads padding.
 */
export function wideRates(features: readonly Feature[], rates: readonly number[]): string[] {
  const side = Math.min(...(features.at(-1)!.tensor.shape.slice(2) as number[]));
  const wide = rates.filter((rate) => rate >= side);
  if (wide.length === 0) return [];
  return [
    `ASPP rates ${wide.join(', ')} reach past the features, whose smaller side is ${side}: keep model.head.asppRates ` +
      'within a third of it',
  ];
}
