import { checkArgument, isObject } from '../../base/errors/index.js';
import {
  isConstant,
  isInput,
  isVariable,
  reachable,
  type Tensor,
  type Variable,
} from '../../engine/graph/index.js';
import { concat, mul, reshape, sum } from '../../engine/ops/index.js';
import { type ForwardPass, gradientsOf } from './training-step.js';

/** A graph that finds the first tensor of a training step that is not finite. */
export interface Diagnosis {
  readonly outputs: { readonly trace: Tensor };
  /** Names the first tensor that is not finite, from the `trace` of a run; undefined if all are finite. */
  culprit(trace: ArrayLike<number>): string | undefined;
}

/**
 * Finds the first tensor that made a step not finite. It looks at variables and inputs first, then at every tensor of
 * the forward pass in the order of computation, then at the gradient of each parameter. Run the graph once, with the
 * state and the feeds of the bad run. It holds all activations at once, even if the training step recomputes them.
 *
 * @throws HmsaError when the loss does not depend on a parameter, or an argument is of another kind
 */
export function diagnosis(pass: Pick<ForwardPass, 'loss' | 'parameters' | 'recompute'>): Diagnosis {
  checkArgument(isObject(pass), 'diagnosis', 'a forward pass with loss and parameters', pass);
  const { loss, parameters, recompute = [] } = pass;
  const forward = reachable([loss]).filter((tensor) => tensor.dtype === 'float32' && !isConstant(tensor));
  const [given, computed] = [forward.filter(isGiven), forward.filter((tensor) => !isGiven(tensor))];
  const tensors = [...given, ...computed];
  const early = traceOf(tensors);
  const gradients = gradientsOf({ loss, parameters, recompute, metrics: { early } });
  const names = [
    ...tensors.map(nameOf),
    ...[...gradients.keys()].map(({ attributes }) => `gradient of ${attributes.name}`),
  ];
  return {
    outputs: { trace: concat([early, traceOf([...gradients.values()])], 0) },
    culprit: (trace) => names[Array.from(trace).findIndex((probe) => !Number.isFinite(probe))],
  };
}

/** 0 · the sum of each tensor: 0 if all its elements are finite, NaN otherwise. */
function traceOf(tensors: readonly Tensor[]): Tensor {
  return concat(
    tensors.map((tensor) => reshape(sum(mul(tensor, 0)), [1])),
    0,
  );
}

function isGiven(tensor: Tensor): boolean {
  return isInput(tensor) || isVariable(tensor);
}

/** A name that helps to find the tensor: `relu after trunk.conv1.weight`. */
function nameOf(tensor: Tensor): string {
  if (isInput(tensor) || isVariable(tensor)) return tensor.attributes.name;
  const place = nearestVariable(tensor);
  return place === undefined
    ? tensor.operator.name
    : `${tensor.operator.name} after ${place.attributes.name}`;
}

/** The last variable that was used on the way to a tensor, along its first inputs. */
function nearestVariable(tensor: Tensor): Variable | undefined {
  for (let at: Tensor | undefined = tensor; at !== undefined; at = at.inputs[0]) {
    const variables = at.inputs.filter(isVariable);
    if (variables.length > 0) return variables[0];
  }
  return undefined;
}
