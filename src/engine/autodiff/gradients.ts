import {
  describe,
  equalDims,
  equalShapes,
  expectTensor,
  reachable,
  scalar,
  shapeError,
  type Tensor,
  tensorsOf,
} from '../graph/index.js';
import { addAll, expand, reshape, sum } from '../ops/index.js';

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
