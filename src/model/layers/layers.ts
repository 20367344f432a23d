import { checkArgument, isObject } from '../../base/errors/index.js';
import { expectRank, expectTensor, shapeError, staticSide, type Tensor } from '../../engine/graph/index.js';
import {
  add,
  batchNormInference,
  batchNormTraining,
  type ConvolutionOptions,
  conv2d,
  convTranspose2d,
  heaviside,
  mean,
  mul,
  relu,
  relu6,
  reshape,
  square,
  sub,
} from '../../engine/ops/index.js';
import { checkScope, type Scope } from './builder.js';
import { type Initializer, ones, zeros } from './initializers.js';

/** Added to the variance before its square root; PyTorch's default. */
export const NORM_EPSILON = 1e-5;

export type Activation = 'relu' | 'relu6' | 'none';

export interface ConvolutionLayer extends ConvolutionOptions {
  readonly out: number;
  /** Side of the square kernel; default 1. */
  readonly kernel?: number;
  readonly bias?: boolean;
  readonly weight?: Initializer;
  readonly biasStart?: Initializer;
}

/** A convolution with its own `weight` (and `bias`). The default padding keeps the size at stride 1. */
export function convolution(scope: Scope, x: Tensor, layer: ConvolutionLayer): Tensor {
  const channels = channelsOf('convolution', scope, x);
  checkArgument(isObject(layer), 'convolution', 'a layer as { out, kernel, … }', layer);
  const { out, kernel = 1, bias = false, weight, biasStart = zeros, ...options } = layer;
  const { groups = 1, dilation = 1 } = options;
  if (channels % groups !== 0)
    shapeError(scope.path, `channels divisible by ${groups} groups`, String(channels));
  const w = scope.parameter(
    'weight',
    [out, channels / groups, kernel, kernel],
    weight ?? { kind: 'kaimingNormal', mode: 'fanOut' },
  );
  const padding = options.padding ?? samePadding(kernel, dilation);
  return conv2d(x, w, {
    ...options,
    padding,
    ...(bias ? { bias: scope.parameter('bias', [out], biasStart) } : {}),
  });
}

/** The channels of a layer's input, [N, C, H, W]. */
function channelsOf(layer: string, scope: Scope, x: Tensor): number {
  checkScope(scope, layer);
  expectRank(scope.path || layer, 'an input', x, 4);
  return staticSide(scope.path || layer, 'a channel count', x.shape[1]!);
}

function samePadding(kernel: number, dilation: ConvolutionOptions['dilation']) {
  const [vertical, horizontal] = pairOf(dilation);
  const around = (rate: number) => Math.floor((rate * (kernel - 1)) / 2);
  return [around(vertical), around(horizontal), around(vertical), around(horizontal)] as const;
}

/** Height and width of an option that takes one number or two. The operator checks them. */
function pairOf(option: number | readonly [number, number] = 1): readonly [number, number] {
  return Array.isArray(option) ? (option as [number, number]) : [option as number, option as number];
}

/**
 * A transposed convolution with its own `weight`, [channels, out / groups, kernel, kernel].
 *
 * At stride s, s² kernels interleave, one for each phase of the result. `evenPhases` gives all of them the same sum, so that a
 * constant input gives a constant output: it subtracts from each kernel the difference of its mean from the mean of all
 * (Sugawara et al. 2018, arXiv 1806.02658, section 3).
 */
export function transposedConvolution(
  scope: Scope,
  x: Tensor,
  layer: ConvolutionOptions & {
    readonly out: number;
    readonly kernel: number;
    readonly weight: Initializer;
    readonly evenPhases?: boolean;
  },
): Tensor {
  const channels = channelsOf('transposedConvolution', scope, x);
  checkArgument(isObject(layer), 'transposedConvolution', 'a layer as { out, kernel, weight, … }', layer);
  const { out, kernel, weight, evenPhases = false, ...options } = layer;
  const learned = scope.parameter('weight', [channels, out / (options.groups ?? 1), kernel, kernel], weight);
  return convTranspose2d(x, evenPhases ? withEvenPhases(learned, options.stride) : learned, options);
}

function withEvenPhases(weight: Tensor, stride: ConvolutionOptions['stride']): Tensor {
  const [first, second, height, width] = weight.shape as [number, number, number, number];
  const [down, across] = pairOf(stride);
  const phases = reshape(weight, [first, second, height / down, down, width / across, across]);
  const excess = sub(mean(phases, [2, 4]), mean(phases, [2, 3, 4, 5]));
  return reshape(sub(phases, excess), weight.shape);
}

/**
 * Batch normalisation (Ioffe, Szegedy 2015, arXiv 1502.03167) with `weight`, `bias`, `running_mean` and `running_var`.
 *
 * If it normalises by the batch, it moves the running statistics towards the batch's mean and *unbiased* variance, as PyTorch
 * does. A network that is built twice in one graph moves them twice, in the order in which it was built.
 *
 * @param options `statistics: 'running'` normalises by the running statistics in training too, and never moves them
 */
export function batchNorm(scope: Scope, x: Tensor, options?: { readonly statistics?: 'running' }): Tensor {
  const channels = channelsOf('batchNorm', scope, x);
  const { statistics } = options ?? {};
  const gamma = scope.parameter('weight', [channels], ones);
  const beta = scope.parameter('bias', [channels], zeros);
  const runningMean = scope.buffer('running_mean', [channels], zeros);
  const runningVariance = scope.buffer('running_var', [channels], ones, { least: 0 });
  const { builder } = scope;
  if (builder.observes) {
    const center = mean(x, [0, 2, 3]);
    const variance = mean(square(sub(x, center)), [0, 2, 3]);
    builder.observe(scope.path, {
      mean: reshape(center, [channels]),
      variance: reshape(variance, [channels]),
    });
  }
  if (statistics === 'running' || !builder.usesBatchStatistics(scope.path)) {
    return batchNormInference(x, gamma, beta, runningMean, runningVariance, NORM_EPSILON);
  }
  const normalized = batchNormTraining(x, gamma, beta, NORM_EPSILON);
  const [batch, , height, width] = x.shape;
  const count = [batch!, height!, width!].reduce<number>(
    (product, side) => product * staticSide(scope.path, 'a side of a training batch', side),
    1,
  );
  if (count < 2) {
    shapeError(
      scope.path,
      'two values a channel or more to normalise by',
      'one',
      'Use a larger crop or batch, or running statistics.',
    );
  }
  const momentum = builder.statisticsMomentum;
  const move = (buffer: typeof runningMean, target: Tensor) => {
    const current = builder.current(buffer);
    builder.update(buffer, add(current, mul(sub(target, current), momentum)));
  };
  move(runningMean, normalized.mean);
  move(runningVariance, mul(normalized.variance, count / (count - 1)));
  return normalized.y;
}

/**
 * Dropout (Srivastava et al. 2014, JMLR 15). In training each value becomes 0 with probability `rate` and is otherwise divided
 * by 1 − rate, so that the mean stays the same. In inference, without a random source, or if the scope is frozen (decided by
 * the name `weight`, as for batch norm), it returns x itself.
 *
 * @param rate from 0 to below 1
 * @param whole `channels` drops whole channels of an image (Tompson et al. 2015, arXiv 1411.4280; PyTorch's `Dropout2d`)
 * @throws HmsaError when the rate is outside this range
 */
export function dropout(scope: Scope, x: Tensor, rate: number, whole?: 'channels'): Tensor {
  checkScope(scope, 'dropout');
  expectTensor(`dropout ${scope.path}`, x);
  const isRate = typeof rate === 'number' && rate >= 0 && rate < 1;
  checkArgument(isRate, `dropout ${scope.path}`, 'a rate from 0 to below 1', rate);
  const drawn = whole === 'channels' ? [x.shape[0]!, x.shape[1]!, 1, 1] : x.shape;
  const uniform = rate === 0 ? undefined : scope.builder.draw(scope.path, drawn);
  if (uniform === undefined) return x;
  // The random numbers are multiples of 2⁻²⁴. So is the bound, which makes the comparison exact.
  const bound = Math.ceil(rate * 2 ** 24) / 2 ** 24;
  return mul(x, mul(heaviside(uniform, bound, 1, 1), 1 / (1 - rate)));
}

/** Convolution, batch norm and activation. The caller gives the scopes of the first two. */
export function convolutionNormActivation(
  scopes: readonly [Scope, Scope],
  x: Tensor,
  layer: ConvolutionLayer,
  activation: Activation,
): Tensor {
  checkArgument(Array.isArray(scopes), 'convolutionNormActivation', 'a list of two scopes', scopes);
  const [convolutionScope, normScope] = scopes;
  return activate(batchNorm(normScope, convolution(convolutionScope, x, layer)), activation);
}

export function activate(x: Tensor, activation: Activation): Tensor {
  switch (activation) {
    case 'relu':
      return relu(x);
    case 'relu6':
      return relu6(x);
    case 'none':
      return x;
    default:
      checkArgument(false, 'activate', 'one of relu, relu6, none', activation);
  }
}
