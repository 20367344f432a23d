import type { Value } from '../graph/index.js';

/** For every element of the output, the index of the element of `value` that broadcasting pairs with it. */
export function broadcastIndices(value: Value, output: readonly number[]): Int32Array {
  const count = output.reduce((product, side) => product * side, 1);
  const strides = broadcastStrides(value.shape, output.length);
  const indices = new Int32Array(count);
  const position = new Array<number>(output.length).fill(0);
  let source = 0;
  for (let i = 0; i < count; i++) {
    indices[i] = source;
    for (let axis = output.length - 1; axis >= 0; axis--) {
      position[axis]!++;
      source += strides[axis]!;
      if (position[axis]! < output[axis]!) break;
      source -= strides[axis]! * output[axis]!;
      position[axis] = 0;
    }
  }
  return indices;
}

/** Row-major strides aligned with the last axes; 0 where a side of 1 stretches. */
function broadcastStrides(shape: readonly number[], rank: number): number[] {
  const strides = new Array<number>(rank).fill(0);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1) strides[axis + rank - shape.length] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}
