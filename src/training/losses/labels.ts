import {
  apply,
  type Dim,
  describe,
  equalShapes,
  expectDType,
  expectRank,
  type OnnxEmitter,
  type Operator,
  product,
  shapeError,
  staticSide,
  type Tensor,
} from '../../engine/graph/index.js';
import { notIgnored, reshape } from '../../engine/ops/index.js';

/**
 * The number of classes of a prediction [N, C, H, W] for labels [N, H, W]. @throws HmsaError when the shapes do not fit
 */
export function classesOf(operator: string, logits: Tensor, labels: Tensor): number {
  expectDType(operator, 'logits', logits, 'float32');
  expectDType(operator, 'labels', labels, 'uint8', 'int32', 'int64');
  expectRank(operator, 'logits', logits, 4);
  const [n, classes, height, width] = logits.shape;
  if (!equalShapes(labels.shape, [n!, height!, width!])) {
    shapeError(
      operator,
      `labels [N, H, W] for ${describe(logits)}`,
      describe(labels),
      'Resize the logits to the labels first.',
    );
  }
  return staticSide(operator, 'a number of classes', classes!);
}

const labelWeightsOperator: Operator<{ readonly weights: readonly number[] }> = {
  name: 'labelWeights',
  shape: ([labels]) => ({ shape: labels!.shape, dtype: 'float32' }),
  reference: ([labels], { weights }) => labels!.data.map((label) => weights[label] ?? 0),
  gradient: 'none',
  onnx(emitter, [labels], { attributes: { weights } }) {
    // Labels outside the classes select the 0 at the end: index −1 counts from there.
    const index = classIndex(emitter, labels!, -1, weights.length);
    return emitter.node('Gather', [emitter.float([...weights, 0]), index], { axis: 0 });
  },
};

/**
 * The weight of each pixel's class; 0 if the label is void (255) or outside 0 … classes − 1.
 *
 * @param labels [N, H, W]
 * @returns [N, H, W]
 */
export function labelWeights(labels: Tensor, weights: readonly number[]): Tensor {
  // A comparison takes a tenth of the time of a table, and other operators share it.
  if (weights.every((weight) => weight === 1))
    return reshape(notIgnored(labels, weights.length), labels.shape);
  return apply(labelWeightsOperator, [labels], { weights });
}

/** Labels as int32, limited to least … most. */
export function classIndex(emitter: OnnxEmitter, labels: string, least: number, most: number): string {
  const int32 = (value: number) =>
    emitter.constant({ dtype: 'int32', shape: [], data: Int32Array.of(value) });
  return emitter.shared('Clip', [emitter.cast(labels, 'int32'), int32(least), int32(most)]);
}

/** See {@link emitPixels}. */
interface Pixels {
  /** [N, C, H·W] */
  readonly logits: string;
  /** The class of each pixel, [N, 1, H·W]. */
  readonly label: string;
  /** The shape [N, 1, H·W]. */
  readonly perPixel: string;
  /** The shape [N, C, H·W]. */
  readonly perClass: string;
  /**
   * Values for each class of each pixel, less an amount at the label of each pixel, in the shape of the logits.
   *
   * @param values N · C · H · W in any shape
   * @param amounts N · H · W in any shape
   */
  lessAtLabel(values: string, amounts: string): string;
}

/**
 * Logits as [N, C, H·W] and the class of each pixel as [N, 1, H·W]. ONNX Runtime's gather and scatter are several times
 * faster with one spatial axis than with two. Void pixels get an arbitrary class, so that the index is valid.
 */
export function emitPixels(
  emitter: OnnxEmitter,
  [logits, labels]: readonly [string, string],
  operands: readonly Tensor[],
): Pixels {
  const [n, classes, height, width] = operands[0]!.shape as readonly [Dim, number, Dim, Dim];
  const area = product([height, width]);
  const perPixel = emitter.sides([n, 1, area]);
  const perClass = emitter.sides([n, classes, area]);
  const index = classIndex(emitter, labels, 0, classes - 1);
  const label = emitter.shared('Reshape', [index, perPixel]);
  return {
    logits: emitter.shared('Reshape', [logits, perClass]),
    label,
    perPixel,
    perClass,
    lessAtLabel(values, amounts) {
      const shaped = (x: string, sides: string) => emitter.shared('Reshape', [x, sides]);
      let [into, at, shares] = [perClass, label, perPixel];
      if (typeof area === 'number' && typeof n === 'number') {
        // With a single axis in all it takes a third of the time.
        [into, shares] = [emitter.ints([n, classes * area]), emitter.ints([n, area])];
        const int32 = (value: number) =>
          emitter.constant({ dtype: 'int32', shape: [], data: Int32Array.of(value) });
        const first = emitter.shared('Mul', [emitter.shared('Reshape', [index, shares]), int32(area)]);
        at = emitter.shared('Add', [first, emitter.shared('Range', [int32(0), int32(area), int32(1)])]);
      }
      const less = emitter.node('Neg', [shaped(amounts, shares)]);
      const result = emitter.node('ScatterElements', [emitter.node('Reshape', [values, into]), at, less], {
        axis: 1,
        reduction: 'add',
      });
      return emitter.node('Reshape', [result, emitter.sides(operands[0]!.shape)]);
    },
  };
}
