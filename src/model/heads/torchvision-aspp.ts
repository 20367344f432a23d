import type { Tensor } from '../../engine/graph/index.js';
import { concat, resizeLike } from '../../engine/ops/index.js';
import {
  activate,
  batchNorm,
  convolution,
  convolutionNormActivation,
  dropout,
  imageAverage,
  type Scope,
} from '../layers/index.js';
import type { AsppConfig } from './aspp.js';

/**
 * Atrous spatial pyramid pooling (Chen et al. 2017, arXiv 1706.05587) in the form and under the names of torchvision, which
 * segmentation_models.pytorch took over: the mean over the image comes last and has a batch norm, dropout follows the
 * projection, and a separable convolution has one batch norm, behind both of its parts.
 */
export function torchvisionAspp(
  scope: Scope,
  x: Tensor,
  { rates, channels, separable, dropout: rate }: AsppConfig & { readonly dropout: number },
): Tensor {
  const branch = (index: number) => scope.child('convs').child(index);
  const pointwise = branch(0);
  const branches = [
    convolutionNormActivation([pointwise.child(0), pointwise.child(1)], x, { out: channels }, 'relu'),
    ...rates.map((dilation, i) => atrous(branch(i + 1), x, { channels, dilation, separable })),
    imagePooling(branch(rates.length + 1), x, channels),
  ];
  const projection = scope.child('project');
  const projected = convolutionNormActivation(
    [projection.child(0), projection.child(1)],
    concat(branches, 1),
    { out: channels },
    'relu',
  );
  return dropout(projection, projected, rate);
}

/** A 3×3 convolution, dense or depthwise and pointwise, with one batch norm and a ReLU. */
export function atrous(
  scope: Scope,
  x: Tensor,
  { channels, dilation = 1, separable }: { channels: number; dilation?: number; separable: boolean },
): Tensor {
  const [place, norm] = [scope.child(0), scope.child(1)];
  if (!separable) {
    const layer = { out: channels, kernel: 3, dilation };
    return convolutionNormActivation([place, norm], x, layer, 'relu');
  }
  return activate(batchNorm(norm, separableConvolution(place, x, { channels, dilation })), 'relu');
}

/** Depthwise 3×3, then pointwise, nothing between. */
export function separableConvolution(
  scope: Scope,
  x: Tensor,
  { channels, dilation = 1 }: { channels: number; dilation?: number },
): Tensor {
  const groups = x.shape[1] as number;
  const depthwise = convolution(scope.child(0), x, { out: groups, kernel: 3, dilation, groups });
  return convolution(scope.child(1), depthwise, { out: channels });
}

function imagePooling(scope: Scope, x: Tensor, channels: number): Tensor {
  const pooled = convolution(scope.child(1), imageAverage(scope, x), { out: channels });
  // A batch of one image has a single value for each channel, which batch statistics would make 0.
  const isSingle = x.shape[0] === 1;
  const normalized = batchNorm(scope.child(2), pooled, isSingle ? { statistics: 'running' } : {});
  return resizeLike(activate(normalized, 'relu'), x);
}
