import { checkArgument, HmsaError, isObject } from '../../base/errors/index.js';
import { gradients, gradientsBySegments, type Segment } from '../../engine/autodiff.js';
import {
  expectNamedTensors,
  expectVariable,
  input,
  isVariable,
  reachable,
  scalar,
  type Tensor,
  tensorsOf,
  type Variable,
  variable,
} from '../../engine/graph/index.js';
import { add, div, finite, mul, reshape } from '../../engine/ops/index.js';
import { convolveBeforeResize } from '../../engine/passes/index.js';
import {
  averageUpdates,
  clipFactor,
  globalNorm,
  type Optimizer,
  optimizerState,
  type ParameterGroup,
  updates,
  type VariableUpdate,
} from '../optimizers/index.js';

/** The forward pass that a step trains. */
export interface ForwardPass {
  /** A scalar. */
  readonly loss: Tensor;
  /** Other outputs of a run, by name. */
  readonly metrics?: Readonly<Record<string, Tensor>>;
  /** The parameters to train. Every other parameter that the loss depends on is frozen. */
  readonly parameters: Iterable<Variable>;
  /**
   * Parts of the forward pass whose activations the backward pass computes again, one part at a time, instead of
   * keeping them.
   */
  readonly recompute?: readonly Segment[];
  /** The next values of buffers that the forward pass changes: the running statistics of batch norm. */
  readonly bufferUpdates?: ReadonlyMap<Variable, Tensor>;
}

/** How gradients become updates. */
export interface UpdateRule {
  readonly optimizer: Optimizer;
  /** For the parameters whose group does not set it; default 0. */
  readonly weightDecay?: number;
  readonly groups?: readonly ParameterGroup[];
  /** The largest global norm of the gradients; larger ones are scaled down. Default: no limit. */
  readonly clipNorm?: number;
  /**
   * Variables whose moving averages the step updates, and the share of an average that each step keeps: a number, or a
   * scalar that may change from step to step.
   */
  readonly average?: { readonly of: Iterable<Variable>; readonly decay: number | Tensor };
}

/**
 * Forward pass, loss, backward pass and optimiser as one graph. Its inputs are those that the loss depends on and the
 * scalar `learningRate`. It returns `loss`, `gradientNorm` (the global norm, before clipping) and the metrics.
 *
 * If the loss or the gradient norm of a run is not finite, nothing changes: every variable, running statistics
 * included, keeps its value, because the session checks {@link TrainingStep.commit}. So the state before the bad batch
 * can still be saved and examined ({@link diagnosis}).
 *
 * @throws HmsaError when the loss does not depend on a parameter, or a metric has a name that the step uses itself
 */
export function trainingStep(options: ForwardPass & UpdateRule): TrainingStep {
  checkArgument(isObject(options), 'trainingStep', 'an object with loss and optimizer', options);
  checkForward(options, 'trainingStep');
  const { optimizer, clipNorm } = options;
  const forward = withLessWork(options);
  const { metrics = {}, bufferUpdates = new Map() } = forward;
  const loss = reshape(forward.loss, []);
  const gradients = gradientsOf(forward);
  const gradientNorm = globalNorm(gradients.values());
  const learned = updates(gradients, {
    ...options,
    optimizer,
    learningRate: input('learningRate', []),
    gradientFactor: clipNorm === undefined ? undefined : clipFactor(gradientNorm, clipNorm),
  });
  const changes = withAverages([...learned, ...bufferChanges(bufferUpdates)], options.average);
  return stepGraph({ loss, gradientNorm, ...metrics }, changes, finite(add(loss, gradientNorm)));
}

function withAverages(
  changes: readonly VariableUpdate[],
  average: UpdateRule['average'],
): readonly VariableUpdate[] {
  return average === undefined
    ? changes
    : [...changes, ...averageUpdates(average.of, changes, average.decay)];
}

function bufferChanges(bufferUpdates: ReadonlyMap<Variable, Tensor>): VariableUpdate[] {
  return [...bufferUpdates].map(([variable, next]) => ({ variable, next }));
}

/**
 * The backward half of a training step. It adds the gradients of one micro-batch to `optimizer.gradient.<parameter>`
 * and updates the buffers. It returns `loss`, `gradientNorm` (of this micro-batch) and the metrics. A micro-batch whose
 * loss or gradient norm is not finite changes nothing.
 *
 * It shares the parameters with {@link updateStep}, which changes them in a sibling session.
 *
 * @throws HmsaError when the loss does not depend on a parameter, or a metric has a name that the step uses itself
 */
export function gradientStep(pass: ForwardPass): TrainingStep {
  checkArgument(isObject(pass), 'gradientStep', 'a forward pass with loss and parameters', pass);
  checkForward(pass, 'gradientStep');
  const forward = withLessWork(pass);
  const { metrics = {}, bufferUpdates = new Map() } = forward;
  const loss = reshape(forward.loss, []);
  const gradients = gradientsOf(forward);
  const gradientNorm = globalNorm(gradients.values());
  const sums = [...gradients].map(([parameter, gradient]) => {
    const sum = gradientSum(parameter);
    return { variable: sum, next: add(sum, gradient) };
  });
  return stepGraph(
    { loss, gradientNorm, ...metrics },
    [...sums, ...bufferChanges(bufferUpdates)],
    finite(add(loss, gradientNorm)),
    [...gradients.keys()],
  );
}

/**
 * The same forward pass with {@link convolveBeforeResize} where gradients pass. Convolutions of what is frozen come
 * later: their batch norms are folded first.
 */
function withLessWork(pass: ForwardPass): ForwardPass {
  const { loss, metrics = {}, bufferUpdates = new Map<Variable, Tensor>(), recompute = [] } = pass;
  const parameters = tensorsOf('training step, parameters', pass.parameters);
  const outputs = {
    loss,
    ...prefixed('metric', metrics),
    ...prefixed('buffer', [...bufferUpdates.values()]),
    ...prefixed(
      'segment',
      recompute.flatMap((segment) => [segment.input, ...segment.outputs]),
    ),
  };
  const trained = new Set<Tensor>(parameters);
  for (const tensor of reachable(Object.values<Tensor>(outputs))) {
    if (tensor.inputs.some((operand) => trained.has(operand))) trained.add(tensor);
  }
  const changed = convolveBeforeResize({ outputs }, { changes: (tensor) => trained.has(tensor) }).outputs;
  const of = (kind: string, key: string | number) => changed[`${kind} ${key}`]!;
  let place = 0;
  return {
    ...pass,
    parameters,
    loss: changed.loss!,
    metrics: Object.fromEntries(Object.keys(metrics).map((name) => [name, of('metric', name)])),
    bufferUpdates: new Map([...bufferUpdates.keys()].map((variable, i) => [variable, of('buffer', i)])),
    recompute: recompute.map((segment) => ({
      input: of('segment', place++),
      outputs: segment.outputs.map(() => of('segment', place++)),
    })),
  };
}

function prefixed(kind: string, tensors: Readonly<Record<string, Tensor>> | readonly Tensor[]) {
  return Object.fromEntries(Object.entries(tensors).map(([key, tensor]) => [`${kind} ${key}`, tensor]));
}

/**
 * The other half of a training step: updates the parameters by the mean of the gradients of `batches` micro-batches,
 * which may be sums over several machines, and resets the sums to zero. It takes the scalar `learningRate` and returns
 * `gradientNorm`, the norm of the mean before clipping.
 *
 * It is a graph of its own so that a micro-batch which only adds gradients neither runs the optimiser nor copies its
 * state.
 *
 * @param buffers the variables that {@link gradientStep} updates; their averages are updated here, once for all
 *   micro-batches
 * @throws HmsaError when the number of micro-batches is not a whole number of at least 1
 */
export function updateStep(
  parameters: Iterable<Variable>,
  rule: UpdateRule & { readonly batches: number },
  buffers: Iterable<Variable> = [],
): TrainingStep {
  checkArgument(isObject(rule), 'updateStep', 'an update rule with optimizer and batches', rule);
  const { batches, clipNorm } = rule;
  const isCount = Number.isInteger(batches) && batches >= 1;
  checkArgument(isCount, 'updateStep', 'a whole number of micro-batches, 1 or more', batches);
  const sums = new Map(
    tensorsOf('updateStep, parameters', parameters).map((parameter) => [parameter, gradientSum(parameter)]),
  );
  const gradientNorm = div(globalNorm(sums.values()), batches);
  const changes = updates(sums, {
    ...rule,
    learningRate: input('learningRate', []),
    gradientFactor: meanFactor(
      batches,
      clipNorm === undefined ? undefined : clipFactor(gradientNorm, clipNorm),
    ),
  });
  const cleared = [...sums.values()].map((sum) => ({ variable: sum, next: mul(sum, 0) }));
  const averaged = new Set(rule.average && tensorsOf('updateStep, average', rule.average.of));
  return stepGraph(
    { gradientNorm },
    [...withAverages(changes, rule.average), ...cleared],
    finite(gradientNorm),
    tensorsOf('updateStep, buffers', buffers).filter((buffer) => averaged.has(buffer)),
  );
}

/** The factor that turns the summed gradients into their clipped mean. */
function meanFactor(batches: number, clip: Tensor | undefined): Tensor {
  return clip === undefined ? scalar(1 / batches) : div(clip, batches);
}

/** The variable that holds the sum of a parameter's gradients. @throws HmsaError when the value is not a variable */
export function gradientSum(parameter: Variable): Variable {
  expectVariable('gradientSum', parameter);
  const { name, shape } = parameter.attributes;
  return variable(`optimizer.gradient.${name}`, shape, optimizerState);
}

/** A graph that changes variables: the outputs to compile, and the options of the session that runs it. */
export interface TrainingStep {
  /** The results of a run by name, and `next/<variable>` for each variable that it changes. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** The session option `state`: variable → the output that replaces it. */
  readonly state: Readonly<Record<string, string>>;
  /** The session option `commit`: the output that is 0 if the step must not change the state. */
  readonly commit: string;
  /** The variables of {@link state}. */
  readonly variables: readonly Variable[];
  /** The variables that this graph reads and that another graph changes, over the same state. */
  readonly shared: readonly Variable[];
  /** The variables that the graph reads and nothing changes. They become constants of the compiled file. */
  readonly frozen: readonly Variable[];
}

/** The name of the output {@link TrainingStep.commit}. */
const COMMIT = 'commit';

/**
 * A step graph whose updates count only if the condition, a scalar, is not 0. The session decides that. Choosing
 * between old and new values inside the graph would take another pass over all of them.
 *
 * @param results the results of a run in addition to the state
 * @param shared see {@link TrainingStep.shared}
 */
function stepGraph(
  results: Readonly<Record<string, Tensor>>,
  updates: readonly VariableUpdate[],
  condition: Tensor,
  shared: readonly Variable[] = [],
): TrainingStep {
  const next = updates.map(({ variable, next }) => [`next/${variable.attributes.name}`, next] as const);
  const outputs = { ...results, [COMMIT]: condition, ...Object.fromEntries(next) };
  const variables = updates.map(({ variable }) => variable);
  return {
    outputs,
    variables,
    state: Object.fromEntries(variables.map(({ attributes: { name } }) => [name, `next/${name}`])),
    commit: COMMIT,
    shared,
    frozen: reachable(Object.values(outputs))
      .filter(isVariable)
      .filter((one) => !variables.includes(one) && !shared.includes(one)),
  };
}

/**
 * The gradient of each parameter, last parameter first. This is roughly the order in which the backward pass computes
 * them. ONNX Runtime computes what the first outputs of a file need before it turns to the others. If the gradient of
 * the first layer came first, it would go back through the whole network and keep the gradients of all activations
 * until the gradients of the weights are computed.
 *
 * @throws HmsaError when the loss does not depend on a parameter
 */
export function gradientsOf(forward: ForwardPass): Map<Variable, Tensor> {
  const { loss, metrics = {}, parameters, recompute = [] } = forward;
  const wanted = tensorsOf('training step, parameters', parameters).reverse();
  const found =
    recompute.length === 0
      ? gradients(loss, wanted)
      : gradientsBySegments(loss, wanted, recompute, Object.values(metrics));
  return new Map(
    wanted.map((parameter) => {
      const gradient = found.get(parameter);
      if (gradient !== undefined) return [parameter, gradient];
      throw new HmsaError({
        operation: 'training step',
        expected: 'parameters that the loss depends on',
        received: parameter.attributes.name,
        remedy: 'Leave it out: a parameter that is not listed is frozen.',
      });
    }),
  );
}

/** @throws HmsaError when metrics or updates are of another kind, or a metric has a name that the step uses itself */
function checkForward({ metrics = {}, bufferUpdates }: ForwardPass, operation: string): void {
  expectNamedTensors(`${operation}, metrics`, metrics);
  const isMap = bufferUpdates === undefined || bufferUpdates instanceof Map;
  checkArgument(isMap, `${operation}, bufferUpdates`, 'a Map of next values by variable', bufferUpdates);
  const taken = Object.keys(metrics).find(
    (name) => ['loss', 'gradientNorm', COMMIT].includes(name) || name.startsWith('next/'),
  );
  if (taken === undefined) return;
  throw new HmsaError({
    operation: 'training step',
    expected:
      'metrics with names other than loss, gradientNorm, commit and next/…, which the step uses itself',
    received: taken,
  });
}
