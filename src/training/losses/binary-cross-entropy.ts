import { apply, type OnnxEmitter, type Operator, type Tensor } from '../../engine/graph/index.js';
import { add, div, mul, notIgnored, reshape, sum } from '../../engine/ops/index.js';
import { classesOf, emitPixels } from './labels.js';
import { perPixel } from './pixel-reference.js';
import { emitSigmoids } from './sigmoids.js';

/** So many factors of ½ or more have a product that float32 holds. */
const MOST_FACTORS = 120;

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
  // softplus(x) = (x + |x|) / 2 − log σ(|x|). Sums over classes are cheaper than a pass that writes max(x, 0), and ONNX Runtime's
  // Softplus takes several times as long as all of this.
  onnx(emitter, [logits, labels], { inputs: operands, shape }) {
    const pixels = emitPixels(emitter, [logits!, labels!], operands);
    const overClasses = (operator: string, x: string) =>
      emitter.node(operator, [x, emitter.ints([1])], { keepdims: 1 });
    const classes = operands[0]!.shape[1] as number;
    const sizes = emitter.node('Abs', [pixels.logits]);
    const factors = emitter.node('Sigmoid', [sizes]);
    const logs =
      classes <= MOST_FACTORS
        ? emitter.node('Log', [productOf(emitter, factors, classes)])
        : overClasses('ReduceSum', emitter.node('Log', [factors]));
    const both = emitter.node('Add', [
      overClasses('ReduceSum', pixels.logits),
      overClasses('ReduceSum', sizes),
    ]);
    const positive = emitter.node('Mul', [both, emitter.float(0.5)]);
    const own = emitter.shared('GatherElements', [pixels.logits, pixels.label], { axis: 1 });
    const result = emitter.node('Sub', [emitter.node('Sub', [positive, own]), logs]);
    return emitter.node('Reshape', [result, emitter.sides(shape)]);
  },
};

/** The product over axis 1 of [N, classes, …], by halves: ONNX Runtime's ReduceProd walks through memory class by class. */
function productOf(emitter: OnnxEmitter, factors: string, classes: number): string {
  if (classes === 1) return factors;
  const half = classes >> 1;
  const part = (from: number, to: number) =>
    emitter.node('Slice', [factors, emitter.ints([from]), emitter.ints([to]), emitter.ints([1])]);
  const product = emitter.node('Mul', [part(0, half), part(half, 2 * half)]);
  const all = productOf(emitter, product, half);
  return classes === 2 * half ? all : emitter.node('Mul', [all, part(2 * half, classes)]);
}

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
  onnx(emitter, [logits, labels, gradient], { inputs: operands }) {
    const pixels = emitPixels(emitter, [logits!, labels!], operands);
    const g = emitter.node('Reshape', [gradient!, pixels.perPixel]);
    const probabilities = emitter.node('Reshape', [emitSigmoids(emitter, logits!), pixels.perClass]);
    const spread = emitter.node('Mul', [probabilities, g]);
    return pixels.lessAtLabel(spread, g);
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
  const valid = notIgnored(labels, classesOf('binaryCrossEntropy', logits, labels));
  const likelihood = apply(binaryOperator, [logits, labels], undefined);
  return meanOfLabelled(likelihood, valid);
}

function meanOfLabelled(likelihood: Tensor, valid: Tensor): Tensor {
  // Row by row first: a long sum of float32 in WASM is wrong by 3e-4 of itself.
  const total = (x: Tensor) => sum(sum(x, [x.shape.length - 1]), undefined, { keepAxes: false });
  return div(total(mul(likelihood, reshape(valid, likelihood.shape))), add(total(valid), 1));
}
