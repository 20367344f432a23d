import {
  apply,
  constant,
  describe,
  equalShapes,
  expectDType,
  expectRank,
  type Operator,
  product,
  shapeError,
  staticShape,
  staticSide,
  type Tensor,
} from '../graph/index.js';
import { add, mul, sub } from './arithmetic.js';
import { stopGradient } from './conversion.js';
import { inverseSqrt } from './functions.js';
import { reshape } from './layout.js';
import { emitMatrixProduct } from './matmul.js';
import { mean as meanOver, sum } from './reductions.js';

/** Checks an image [N, C, H, W] and one number for each of its channels [C], by name; gives C. */
function expectChannels(operator: string, x: Tensor, perChannel: Readonly<Record<string, Tensor>>): number {
  expectRank(operator, 'an image [N, C, H, W]', x, 4);
  expectDType(operator, 'an image', x, 'float32');
  const channels = staticSide(operator, 'a channel count', x.shape[1]!);
  for (const [name, tensor] of Object.entries(perChannel)) {
    if (!equalShapes(tensor.shape, [channels]) || tensor.dtype !== 'float32') {
      shapeError(operator, `${name} of float32 [${channels}] for ${describe(x)}`, describe(tensor));
    }
  }
  return channels;
}

/** One number a channel, as it broadcasts over an image. */
function alongChannels(perChannel: Tensor): Tensor {
  return reshape(perChannel, [1, perChannel.shape[0]!, 1, 1]);
}

/** [C], every element the same. */
function filled(value: number, channels: number): Tensor {
  return constant(new Array<number>(channels).fill(value), [channels]);
}

const channelDotOperator: Operator<undefined> = {
  name: 'channelDot',
  shape([a, b]) {
    const channels = expectChannels('channelDot', a!, {});
    if (!equalShapes(a!.shape, b!.shape)) shapeError('channelDot', describe(a!), describe(b!));
    return { shape: [channels], dtype: 'float32' };
  },
  reference([a, b], _, [channels]) {
    const area = a!.shape[2]! * a!.shape[3]!;
    const result = new Float64Array(channels!);
    a!.data.forEach((value, i) => {
      result[Math.floor(i / area) % channels!]! += value * b!.data[i]!;
    });
    return result;
  },
  gradient(g, { inputs: [a, b] }, [first, second]) {
    const along = alongChannels(g);
    return [first ? mul(b!, along) : null, second ? mul(a!, along) : null];
  },
  // A row times a row transposed: on ONNX Runtime's CPU many times faster than ReduceSumSquare, than Mul and
  // ReduceSum, and than MatMul with the second operand reshaped into a column.
  onnx(emitter, [a, b], { inputs: [image] }) {
    const [batch, channels, height, width] = image!.shape;
    const rows = emitter.sides([batch!, channels!, 1, product([height!, width!])]);
    const products = emitMatrixProduct(
      emitter,
      { name: emitter.shared('Reshape', [a!, rows]), rank: 4, transposed: false },
      { name: emitter.shared('Reshape', [b!, rows]), rank: 4, transposed: true },
    );
    return emitter.node('ReduceSum', [products, emitter.ints([0, 2, 3])], { keepdims: 0 });
  },
};

/** Σ a·b of each channel, over batch and pixels: two images [N, C, H, W] to [C]. */
function channelDot(a: Tensor, b: Tensor): Tensor {
  return apply(channelDotOperator, [a, b], undefined);
}

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
function channelAffine(x: Tensor, scale: Tensor, shift: Tensor): Tensor {
  const channels = scale.shape[0] as number;
  return batchNormInference(x, scale, shift, filled(0, channels), filled(1, channels), 0);
}

/** Whether a tensor is the result of {@link batchNormInference}. */
export function isBatchNormInference(tensor: Tensor): boolean {
  return tensor.operator === inferenceOperator;
}
