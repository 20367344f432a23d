import type { NdArray } from '../../../base/arrays/index.js';
import { apply, type Operator, type Tensor } from '../../graph/index.js';
import { expectLabels, withClassAxis } from './known.js';

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
