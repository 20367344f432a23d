import type { NdArray } from '../../base/arrays.js';
import {
  apply,
  describe,
  equalDims,
  expectDType,
  expectRank,
  expectTensor,
  type Operator,
  resolveAxis,
  shapeError,
  staticSide,
  type Tensor,
} from '../graph/index.js';
import { mul } from './arithmetic.js';
import { cast } from './conversion.js';
import { heaviside } from './functions.js';
import { reshape } from './layout.js';

/** Checks a label map [N, H, W] for a number of classes. */
function expectLabels(operator: string, labels: Tensor, classes: number): void {
  expectRank(operator, 'a label map [N, H, W]', labels, 3);
  expectDType(operator, 'a label map', labels, 'uint8', 'int32', 'int64');
  if (!Number.isInteger(classes) || classes < 1) shapeError(operator, 'one class or more', String(classes));
  if (labels.dtype === 'uint8' && classes > 255) {
    shapeError(
      operator,
      'at most 255 classes in a uint8 label map, whose 255 means void',
      `${classes} classes for ${describe(labels)}`,
      'Use int32 labels.',
    );
  }
}

/** A label map [N, H, W] with an axis for classes, [N, 1, H, W]. */
function withClassAxis(labels: Tensor): Tensor {
  const [batch, height, width] = labels.shape;
  return reshape(labels, [batch!, 1, height!, width!]);
}

/**
 * 1 where a label names a class, 0 where it is to be ignored: void (255) or any other value outside 0 … classes − 1.
 *
 * @param labels uint8, int32 or int64 [N, H, W]
 * @returns float32 [N, 1, H, W]
 * @throws HmsaError when labels are no label map
 */
export function notIgnored(labels: Tensor, classes: number): Tensor {
  expectLabels('notIgnored', labels, classes);
  const numbers = cast(withClassAxis(labels), 'float32');
  const below = heaviside(numbers, classes - 0.5, -1);
  return labels.dtype === 'uint8' ? below : mul(below, heaviside(numbers, -0.5));
}

const oneHotOperator: Operator<{ readonly classes: number }> = {
  name: 'oneHot',
  shape: ([labels], { classes }) => ({ shape: labels!.shape.with(1, classes), dtype: 'float32' }),
  reference([labels], { classes }, output) {
    const area = output[2]! * output[3]!;
    const result = new Float64Array(output.reduce((a, b) => a * b, 1));
    labels!.data.forEach((label, i) => {
      if (label < 0 || label >= classes) return;
      result[(Math.floor(i / area) * classes + label) * area + (i % area)] = 1;
    });
    return result;
  },
  gradient: 'none',
  // Equal and Cast in the labels' own type: of the forms measured on ONNX Runtime's CPU, OneHot, tables and float
  // arithmetic among them, the fastest.
  onnx(emitter, [labels], { inputs: [map], attributes: { classes } }) {
    const numbers = emitter.constant(classNumbers(map!.dtype, classes));
    return emitter.cast(emitter.node('Equal', [labels!, numbers]), 'float32');
  },
};

function classNumbers(dtype: Tensor['dtype'], classes: number): NdArray {
  const numbers = Array.from({ length: classes }, (_, i) => i);
  const shape = [1, classes, 1, 1];
  if (dtype === 'int64') return { dtype, shape, data: BigInt64Array.from(numbers, BigInt) };
  if (dtype === 'int32') return { dtype, shape, data: Int32Array.from(numbers) };
  return { dtype: 'uint8', shape, data: Uint8Array.from(numbers) };
}

/**
 * A map for each class: 1 where the label names it, 0 elsewhere; all zeros where the label is void (255) or any other
 * value outside 0 … classes − 1.
 *
 * @param labels uint8, int32 or int64 [N, H, W]
 * @returns float32 [N, classes, H, W]
 * @throws HmsaError when labels are no label map
 */
export function oneHot(labels: Tensor, classes: number): Tensor {
  expectLabels('oneHot', labels, classes);
  return apply(oneHotOperator, [withClassAxis(labels)], { classes });
}

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

const argmaxOperator: Operator<{ readonly axis: number }> = {
  name: 'argmax',
  shape([x], { axis }) {
    expectDType('argmax', 'an operand', x!, 'float32');
    return { shape: x!.shape.toSpliced(axis, 1), dtype: 'int64' };
  },
  reference([x], { axis }, output) {
    const side = x!.shape[axis]!;
    const inner = x!.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
    return Float64Array.from({ length: output.reduce((a, b) => a * b, 1) }, (_, i) => {
      const first = Math.floor(i / inner) * inner * side + (i % inner);
      let best = 0;
      for (let k = 1; k < side; k++) {
        if (x!.data[first + k * inner]! > x!.data[first + best * inner]!) best = k;
      }
      return best;
    });
  },
  gradient: 'none',
  onnx: (emitter, [x], { attributes: { axis } }) =>
    emitter.node('ArgMax', [x!], { axis, keepdims: 0, select_last_index: 0 }),
};

/**
 * The index of the largest element along an axis, which is dropped. From scores [N, C, H, W] it gives the classes as int64
 * [N, H, W]. Of equal elements the first wins.
 *
 * @throws HmsaError when x has no such axis
 */
export function argmax(x: Tensor, axis = 1): Tensor {
  expectTensor('argmax', x);
  return apply(argmaxOperator, [x], { axis: resolveAxis('argmax', axis, x.shape.length) });
}

/** Whether a tensor is the result of an {@link argmax} along an axis, counted from the first. */
export function isArgmax(tensor: Tensor, axis: number): boolean {
  expectTensor('isArgmax', tensor);
  return tensor.operator === argmaxOperator && tensor.attributes.axis === axis;
}
