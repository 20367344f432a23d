import { apply, type Operator, type Tensor } from '../../graph/index.js';
import { mul, sub } from '../arithmetic.js';
import { inverseSqrt } from '../functions.js';
import { sum } from '../reductions.js';
import { alongChannels, channelDot, expectChannels, filled } from './channels.js';

interface Epsilon {
  readonly epsilon: number;
}

const inferenceOperator: Operator<Epsilon> = {
  name: 'batchNormInference',
  shape([x, gamma, beta, mean, variance]) {
    expectChannels('batchNormInference', x!, {
      gamma: gamma!,
      beta: beta!,
      mean: mean!,
      variance: variance!,
    });
    return { shape: x!.shape, dtype: 'float32' };
  },
  reference([x, gamma, beta, mean, variance], { epsilon }, [, channels, height, width]) {
    return x!.data.map((value, i) => {
      const c = Math.floor(i / (height! * width!)) % channels!;
      const normalized = (value - mean!.data[c]!) / Math.sqrt(variance!.data[c]! + epsilon);
      return gamma!.data[c]! * normalized + beta!.data[c]!;
    });
  },
  gradient(g, { inputs: [x, gamma, , mean, variance], attributes: { epsilon } }, [toX, toGamma, toBeta]) {
    const inverse = inverseSqrt(variance!, epsilon);
    return [
      toX ? mul(g, alongChannels(mul(gamma!, inverse))) : null,
      toGamma ? mul(channelDot(g, sub(x!, alongChannels(mean!))), inverse) : null,
      toBeta ? sum(g, [0, 2, 3], { keepAxes: false }) : null,
      null,
      null,
    ];
  },
  onnx: (emitter, inputs, { attributes: { epsilon } }) =>
    emitter.node('BatchNormalization', inputs, { epsilon: { float: epsilon } }),
};

/**
 * Batch normalisation with given statistics: γ·(x − mean) / √(variance + ε) + β for each channel. The statistics
 * are constants to differentiation. (Ioffe and Szegedy, arXiv 1502.03167, section 3.1.)
 *
 * @param x image [N, C, H, W]
 * @param gamma [C], as are `beta`, `mean` and `variance`
 * @throws HmsaError when shapes do not fit
 */
export function batchNormInference(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  mean: Tensor,
  variance: Tensor,
  epsilon = 1e-5,
): Tensor {
  return apply(inferenceOperator, [x, gamma, beta, mean, variance], { epsilon });
}

/** scale·x + shift for each channel, in one node. */
export function channelAffine(x: Tensor, scale: Tensor, shift: Tensor): Tensor {
  const channels = scale.shape[0] as number;
  return batchNormInference(x, scale, shift, filled(0, channels), filled(1, channels), 0);
}

/** Whether a tensor is the result of {@link batchNormInference}. */
export function isBatchNormInference(tensor: Tensor): boolean {
  return tensor.operator === inferenceOperator;
}
