import { checkArgument, HmsaError, isObject, shown } from '../../base/errors/index.js';
import {
  expectTensor,
  scalar,
  type Tensor,
  tensorsOf,
  type Variable,
  type VariableOptions,
  variable,
} from '../../engine/graph/index.js';
import {
  add,
  addAll,
  div,
  minimum,
  mul,
  type Operand,
  reshape,
  sqrt,
  sub,
  sumOfSquares,
} from '../../engine/ops/index.js';

/** The value that a variable has after the step. */
export interface VariableUpdate {
  readonly variable: Variable;
  readonly next: Tensor;
}

/** One parameter and the inputs of its update. */
export interface ParameterStep {
  readonly parameter: Variable;
  /** The gradient of the loss, before it is scaled by the factor that {@link Optimizer} takes. */
  readonly gradient: Tensor;
  /** A scalar, with the multiplier of the parameter's group. */
  readonly learningRate: Tensor;
  readonly weightDecay: number;
}

/** The updates of one parameter and of the optimiser's state for it. */
export interface ParameterUpdate {
  readonly next: Tensor;
  readonly state: readonly VariableUpdate[];
}

/** An optimiser inside one graph. */
export interface BoundOptimizer {
  /** State that all parameters share. */
  readonly shared: readonly VariableUpdate[];
  update(step: ParameterStep): ParameterUpdate;
}

/** Optimiser state starts at zero and ends with its phase, because the next phase has other rates and parameters. */
export const optimizerState: VariableOptions = { role: 'state', start: 0, life: 'phase' };

/**
 * An update rule as a part of the graph. Its state consists of variables with `optimizerState` that are named
 * `optimizer.<what>.<parameter>`, or `optimizer.<what>` if all parameters share it.
 *
 * @param gradientFactor a scalar that multiplies every gradient (clipping, the mean over micro-batches); default 1. An
 *   update multiplies it into its own scalars, so that it costs no pass over the large tensors
 */
export type Optimizer = (gradientFactor?: Tensor) => BoundOptimizer;

/** Settings for a group of parameters. */
export interface ParameterGroup {
  /** Which parameters belong to it: those whose name matches a pattern anywhere, or those that a function chooses. */
  readonly match: RegExp | ((parameter: Variable) => boolean);
  /** Multiplies the learning rate; default 1. */
  readonly learningRate?: number;
  /** Replaces the optimiser's weight decay. */
  readonly weightDecay?: number;
}

/**
 * Biases and the scales and shifts of batch norm, which are the parameters of rank 1. Weight decay is meant for the
 * weights of linear maps and is usually not applied to these.
 */
export const noDecayOfVectors: ParameterGroup = {
  match: ({ attributes }) => attributes.shape.length <= 1,
  weightDecay: 0,
};

/**
 * The settings of one parameter. Each setting comes from the first group that matches the parameter and has this
 * setting.
 */
function settingsOf(
  parameter: Variable,
  groups: readonly ParameterGroup[],
  weightDecay: number,
): { readonly learningRate: number; readonly weightDecay: number } {
  const mine = groups.filter(({ match }) =>
    match instanceof RegExp ? parameter.attributes.name.search(match) >= 0 : match(parameter),
  );
  const first = (setting: 'learningRate' | 'weightDecay') =>
    mine.find((group) => group[setting] !== undefined)?.[setting];
  return { learningRate: first('learningRate') ?? 1, weightDecay: first('weightDecay') ?? weightDecay };
}

export interface UpdateOptions {
  readonly optimizer: Optimizer;
  /** A scalar. */
  readonly learningRate: Tensor;
  /** For the parameters whose group does not set it; default 0. */
  readonly weightDecay?: number;
  readonly groups?: readonly ParameterGroup[];
  /** A scalar that multiplies every gradient: clipping, the mean over micro-batches. */
  readonly gradientFactor?: Tensor | undefined;
}

/**
 * One step of an optimiser over all parameters. The gradients may come from the backward pass of the same graph, or
 * from inputs that hold sums over several machines.
 *
 * @returns the next value of every parameter and of all optimiser state, which starts at zero
 */
export function updates(gradients: ReadonlyMap<Variable, Tensor>, options: UpdateOptions): VariableUpdate[] {
  checkArgument(gradients instanceof Map, 'updates', 'a Map of gradients by variable', gradients);
  checkArgument(isObject(options), 'updates', 'an object of options', options);
  const { optimizer, learningRate, weightDecay = 0, groups = [], gradientFactor } = options;
  checkArgument(typeof optimizer === 'function', 'updates', 'an optimizer, such as sgd()', optimizer);
  expectTensor('updates, learningRate', learningRate);
  const bound = optimizer(gradientFactor);
  const result = [...gradients].flatMap(([parameter, gradient]): VariableUpdate[] => {
    const settings = settingsOf(parameter, groups, weightDecay);
    const { next, state } = bound.update({
      parameter,
      gradient,
      learningRate: settings.learningRate === 1 ? learningRate : mul(learningRate, settings.learningRate),
      weightDecay: settings.weightDecay,
    });
    return [{ variable: parameter, next }, ...state];
  });
  return [...result, ...bound.shared];
}

/**
 * x times the factors that are given. Scalars are multiplied with each other before they are multiplied with a tensor.
 */
export function times(x: Tensor, ...factors: readonly (Operand | undefined)[]): Tensor {
  let product: Operand | undefined;
  for (const factor of factors) {
    if (factor === undefined) continue;
    product = product === undefined ? factor : mul(product, factor);
  }
  return product === undefined ? x : mul(x, product);
}

/** √Σ‖g‖² over all tensors, a scalar. It is not finite if one element is not. */
export function globalNorm(tensors: Iterable<Tensor>): Tensor {
  return sqrt(reshape(addAll(tensorsOf('globalNorm', tensors).map((tensor) => sumOfSquares(tensor))), []));
}

/**
 * The factor that limits gradients of the given norm to a norm of `limit`: min(1, limit / (norm + 1e-6)), as PyTorch's
 * `clip_grad_norm_` computes it.
 *
 * @throws HmsaError when the limit is not above 0
 */
export function clipFactor(norm: Tensor, limit: number): Tensor {
  if (!(typeof limit === 'number' && limit > 0)) {
    throw new HmsaError({ operation: 'clipNorm', expected: 'a norm above 0', received: shown(limit) });
  }
  return minimum(div(limit, add(norm, 1e-6)), scalar(1));
}

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
