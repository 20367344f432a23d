import { checkArgument } from '../../base/errors/index.js';
import { expectTensor, rebuild, type Tensor, tensorsOf, type Variable } from '../graph/index.js';
import { add, addAll, mul, stopGradient, sum } from '../ops/index.js';
import { gradients } from './gradients.js';

/** A part of a graph that is computed again instead of keeping what its backward pass needs. */
export interface Segment {
  /** What it is computed from, variables aside. */
  readonly input: Tensor;
  /** What the rest of the graph takes of it, and all that it takes. No segment depends on another's outputs. */
  readonly outputs: readonly Tensor[];
}

/**
 * {@link gradients} with recomputation (Chen et al. 2016, arXiv 1604.06174): the same up to rounding, in the memory of
 * the largest segment instead of that of all of them, at the price of a second forward pass.
 *
 * The first pass leads to the loss and to its gradients by the segments' outputs. Then one segment after the other is
 * computed again and differentiated. What has to come before a segment is an operand of its input, times 0, so whoever
 * executes the graph has finished with the one before, and can have freed it.
 *
 * @param first what else comes before the recomputation, because it needs the first pass
 * @throws HmsaError when `loss` is not one number
 */
export function gradientsBySegments(
  loss: Tensor,
  wanted: Iterable<Variable>,
  segments: readonly Segment[],
  first: Iterable<Tensor> = [],
): Map<Variable, Tensor> {
  const isList: boolean = Array.isArray(segments);
  checkArgument(isList, 'gradientsBySegments', 'a list of segments', segments);
  for (const segment of segments) {
    expectTensor('gradientsBySegments, input', segment?.input);
    tensorsOf('gradientsBySegments, outputs', segment.outputs);
  }
  const targets = tensorsOf('gradientsBySegments, wanted', wanted);
  const outputs = segments.flatMap((segment) => segment.outputs);
  const outer = gradients(loss, [...outputs, ...targets], { stopGradients: outputs });
  const totals = new Map<Variable, Tensor>();
  collect(totals, outer, targets);
  let done = [loss, ...first, ...outer.values()];
  for (const segment of segments) {
    const reached = segment.outputs.filter((output) => outer.has(output));
    if (reached.length === 0) continue;
    const input = after(done, segment.input);
    const again = rebuild(Object.fromEntries(reached.entries()), (tensor) =>
      tensor === segment.input ? input : undefined,
    );
    // Each output times the gradient of the loss by it: the sum has the gradients of the loss.
    const surrogate = addAll(
      reached.map((output, i) => sum(mul(again[i]!, stopGradient(outer.get(output)!)))),
    );
    const inner = gradients(surrogate, targets);
    collect(totals, inner, targets);
    done = [...inner.values()];
  }
  return totals;
}

function collect(
  totals: Map<Variable, Tensor>,
  found: ReadonlyMap<Tensor, Tensor>,
  targets: readonly Variable[],
): void {
  for (const target of targets) {
    const gradient = found.get(target);
    if (gradient === undefined) continue;
    const before = totals.get(target);
    totals.set(target, before === undefined ? gradient : add(before, gradient));
  }
}

/** x, which cannot be computed before the others have been. It is NaN where one of them is not finite. */
function after(others: readonly Tensor[], x: Tensor): Tensor {
  const zeros = others.map((other) => sum(mul(stopGradient(other), 0), undefined, { keepAxes: false }));
  return add(x, addAll(zeros));
}
