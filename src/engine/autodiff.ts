import { checkArgument } from '../base/errors/index.js';
import {
  describe,
  equalDims,
  equalShapes,
  expectTensor,
  reachable,
  rebuild,
  scalar,
  shapeError,
  type Tensor,
  tensorsOf,
  type Variable,
} from './graph/index.js';
import { add, addAll, expand, mul, reshape, stopGradient, sum } from './ops/index.js';

export interface GradientOptions {
  /** Tensors that are treated as constants: no gradient passes through them to their inputs. */
  readonly stopGradients?: Iterable<Tensor>;
}

/**
 * Reverse-mode differentiation: the gradient of a scalar with respect to each of the given tensors, as new tensors of the
 * same graph.
 *
 * Only tensors on a path from `wanted` to `loss` are differentiated, so frozen parameters and branches that do not lead to the
 * loss cost nothing. If the loss does not depend on a tensor, the result has no entry for it.
 *
 * @throws HmsaError when `loss` is not a single float32 number
 */
export function gradients(
  loss: Tensor,
  wanted: Iterable<Tensor>,
  options: GradientOptions = {},
): Map<Tensor, Tensor> {
  const { stopGradients = [] } = options ?? {};
  expectTensor('gradients', loss);
  if (!loss.shape.every((dim) => dim === 1) || loss.dtype !== 'float32') {
    shapeError('gradients', 'a loss of one float32 number', describe(loss));
  }
  const targets = new Set<Tensor>(tensorsOf('gradients, wanted', wanted));
  const stops = new Set(tensorsOf('gradients, stopGradients', stopGradients));
  const order = reachable([loss]);
  const relevant = onAPath(order, targets);
  const contributions = new Map<Tensor, Tensor[]>([[loss, [expand(scalar(1), loss.shape)]]]);
  const result = new Map<Tensor, Tensor>();
  for (const tensor of order.reverse()) {
    const received = contributions.get(tensor);
    if (received === undefined || !relevant.has(tensor)) continue;
    contributions.delete(tensor);
    const gradient = addAll(received);
    if (targets.has(tensor)) result.set(tensor, gradient);
    const rule = tensor.operator.gradient;
    if (rule === 'none' || stops.has(tensor)) continue;
    const flags = tensor.inputs.map((operand) => relevant.has(operand));
    if (!flags.includes(true)) continue;
    rule(gradient, tensor, flags).forEach((contribution, i) => {
      const operand = tensor.inputs[i]!;
      if (contribution === null || !relevant.has(operand)) return;
      const summed = sumBack(contribution, operand);
      const others = contributions.get(operand);
      if (others === undefined) contributions.set(operand, [summed]);
      else others.push(summed);
    });
  }
  return result;
}

/** The tensors through which gradients pass: those that depend on a target through differentiable operators. */
function onAPath(order: readonly Tensor[], targets: ReadonlySet<Tensor>): Set<Tensor> {
  const relevant = new Set<Tensor>();
  for (const tensor of order) {
    const passes =
      tensor.operator.gradient !== 'none' && tensor.inputs.some((operand) => relevant.has(operand));
    if (targets.has(tensor) || passes) relevant.add(tensor);
  }
  return relevant;
}

/** Sums a gradient over the axes along which its operand was broadcast. */
function sumBack(gradient: Tensor, { shape }: Tensor): Tensor {
  if (equalShapes(gradient.shape, shape)) return gradient;
  const missing = gradient.shape.length - shape.length;
  const axes = gradient.shape.flatMap((dim, axis) =>
    axis < missing || !equalDims(dim, shape[axis - missing]!) ? [axis] : [],
  );
  return reshape(sum(gradient, axes), shape);
}

/** A part of a graph that the backward pass computes again, so that its intermediate values need not be kept. */
export interface Segment {
  /** The only tensor, besides variables, from which the segment is computed. */
  readonly input: Tensor;
  /** All tensors of the segment that the rest of the graph reads. No segment depends on the outputs of another. */
  readonly outputs: readonly Tensor[];
}

/**
 * {@link gradients} with recomputation (Chen et al. 2016, arXiv 1604.06174). The result is the same up to rounding. It needs
 * memory for the largest segment instead of all segments, and a second forward pass.
 *
 * The first pass computes the loss and its gradients with respect to the outputs of the segments. Then each segment in turn is
 * computed again and differentiated. To fix the order, everything that must come before a segment is multiplied by 0 and added
 * to its input. So the runtime has finished the previous segment, and can free its memory, before the next one starts.
 *
 * @param first other tensors that must be computed before the recomputation starts, because they use the first pass
 * @throws HmsaError when `loss` is not a single float32 number
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
    // By the chain rule, Σ output · ∂loss/∂output has the same gradients as the loss, if the second factor is constant.
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

/** x as a tensor that depends on the others, so that they are computed first. It is NaN if one of them is not finite. */
function after(others: readonly Tensor[], x: Tensor): Tensor {
  const zeros = others.map((other) => sum(mul(stopGradient(other), 0), undefined, { keepAxes: false }));
  return add(x, addAll(zeros));
}
