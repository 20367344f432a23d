import {
  constantNumbers,
  isConstant,
  reachable,
  type Tensor,
  type Value,
} from '../../src/engine/graph/index.js';

export type Values = Map<Tensor, Value>;

/**
 * Fills in the value of everything that the outputs depend on, by the operators' references.
 *
 * @param rounded rounds every float to float32 in between: what a float32 engine sees, so that the distance from
 *   the unrounded values tells how well conditioned a graph is
 */
export function evaluate(outputs: readonly Tensor[], values: Values, rounded = false): void {
  for (const tensor of reachable(outputs)) {
    if (values.has(tensor)) continue;
    const shape = tensor.shape as readonly number[];
    const data = isConstant(tensor)
      ? constantNumbers(tensor)
      : tensor.operator.reference(
          tensor.inputs.map((operand) => values.get(operand)!),
          tensor.attributes,
          shape,
        );
    values.set(tensor, { shape, data: rounded && tensor.dtype === 'float32' ? data.map(Math.fround) : data });
  }
}

export function largest(data: Float64Array): number {
  return data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
}
