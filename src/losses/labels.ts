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
} from '../graph/index.js';

/** Channels of a prediction [N, C, H, W] that fits labels [N, H, W]. @throws HmsaError when it does not */
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
  onnx(emitter, [labels], { inputs: operands, attributes: { weights } }) {
    const index = classIndex(emitter, labels!, operands[0]!.dtype, weights.length);
    return emitter.node('Gather', [emitter.float([...weights, 0]), index], { axis: 0 });
  },
};

/**
 * The weight of each pixel's class, 0 where the label is none of the classes: void.
 *
 * @param labels [N, H, W]
 * @returns [N, H, W]
 */
export function labelWeights(labels: Tensor, weights: readonly number[]): Tensor {
  return apply(labelWeightsOperator, [labels], { weights });
}

/** Labels as int32 with everything from `limit` on, void included, at `limit`. */
function classIndex(emitter: OnnxEmitter, labels: string, dtype: Tensor['dtype'], limit: number): string {
  const bound = { shape: [], ...bounds[dtype as keyof typeof bounds](limit) };
  const clipped = emitter.node('Clip', [labels, '', emitter.constant(bound)]);
  return dtype === 'int32' ? clipped : emitter.node('Cast', [clipped], { to: 6 });
}

const bounds = {
  uint8: (limit: number) => ({ dtype: 'uint8', data: Uint8Array.of(Math.min(limit, 255)) }) as const,
  int32: (limit: number) => ({ dtype: 'int32', data: Int32Array.of(limit) }) as const,
  int64: (limit: number) => ({ dtype: 'int64', data: BigInt64Array.of(BigInt(limit)) }) as const,
};

/**
 * Logits as [N, C, H·W] and each pixel's class as [N, 1, H·W]: with one spatial axis ONNX Runtime's gather and scatter
 * are several times faster than with two. Void is given the last class, so that the index is valid.
 */
export function emitPixels(
  emitter: OnnxEmitter,
  [logits, labels]: readonly [string, string],
  operands: readonly Tensor[],
): { readonly logits: string; readonly label: string; readonly perPixel: string } {
  const [n, classes, height, width] = operands[0]!.shape as readonly [Dim, number, Dim, Dim];
  const area = product([height, width]);
  const perPixel = emitter.sides([n, 1, area]);
  const index = classIndex(emitter, labels, operands[1]!.dtype, classes - 1);
  return {
    logits: emitter.node('Reshape', [logits, emitter.sides([n, classes, area])]),
    label: emitter.node('Reshape', [index, perPixel]),
    perPixel,
  };
}
