import { constant, type Tensor } from '../../src/engine/graph/index.js';
import {
  add,
  averagePool2d,
  batchNormInference,
  batchNormTraining,
  type ConvolutionOptions,
  conv2d,
  convTranspose2d,
  maxPool2d,
  mul,
  type PoolingOptions,
  resizeBilinear,
  sub,
} from '../../src/engine/ops/index.js';
import { crossEntropy } from '../../src/training/losses/index.js';
import type { OperatorCase } from './fixture.js';
import { namedValues } from './named-values.js';

type Builder = (operands: Readonly<Record<string, Tensor>>, fixture: OperatorCase) => Record<string, Tensor>;

/** How each operator of the fixtures is written here: from operands and options by name to results by name. */
export const operatorBuilders: Readonly<Record<string, Builder>> = {
  conv2d: ({ x, weight, bias }, { options }) => ({
    y: conv2d(x!, weight!, { ...(options as ConvolutionOptions), bias: bias! }),
  }),
  convTranspose2d: ({ x, weight, bias }, { options }) => ({
    y: convTranspose2d(x!, weight!, { ...(options as ConvolutionOptions), bias: bias! }),
  }),
  batchNormInference: ({ x, scale, shift, mean, variance }, { options }) => ({
    y: batchNormInference(x!, scale!, shift!, mean!, variance!, options.epsilon as number),
  }),
  batchNormTraining: ({ x, scale, shift, runningMean, runningVariance }, { options }) => {
    const { momentum, epsilon } = options as { momentum: number; epsilon: number };
    const { y, mean, variance } = batchNormTraining(x!, scale!, shift!, epsilon);
    const [n, , height, width] = x!.shape as [number, number, number, number];
    const count = n * height * width;
    const moved = (running: Tensor, now: Tensor) => add(running, mul(sub(now, running), momentum));
    return {
      y,
      nextMean: moved(runningMean!, mean),
      nextVariance: moved(runningVariance!, mul(variance, count / (count - 1))),
    };
  },
  maxPool: ({ x }, { options }) => ({ y: maxPool2d(x!, symmetric(options)) }),
  averagePool: ({ x }, { options }) => ({ y: averagePool2d(x!, symmetric(options)) }),
  resizeBilinear: ({ x }, { options }) => ({
    y: resizeBilinear(x!, options.size as [number, number]),
  }),
  crossEntropy: ({ logits }, { name, options }) => {
    const [n, classes, height, width] = logits!.shape as [number, number, number, number];
    const labels = constant(options.labels as number[], [n, height, width], 'uint8');
    const classWeights = [...namedValues(`${name}/classWeights`, [classes], 0.25, 2)];
    return { loss: crossEntropy(logits!, labels, options.weighted ? { classWeights } : {}) };
  },
};

/** PyTorch's pooling pads both sides alike: a pair where ours takes four sides. */
function symmetric(options: OperatorCase['options']): PoolingOptions {
  const { padding, ...rest } = options as unknown as { padding: [number, number] } & PoolingOptions;
  const [vertical, horizontal] = padding;
  return { ...rest, padding: [vertical, horizontal, vertical, horizontal] };
}
