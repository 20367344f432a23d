import {
  apply,
  describe,
  equalDims,
  expectDType,
  expectRank,
  type Operator,
  shapeError,
  staticSide,
  type Tensor,
} from '../../graph/index.js';
import { mul } from '../arithmetic.js';
import { expectLabels, notIgnored } from './known.js';
import { oneHot } from './one-hot.js';

/** The inputs are x, the labels, and where those name a class, which the ONNX form multiplies with. */
const gatherClassOperator: Operator<undefined> = {
  name: 'gatherClass',
  shape([x, labels]) {
    classesOf(x!, labels!);
    return { shape: x!.shape.with(1, 1), dtype: 'float32' };
  },
  reference([x, labels]) {
    const [, classes, height, width] = x!.shape as [number, number, number, number];
    const area = height * width;
    return labels!.data.map((label, i) =>
      label < 0 || label >= classes
        ? 0
        : x!.data[(Math.floor(i / area) * classes + label) * area + (i % area)]!,
    );
  },
  // Multiplying with the one-hot map is faster than ScatterElements, and a loss may have the map already.
  gradient: (g, { inputs: [x, labels] }) => [mul(g, oneHot(labels!, x!.shape[1] as number)), null, null],
  onnx(emitter, [x, labels, known], { inputs: [scores] }) {
    const last = (scores!.shape[1] as number) - 1;
    // An index out of range would be an error, so it reads some class and is multiplied by zero.
    const numbers = emitter.shared('Unsqueeze', [emitter.cast(labels!, 'int32'), emitter.ints([1])]);
    const int32 = (value: number) =>
      emitter.constant({ dtype: 'int32', shape: [], data: Int32Array.of(value) });
    const inside = emitter.shared('Clip', [numbers, int32(0), int32(last)]);
    return emitter.node('Mul', [emitter.node('GatherElements', [x!, inside], { axis: 1 }), known!]);
  },
};

/**
 * The score of each pixel's own class; 0 where the label is void (255) or any other value outside 0 … C − 1.
 *
 * @param x scores [N, C, H, W]
 * @param labels uint8, int32 or int64 [N, H, W]
 * @returns float32 [N, 1, H, W]
 * @throws HmsaError when x is no image or the labels do not fit it
 */
export function gatherClass(x: Tensor, labels: Tensor): Tensor {
  return apply(gatherClassOperator, [x, labels, notIgnored(labels, classesOf(x, labels))], undefined);
}

/** The number of classes of scores that fit the labels. @throws HmsaError when they do not */
function classesOf(x: Tensor, labels: Tensor): number {
  expectRank('gatherClass', 'scores [N, C, H, W]', x, 4);
  expectDType('gatherClass', 'scores', x, 'float32');
  const classes = staticSide('gatherClass', 'a number of classes', x.shape[1]!);
  expectLabels('gatherClass', labels, classes);
  const fits = [0, 2, 3].every((axis, i) => equalDims(x.shape[axis]!, labels.shape[i]!));
  if (!fits) shapeError('gatherClass', `labels [N, H, W] of ${describe(x)}`, describe(labels));
  return classes;
}
