import { checkArgument } from '../../base/errors/index.js';
import { expectNamedTensors } from './expect.js';
import { apply, type Tensor } from './tensor.js';
import { reachable } from './traverse.js';

/**
 * Rebuilds a graph with some of its tensors replaced.
 *
 * @param replace what stands for a tensor, given its operands as already rebuilt; undefined keeps its operator
 */
export function rebuild<Names extends string>(
  outputs: Readonly<Record<Names, Tensor>>,
  replace: (tensor: Tensor, operands: readonly Tensor[]) => Tensor | undefined,
): Record<Names, Tensor> {
  expectNamedTensors('rebuild', outputs);
  checkArgument(typeof replace === 'function', 'rebuild', 'a function that replaces tensors', replace);
  const rebuilt = new Map<Tensor, Tensor>();
  for (const tensor of reachable(Object.values<Tensor>(outputs))) {
    const operands = tensor.inputs.map((operand) => rebuilt.get(operand)!);
    const unchanged = operands.every((operand, i) => operand === tensor.inputs[i]);
    const kept = () => (unchanged ? tensor : apply(tensor.operator, operands, tensor.attributes));
    rebuilt.set(tensor, replace(tensor, operands) ?? kept());
  }
  const entries = Object.entries<Tensor>(outputs).map(([name, tensor]) => [name, rebuilt.get(tensor)!]);
  return Object.fromEntries(entries) as Record<Names, Tensor>;
}
