import { bytesPerElement, elementCount } from '../../base/arrays/index.js';
import { isConstant, isVariable } from './leaves.js';
import type { Tensor } from './tensor.js';
import { reachable } from './traverse.js';

/**
 * The most bytes that are alive at once while the tensors are computed one after the other and each is freed after its last
 * use. It counts neither constants and variables nor the scratch memory of operators. All sides must be numbers.
 */
export function peakBytes(outputs: Iterable<Tensor>): number {
  const results = new Set(outputs);
  const order = reachable(results).filter((tensor) => !isConstant(tensor) && !isVariable(tensor));
  const lastUse = new Map<Tensor, number>();
  order.forEach(({ inputs }, place) => {
    for (const input of inputs) lastUse.set(input, place);
  });
  const bytesOf = ({ dtype, shape }: Tensor) => bytesPerElement[dtype] * elementCount(shape as number[]);
  const counted = new Set(order);
  let [alive, most] = [0, 0];
  order.forEach((tensor, place) => {
    alive += bytesOf(tensor);
    most = Math.max(most, alive);
    for (const input of new Set(tensor.inputs)) {
      if (counted.has(input) && !results.has(input) && lastUse.get(input) === place) alive -= bytesOf(input);
    }
  });
  return most;
}
