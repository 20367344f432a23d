import { type Tensor, tensorsOf, type Variable, variable } from '../../engine/graph/index.js';
import { add, mul, sub } from '../../engine/ops/index.js';
import type { VariableUpdate } from './optimizer.js';

/**
 * The variable that holds the moving average of another. It starts with the value of that one and lives for the whole
 * run.
 */
export function averageOf(of: Variable): Variable {
  const { name, shape, least } = of.attributes;
  const kept = { role: 'state', start: of, life: 'run' } as const;
  return variable(`average.${name}`, shape, { ...kept, ...(least === undefined ? {} : { least }) });
}

/**
 * One step of the exponential moving averages of variables (Polyak averaging), a ← a + (1 − decay)·(w − a), where w is
 * the value after the step. An average starts at w, so it has no bias towards zero.
 *
 * @param changes the updates of the step; variables that are not among them count with their current value
 * @param decay share of the average that each step keeps, from 0 to below 1; a number or a scalar
 */
export function averageUpdates(
  variables: Iterable<Variable>,
  changes: readonly VariableUpdate[],
  decay: number | Tensor,
): VariableUpdate[] {
  const next = new Map<Variable, Tensor>(changes.map((change) => [change.variable, change.next]));
  const share = typeof decay === 'number' ? 1 - decay : sub(1, decay);
  return tensorsOf('averages', variables).map((of) => {
    const average = averageOf(of);
    return { variable: average, next: add(average, mul(sub(next.get(of) ?? of, average), share)) };
  });
}
