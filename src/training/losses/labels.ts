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
  return apply(labelWeightsOperator, [labels], { weights });
}

/** Labels as int32, limited to least … most. */
export function classIndex(emitter: OnnxEmitter, labels: string, least: number, most: number): string {
  const int32 = (value: number) =>
    emitter.constant({ dtype: 'int32', shape: [], data: Int32Array.of(value) });
  return emitter.shared('Clip', [emitter.cast(labels, 'int32'), int32(least), int32(most)]);
}

/**
 * Logits as [N, C, H·W] and the class of each pixel as [N, 1, H·W]. ONNX Runtime's gather and scatter are several times
 * faster with one spatial axis than with two. Void pixels get an arbitrary class, so that the index is valid.
 */
export function emitPixels(
  emitter: OnnxEmitter,
  [logits, labels]: readonly [string, string],
  operands: readonly Tensor[],
): { readonly logits: string; readonly label: string; readonly perPixel: string; readonly perClass: string } {
  const [n, classes, height, width] = operands[0]!.shape as readonly [Dim, number, Dim, Dim];
  const area = product([height, width]);
  const perPixel = emitter.sides([n, 1, area]);
  const perClass = emitter.sides([n, classes, area]);
  const index = classIndex(emitter, labels, 0, classes - 1);
  return {
    logits: emitter.shared('Reshape', [logits, perClass]),
    label: emitter.shared('Reshape', [index, perPixel]),
    perPixel,
    perClass,
  };
}
