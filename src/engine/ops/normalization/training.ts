import { apply, type Operator, staticShape, type Tensor } from '../../graph/index.js';
import { add, mul, sub } from '../arithmetic.js';
import { stopGradient } from '../conversion.js';
import { inverseSqrt } from '../functions.js';
import { mean as meanOver, sum } from '../reductions.js';
import { alongChannels, channelDot, expectChannels } from './channels.js';
import { channelAffine } from './inference.js';

interface Epsilon {
  readonly epsilon: number;
}

/**
 * The inputs are x, γ, β and two values that the statistics have computed already: x − mean and the variance. The reference and
 * the gradient use only x. The ONNX form uses the two values, so that x can be freed once it is centred.
 */
const trainingOperator: Operator<Epsilon> = {
  name: 'batchNormTraining',
  shape([x, gamma, beta]) {
    expectChannels('batchNormTraining', x!, { gamma: gamma!, beta: beta! });
    return { shape: x!.shape, dtype: 'float32' };
  },
  reference([x, gamma, beta], { epsilon }, [, channels, height, width]) {
    const channelOf = (i: number) => Math.floor(i / (height! * width!)) % channels!;
    const count = x!.data.length / channels!;
    const mean = new Float64Array(channels!);
    const variance = new Float64Array(channels!);
    x!.data.forEach((value, i) => {
      mean[channelOf(i)]! += value / count;
    });
    x!.data.forEach((value, i) => {
      variance[channelOf(i)]! += (value - mean[channelOf(i)]!) ** 2 / count;
    });
    return x!.data.map((value, i) => {
      const c = channelOf(i);
      return (gamma!.data[c]! * (value - mean[c]!)) / Math.sqrt(variance[c]! + epsilon) + beta!.data[c]!;
    });
  },
  // With x̂ = (x − mean)/σ and M elements a channel: ∂β = Σg, ∂γ = Σ g·x̂ and
  // ∂x = γ/σ · (g − ∂β/M − x̂·∂γ/M), where the last two terms are one affine function of x − mean a channel.
  gradient(g, { inputs: [x, gamma, , centred, variance], attributes: { epsilon } }, [toX, toGamma, toBeta]) {
    const share = -1 / elementsPerChannel(x!);
    const inverse = inverseSqrt(variance!, epsilon);
    const byBeta = sum(g, [0, 2, 3], { keepAxes: false });
    const byGamma = mul(channelDot(g, centred!), inverse);
    const byX = () => {
      const explained = channelAffine(centred!, mul(mul(byGamma, inverse), share), mul(byBeta, share));
      return mul(add(g, explained), alongChannels(mul(gamma!, inverse)));
    };
    return [toX ? byX() : null, toGamma ? byGamma : null, toBeta ? byBeta : null, null, null];
  },
  onnx(emitter, [, gamma, beta, centred, variance], { inputs: [x], attributes: { epsilon } }) {
    const none = emitter.float(new Array<number>(x!.shape[1] as number).fill(0));
    return emitter.node('BatchNormalization', [centred!, gamma!, beta!, none, variance!], {
      epsilon: { float: epsilon },
    });
  },
};

function elementsPerChannel(x: Tensor): number {
  const [batch, , height, width] = staticShape('batchNormTraining', x);
  return batch! * height! * width!;
}

/** The result of {@link batchNormTraining}, with the statistics that it used. */
export interface BatchNormTraining {
  readonly y: Tensor;
  /** [C]; constant to differentiation, for the running statistics. */
  readonly mean: Tensor;
  /** [C], biased (divided by N·H·W); constant to differentiation. */
  readonly variance: Tensor;
}

/**
 * Batch normalisation with the batch's own statistics: γ·(x − mean) / √(variance + ε) + β for each channel.
 * (Ioffe and Szegedy, arXiv 1502.03167, algorithm 1.) The variance is that of the centred image, so it does not
 * cancel where the mean is large.
 *
 * @param x image [N, C, H, W], all sides numbers
 * @param gamma [C], as is `beta`
 * @throws HmsaError when shapes do not fit or a side is free
 */
export function batchNormTraining(x: Tensor, gamma: Tensor, beta: Tensor, epsilon = 1e-5): BatchNormTraining {
  expectChannels('batchNormTraining', x, { gamma, beta });
  const count = elementsPerChannel(x);
  const constantX = stopGradient(x);
  const mean = meanOver(constantX, [0, 2, 3], { keepAxes: false });
  const centred = sub(constantX, alongChannels(mean));
  const variance = mul(channelDot(centred, centred), 1 / count);
  const y = apply(trainingOperator, [x, gamma, beta, centred, variance], { epsilon });
  return { y, mean, variance };
}
