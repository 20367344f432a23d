import { checkArgument } from '../base/errors/index.js';
import {
  constantNumbers,
  evaluateDim,
  isConstant,
  isInput,
  isVariable,
  reachable,
  shapeError,
  shapeText,
  type Tensor,
  type Value,
} from './graph/index.js';

/**
 * Computes tensors in float64 by the reference of each operator. It is slow and plain; the tests compare everything else
 * with it.
 *
 * @param given the value of every input and variable that the outputs depend on. Their shapes give the symbols their values
 * @throws HmsaError when a value is missing or does not fit the declared shape
 */
export function interpret(outputs: readonly Tensor[], given: ReadonlyMap<Tensor, Value>): Value[] {
  checkArgument(Array.isArray(outputs), 'interpret', 'a list of tensors', outputs);
  checkArgument(given instanceof Map, 'interpret', 'a Map of values by tensor', given);
  const order = reachable(outputs);
  const symbols = new Map<string, number>();
  const values = new Map<Tensor, Value>();
  for (const tensor of order) {
    if (isInput(tensor) || isVariable(tensor)) {
      const value = given.get(tensor);
      const { name } = tensor.attributes;
      if (value === undefined) shapeError('interpret', `a value for ${name}`, 'none');
      const isValue: boolean = Array.isArray(value?.shape) && ArrayBuffer.isView(value.data);
      checkArgument(isValue, `interpret, ${name}`, 'a value as { shape, data }', value);
      bindSymbols(name, tensor, value, symbols);
      values.set(tensor, value);
    }
  }
  for (const tensor of order) {
    if (values.has(tensor)) continue;
    const shape = tensor.shape.map((dim) => evaluateDim(dim, symbols));
    const data = isConstant(tensor)
      ? constantNumbers(tensor)
      : tensor.operator.reference(
          tensor.inputs.map((operand) => values.get(operand)!),
          tensor.attributes,
          shape,
        );
    const count = shape.reduce((product, side) => product * side, 1);
    if (data.length !== count) {
      throw new Error(
        `${tensor.operator.name}: the reference made ${data.length} elements for ${shapeText(shape)}`,
      );
    }
    values.set(tensor, { shape, data });
  }
  return outputs.map((tensor) => values.get(tensor)!);
}

function bindSymbols(name: string, tensor: Tensor, value: Value, symbols: Map<string, number>): void {
  const fits =
    tensor.shape.length === value.shape.length &&
    tensor.shape.every((dim, axis) => {
      const side = value.shape[axis]!;
      if (typeof dim === 'number') return dim === side;
      const bound = symbols.get(dim.text);
      symbols.set(dim.text, side);
      return dim.kind === 'symbol' && (bound === undefined || bound === side);
    });
  if (!fits) shapeError('interpret', `${name} of shape ${shapeText(tensor.shape)}`, shapeText(value.shape));
}
