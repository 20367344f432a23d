import { checkArgument } from '../../base/errors/index.js';
import { expectNamedTensors } from './expect.js';
import { apply, type Tensor } from './tensor.js';
import { reachable } from './traverse.js';

/**
 * Replaces tensors by others of the same type and value that were made before them. Tensors that are computed from them keep
 * everything else, also their `order`.
 *
 * @param replace returns the replacement of a tensor, whose operands have been replaced already, or the tensor itself
 */
export function substitute(
  outputs: Readonly<Record<string, Tensor>>,
  replace: (tensor: Tensor) => Tensor,
): Record<string, Tensor> {
  const replaced = new Map<Tensor, Tensor>();
  for (const tensor of reachable(Object.values(outputs))) {
    const inputs = tensor.inputs.map((operand) => replaced.get(operand)!);
    const isSame = inputs.every((operand, i) => operand === tensor.inputs[i]);
    replaced.set(tensor, replace(isSame ? tensor : { ...tensor, inputs }));
  }
  return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, replaced.get(tensor)!]));
}

/**
 * Rebuilds a graph with some of its tensors replaced. Operators are applied again to changed operands, so shapes may change.
 *
 * @param replace returns the replacement of a tensor, given its rebuilt operands; undefined applies its own operator to them
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
