import { bytesPerElement, elementCount, type NdArray } from '../../base/arrays.js';
import { checkArgument, isObject } from '../../base/errors/index.js';
import { evaluateDim } from './dim.js';
import { isConstant, isVariable } from './leaves.js';
import { expectNamedTensors } from './shapes.js';
import { apply, type Tensor, tensorsOf } from './tensor.js';

/** All tensors from which the given ones are computed, including themselves, in topological order: inputs first. */
export function reachable(outputs: Iterable<Tensor>): Tensor[] {
  const seen = new Set<Tensor>();
  const pending = tensorsOf('reachable', outputs);
  for (let tensor = pending.pop(); tensor !== undefined; tensor = pending.pop()) {
    if (seen.has(tensor)) continue;
    seen.add(tensor);
    pending.push(...tensor.inputs);
  }
  return [...seen].sort((a, b) => a.order - b.order);
}

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

/** A graph that is ready to be lowered: named outputs, and the values of variables that are known. */
export interface Program {
  /** The results, by name. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  /**
   * Constant values of variables, by name. ONNX Runtime can pack them ahead of time. Variables that are not here become inputs,
   * which are fed at every run.
   */
  readonly constants?: ReadonlyMap<string, NdArray>;
}

/** A program that computes the same values in another way. */
export type Pass = (program: Program) => Required<Program>;

/** Checks a program and adds the parts that are left out. @throws HmsaError when it is not a program */
export function expectProgram(operation: string, program: Program): Required<Program> {
  checkArgument(isObject(program), operation, 'an object with outputs', program);
  const { outputs, constants = new Map<string, NdArray>() } = program;
  expectNamedTensors(`${operation}, outputs`, outputs);
  checkArgument(constants instanceof Map, `${operation}, constants`, 'a Map of arrays by name', constants);
  return { outputs, constants };
}

/**
 * The most bytes that are alive at once while the tensors are computed one after the other and each is freed after its last
 * use. It counts neither constants and variables nor the scratch memory of operators.
 *
 * @param symbols the values of free sides
 */
export function peakBytes(
  outputs: Iterable<Tensor>,
  symbols: ReadonlyMap<string, number> = new Map(),
): number {
  const results = new Set(outputs);
  const order = reachable(results).filter((tensor) => !isConstant(tensor) && !isVariable(tensor));
  const lastUse = new Map<Tensor, number>();
  order.forEach(({ inputs }, place) => {
    for (const input of inputs) lastUse.set(input, place);
  });
  const bytesOf = ({ dtype, shape }: Tensor) =>
    bytesPerElement[dtype] * elementCount(shape.map((dim) => evaluateDim(dim, symbols)));
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
