import {
  apply,
  type OnnxEmitter,
  type Operator,
  type Tensor,
  type TensorType,
} from '../../engine/graph/index.js';
import { classesOf, emitPixels } from './labels.js';
import { perPixel, softmax } from './pixel-reference.js';

// At full resolution these cost passes over [N, C, H, W] and nothing else. As one graph operator for each formula
// they would take some twenty; written as three that share nodes (`shared`), a training step
// takes a maximum, a difference, an exponential and a sum for the loss, and one product and a scatter in place for its
// gradient.

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
  // −log p = log Σ exp(x − max) + (max − x of the label)
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
  onnx(emitter, inputs, { inputs: operands, shape }) {
    const { exponentials, sum, label, perPixel } = new PixelNodes(emitter, inputs, operands);
    const g = emitter.shared('Reshape', [inputs[2]!, perPixel]);
    const spread = emitter.node('Mul', [exponentials, emitter.node('Div', [g, sum])]);
    const result = emitter.node('ScatterElements', [spread, label, emitter.shared('Neg', [g])], {
      axis: 1,
      reduction: 'add',
    });
    return emitter.node('Reshape', [result, emitter.sides(shape)]);
  },
};

/** The nodes that the three share, each emitted when it is first asked for. */
class PixelNodes {
  readonly #emitter: OnnxEmitter;
  readonly #logits: string;
  /** The class of each pixel's label, [N, 1, H·W]. */
  readonly label: string;
  /** The shape [N, 1, H·W]. */
  readonly perPixel: string;

  constructor(emitter: OnnxEmitter, [logits, labels]: readonly string[], operands: readonly Tensor[]) {
    this.#emitter = emitter;
    const pixels = emitPixels(emitter, [logits!, labels!], operands);
    this.#logits = pixels.logits;
    this.label = pixels.label;
    this.perPixel = pixels.perPixel;
  }

  get #largest(): string {
    return this.#emitter.shared('ReduceMax', [this.#logits, this.#emitter.ints([1])], { keepdims: 1 });
  }

  /** max − x of the label. */
  get shortfall(): string {
    const own = this.#emitter.shared('GatherElements', [this.#logits, this.label], { axis: 1 });
    return this.#emitter.shared('Sub', [this.#largest, own]);
  }

  /** exp(x − max) */
  get exponentials(): string {
    return this.#emitter.shared('Exp', [this.#emitter.shared('Sub', [this.#logits, this.#largest])]);
  }

  get sum(): string {
    return this.#emitter.shared('ReduceSum', [this.exponentials, this.#emitter.ints([1])], { keepdims: 1 });
  }
}

/**
 * −log softmax(logits) of each pixel's label; of some class where the label is void, so mask it.
 *
 * @param logits [N, C, H, W]
 * @param labels [N, H, W], whole numbers
 * @returns [N, H, W]
 */
export function negativeLogLikelihood(logits: Tensor, labels: Tensor): Tensor {
  return apply(negativeLogLikelihoodOperator, [logits, labels], undefined);
}

/**
 * How far the logit of each pixel's label stays behind the largest, 0 where it is the largest itself. No gradient
 * passes. Shapes and void as in {@link negativeLogLikelihood}, whose nodes it shares.
 */
export function labelShortfall(logits: Tensor, labels: Tensor): Tensor {
  return apply(shortfallOperator, [logits, labels], undefined);
}
