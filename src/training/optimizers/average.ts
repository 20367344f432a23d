import { type Tensor, tensorsOf, type Variable, variable } from '../../engine/graph/index.js';
import { add, mul, sub } from '../../engine/ops/index.js';
import type { VariableUpdate } from './optimizer.js';

/** Where the moving average of a variable is kept: it starts from the variable and lives for the run. */
export function averageOf(of: Variable): Variable {
  const { name, shape, least } = of.attributes;
  const kept = { role: 'state', start: of, life: 'run' } as const;
  return variable(`average.${name}`, shape, { ...kept, ...(least === undefined ? {} : { least }) });
}

/**
 * One step of the exponential moving averages of variables (Polyak averaging), a ← a + (1 − decay)·(w − a), where w is
 * the value after the step. An average starts at w, so it needs no correction of a bias towards zero.
 *
 * @param changes what the step changes; the others count with the value that they have
 * @param decay what an average keeps from step to step, from 0 to below 1
 */
export function averageUpdates(
  variables: Iterable<Variable>,
  changes: readonly VariableUpdate[],
  decay: number,
): VariableUpdate[] {
  const next = new Map<Variable, Tensor>(changes.map((change) => [change.variable, change.next]));
  return tensorsOf('averages', variables).map((of) => {
    const average = averageOf(of);
    return { variable: average, next: add(average, mul(sub(next.get(of) ?? of, average), 1 - decay)) };
  });
}
