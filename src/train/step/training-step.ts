import { gradients } from '../../autodiff/index.js';
import { HmsaError } from '../../errors/index.js';
import {
  input,
  isVariable,
  reachable,
  scalar,
  type Tensor,
  type Variable,
  variable,
} from '../../graph/index.js';
import { add, div, finite, mul, reshape, sub, where } from '../../ops/index.js';
import {
  clipFactor,
  globalNorm,
  type Optimizer,
  type ParameterGroup,
  updates,
  type VariableUpdate,
} from '../../optim/index.js';

export interface TrainingStepOptions {
  /** One number. */
  readonly loss: Tensor;
  /** What else a run returns, by name. */
  readonly metrics?: Readonly<Record<string, Tensor>>;
  /** What is trained. Every other parameter that the loss depends on is frozen, and costs nothing. */
  readonly parameters: Iterable<Variable>;
  /** What the forward pass tracks, with its next values: the running statistics of batch norm. */
  readonly bufferUpdates?: ReadonlyMap<Variable, Tensor>;
  readonly optimizer: Optimizer;
  /** Of the parameters that no group sets it for; 0 where left out. */
  readonly weightDecay?: number;
  readonly groups?: readonly ParameterGroup[];
  /** The largest global norm of the gradients that an update may use. */
  readonly clipNorm?: number;
  /** Micro-batches whose gradients are averaged for one update; 1 where left out. */
  readonly accumulate?: number;
}

/** A training step as one graph: what to lower, and what a session needs to run it. */
export interface TrainingStep {
  /** `loss`, `gradientNorm`, the metrics, and `next/<variable>` for each variable that the step changes. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** For the session's option of that name: variable → the output that replaces it. */
  readonly state: Readonly<Record<string, string>>;
  /** The variables of {@link state}. Those of the role `optimizer` start at zero. */
  readonly variables: readonly Variable[];
  /** The variables that the step reads and never changes: constants of the lowered file. */
  readonly frozen: readonly Variable[];
}

/**
 * Forward, loss, backward and optimiser as one graph. Besides the inputs that the loss depends on it takes the
 * scalar `learningRate`, and with `accumulate` k > 1 the scalar `update`: 0 for the first k − 1 micro-batches of a
 * step, which only add to the gradients, 1 for the last, which also updates. The loss of a step is then the mean
 * of the micro-batches' losses, and `gradientNorm` that of the mean of the gradients so far, before clipping.
 *
 * A run whose loss or gradient norm is not finite changes nothing: every variable keeps its value, running
 * statistics included, so that the state before the bad batch is still there to save and to look into
 * ({@link diagnosis}).
 *
 * @throws HmsaError when the loss does not depend on a parameter, or a metric takes a name of the step's own
 */
export function trainingStep(options: TrainingStepOptions): TrainingStep {
  const { loss, metrics = {}, parameters, bufferUpdates = new Map(), accumulate = 1 } = options;
  checkOptions(accumulate, Object.keys(metrics));
  const { summed, norm, update } = gradientSums(gradientsOf(loss, parameters), accumulate);
  const good = finite(add(reshape(loss, []), norm));
  const changed = [
    ...updates(new Map(summed.map(({ parameter, total }) => [parameter, total])), {
      ...options,
      learningRate: input('learningRate', []),
      gradientFactor: gradientFactor(norm, accumulate, options.clipNorm),
    }).map(keptUnless(update === undefined ? good : mul(good, update))),
    ...[
      ...[...bufferUpdates].map(([buffer, next]): VariableUpdate => ({ variable: buffer, next })),
      ...summed.flatMap(({ accumulator }) => accumulator ?? []),
    ].map(keptUnless(good)),
  ];
  const next = changed.map(({ variable, next }) => [`next/${variable.attributes.name}`, next] as const);
  const outputs = { loss: reshape(loss, []), gradientNorm: norm, ...metrics, ...Object.fromEntries(next) };
  const variables = changed.map(({ variable }) => variable);
  return {
    outputs,
    variables,
    state: Object.fromEntries(variables.map(({ attributes: { name } }) => [name, `next/${name}`])),
    frozen: reachable(Object.values(outputs))
      .filter(isVariable)
      .filter((one) => !variables.includes(one)),
  };
}

/** The gradient of each parameter, in the order of the parameters. */
export function gradientsOf(loss: Tensor, parameters: Iterable<Variable>): Map<Variable, Tensor> {
  const wanted = [...parameters];
  const found = gradients(loss, wanted);
  return new Map(
    wanted.map((parameter) => {
      const gradient = found.get(parameter);
      if (gradient !== undefined) return [parameter, gradient];
      throw new HmsaError({
        operation: 'trainingStep',
        expected: 'parameters that the loss depends on',
        received: parameter.attributes.name,
        remedy: 'Leave it out: a parameter that is not listed is frozen.',
      });
    }),
  );
}

interface GradientSum {
  readonly parameter: Variable;
  /** Over the micro-batches so far, this one included. */
  readonly total: Tensor;
  readonly accumulator?: VariableUpdate;
}

/** The gradients summed over micro-batches, and the norm of their mean. */
function gradientSums(
  found: ReadonlyMap<Variable, Tensor>,
  accumulate: number,
): { readonly summed: readonly GradientSum[]; readonly norm: Tensor; readonly update?: Tensor } {
  if (accumulate === 1) {
    const summed = [...found].map(([parameter, total]) => ({ parameter, total }));
    return { summed, norm: globalNorm(found.values()) };
  }
  const update = input('update', []);
  const summed = [...found].map(([parameter, gradient]): GradientSum => {
    const { name, shape } = parameter.attributes;
    const accumulator = variable(`optimizer.gradient.${name}`, shape, 'optimizer');
    const total = add(accumulator, gradient);
    return { parameter, total, accumulator: { variable: accumulator, next: mul(total, sub(1, update)) } };
  });
  return { summed, norm: div(globalNorm(summed.map(({ total }) => total)), accumulate), update };
}

/** What the summed gradients are multiplied with: the mean over micro-batches, and clipping. */
function gradientFactor(norm: Tensor, accumulate: number, clipNorm: number | undefined): Tensor | undefined {
  const clip = clipNorm === undefined ? undefined : clipFactor(norm, clipNorm);
  if (accumulate === 1) return clip;
  return clip === undefined ? scalar(1 / accumulate) : div(clip, accumulate);
}

/** Chooses a variable's next value where the condition holds, and its present one where it does not. */
function keptUnless(condition: Tensor): (update: VariableUpdate) => VariableUpdate {
  return ({ variable, next }) => ({ variable, next: where(condition, next, variable) });
}

function checkOptions(accumulate: number, metrics: readonly string[]): void {
  if (!Number.isInteger(accumulate) || accumulate < 1) {
    throw new HmsaError({
      operation: 'accumulate',
      expected: 'a whole number of micro-batches, 1 or more',
      received: String(accumulate),
    });
  }
  const taken = metrics.find((name) => ['loss', 'gradientNorm'].includes(name) || name.startsWith('next/'));
  if (taken === undefined) return;
  throw new HmsaError({
    operation: 'trainingStep',
    expected: "metrics with names that are not the step's own (loss, gradientNorm, next/…)",
    received: taken,
  });
}
