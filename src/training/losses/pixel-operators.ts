import {
  apply,
  type OnnxEmitter,
  type Operator,
  type Tensor,
  type TensorType,
} from '../../engine/graph/index.js';
import { classesOf, emitPixels } from './labels.js';
import { perPixel, softmax } from './pixel-reference.js';

// At full resolution these operators are passes over [N, C, H, W]. One graph operator for each step of the formula
// would take about twenty passes. Written as three operators that share nodes (`shared`), a training step takes a
// maximum, a difference, an exponential and a sum for the loss, and a product and a scatter in place for its gradient.

function onePerPixel(name: string): Operator<undefined>['shape'] {
  return ([logits, labels]): TensorType => {
    classesOf(name, logits!, labels!);
    return { shape: labels!.shape, dtype: 'float32' };
  };
}

const shortfallOperator: Operator<undefined> = {
  name: 'labelShortfall',
  shape: onePerPixel('labelShortfall'),
  reference: ([logits, labels]) =>
    perPixel(logits!, labels!, (scores, label) => Math.max(...scores) - scores[label]!),
  gradient: 'none',
  onnx(emitter, inputs, { inputs: operands, shape }) {
    const { shortfall } = new PixelNodes(emitter, inputs, operands);
    return emitter.node('Reshape', [shortfall, emitter.sides(shape)]);
  },
};

const negativeLogLikelihoodOperator: Operator<undefined> = {
  name: 'negativeLogLikelihood',
  shape: onePerPixel('negativeLogLikelihood'),
  reference: ([logits, labels]) =>
    perPixel(logits!, labels!, (scores, label) => -Math.log(softmax(scores)[label]!)),
  gradient: (g, { inputs: [logits, labels] }) => [
    apply(gradientOperator, [logits!, labels!, g], undefined),
    null,
  ],
  // −log p = log Σ exp(x − max) + (max − x[label])
  onnx(emitter, inputs, { inputs: operands, shape }) {
    const { sum, shortfall } = new PixelNodes(emitter, inputs, operands);
    const result = emitter.node('Add', [emitter.node('Log', [sum]), shortfall]);
    return emitter.node('Reshape', [result, emitter.sides(shape)]);
  },
};

/** g · (softmax − one-hot) */
const gradientOperator: Operator<undefined> = {
  name: 'negativeLogLikelihoodGradient',
  shape: ([logits]) => logits!,
  reference([logits, labels, g]) {
    const result = new Float64Array(logits!.data.length);
    let pixel = 0;
    perPixel(logits!, labels!, (scores, label, place) => {
      softmax(scores).forEach((p, k) => {
        result[place(k)] = g!.data[pixel]! * (p - (k === label ? 1 : 0));
      });
      return pixel++;
    });
    return result;
  },
  gradient: 'none',
  onnx(emitter, inputs, { inputs: operands }) {
    const nodes = new PixelNodes(emitter, inputs, operands);
    const g = emitter.shared('Reshape', [inputs[2]!, nodes.pixels.perPixel]);
    const spread = emitter.node('Mul', [nodes.exponentials, emitter.node('Div', [g, nodes.sum])]);
    return nodes.pixels.lessAtLabel(spread, g);
  },
};

/** The nodes that the three operators share. Each is emitted when it is first needed. */
class PixelNodes {
  readonly #emitter: OnnxEmitter;
  readonly pixels: ReturnType<typeof emitPixels>;

  constructor(emitter: OnnxEmitter, [logits, labels]: readonly string[], operands: readonly Tensor[]) {
    this.#emitter = emitter;
    this.pixels = emitPixels(emitter, [logits!, labels!], operands);
  }

  get #largest(): string {
    return this.#emitter.shared('ReduceMax', [this.pixels.logits, this.#emitter.ints([1])], { keepdims: 1 });
  }

  /** max − x[label]. */
  get shortfall(): string {
    const own = this.#emitter.shared('GatherElements', [this.pixels.logits, this.pixels.label], { axis: 1 });
    return this.#emitter.shared('Sub', [this.#largest, own]);
  }

  /** exp(x − max) */
  get exponentials(): string {
    return this.#emitter.shared('Exp', [this.#emitter.shared('Sub', [this.pixels.logits, this.#largest])]);
  }

  get sum(): string {
    return this.#emitter.shared('ReduceSum', [this.exponentials, this.#emitter.ints([1])], { keepdims: 1 });
  }
}

/**
 * −log softmax(logits) at the label of each pixel. Void pixels get the value of an arbitrary class, so mask them.
 *
 * @param logits [N, C, H, W]
 * @param labels [N, H, W], whole numbers
 * @returns [N, H, W]
 */
export function negativeLogLikelihood(logits: Tensor, labels: Tensor): Tensor {
  return apply(negativeLogLikelihoodOperator, [logits, labels], undefined);
}

/**
 * The largest logit of each pixel minus the logit of its label; 0 if the label has the largest. It has no gradient.
 * Shapes and void are as in {@link negativeLogLikelihood}, with which it shares nodes.
 */
export function labelShortfall(logits: Tensor, labels: Tensor): Tensor {
  return apply(shortfallOperator, [logits, labels], undefined);
}
