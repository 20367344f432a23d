import { apply, type Operator, type Tensor } from '../../engine/graph/index.js';
import { add, div, mul, notIgnored, reshape, sum } from '../../engine/ops/index.js';
import { classesOf, emitPixels } from './labels.js';
import { perPixel } from './pixel-reference.js';

/**
 * The sum over classes of −log of the probability that each class is present (σ(x)) or absent (1 − σ(x)): Σ softplus(x)
 * − x[label].
 */
const binaryOperator: Operator<undefined> = {
  name: 'binaryNegativeLogLikelihood',
  shape: ([logits, labels]) => {
    classesOf(binaryOperator.name, logits!, labels!);
    return { shape: labels!.shape, dtype: 'float32' };
  },
  reference: ([logits, labels]) =>
    perPixel(
      logits!,
      labels!,
      (scores, label) =>
        scores.reduce((total, x) => total + Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), 0) -
        scores[label]!,
    ),
  gradient: (g, { inputs: [logits, labels] }) => [
    apply(gradientOperator, [logits!, labels!, g], undefined),
    null,
  ],
  onnx(emitter, [logits, labels], { inputs: operands, shape }) {
    const pixels = emitPixels(emitter, [logits!, labels!], operands);
    const softplus = emitter.node('Softplus', [pixels.logits]);
    const total = emitter.node('ReduceSum', [softplus, emitter.ints([1])], { keepdims: 1 });
    const own = emitter.node('GatherElements', [pixels.logits, pixels.label], { axis: 1 });
    return emitter.node('Reshape', [emitter.node('Sub', [total, own]), emitter.sides(shape)]);
  },
};

/** g · (σ(x) − one-hot) */
const gradientOperator: Operator<undefined> = {
  name: 'binaryNegativeLogLikelihoodGradient',
  shape: ([logits]) => logits!,
  reference([logits, labels, g]) {
    const result = new Float64Array(logits!.data.length);
    let pixel = 0;
    perPixel(logits!, labels!, (scores, label, place) => {
      scores.forEach((x, k) => {
        result[place(k)] = g!.data[pixel]! * (1 / (1 + Math.exp(-x)) - (k === label ? 1 : 0));
      });
      return pixel++;
    });
    return result;
  },
  gradient: 'none',
  onnx(emitter, [logits, labels, gradient], { inputs: operands, shape }) {
    const pixels = emitPixels(emitter, [logits!, labels!], operands);
    const g = emitter.node('Reshape', [gradient!, pixels.perPixel]);
    const spread = emitter.node('Mul', [emitter.node('Sigmoid', [pixels.logits]), g]);
    const result = emitter.node('ScatterElements', [spread, pixels.label, emitter.node('Neg', [g])], {
      axis: 1,
      reduction: 'add',
    });
    return emitter.node('Reshape', [result, emitter.sides(shape)]);
  },
};

/**
 * Binary cross-entropy of each class against the rest, summed over classes and labelled pixels and divided by the
 * number of labelled pixels + 1, as in the code of RMI's authors.
 *
 * @param logits [N, C, H, W]
 * @param labels train ids [N, H, W], uint8, int32 or int64; 255 and every other value outside 0 … C − 1 is void
 * @returns a scalar
 * @throws HmsaError when shapes do not fit
 */
export function binaryCrossEntropy(logits: Tensor, labels: Tensor): Tensor {
  const valid = reshape(notIgnored(labels, classesOf('binaryCrossEntropy', logits, labels)), labels.shape);
  const total = (x: Tensor) => sum(x, undefined, { keepAxes: false });
  const likelihood = apply(binaryOperator, [logits, labels], undefined);
  return div(total(mul(likelihood, valid)), add(total(valid), 1));
}
