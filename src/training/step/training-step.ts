import { checkArgument, isObject } from '../../base/errors/index.js';
import { input, type Tensor, type Variable } from '../../engine/graph/index.js';
import { add, finite, reshape } from '../../engine/ops/index.js';
import {
  averageUpdates,
  clipFactor,
  globalNorm,
  type Optimizer,
  type ParameterGroup,
  updates,
  type VariableUpdate,
} from '../optimizers/index.js';
import type { ForwardPass } from './forward-pass.js';
import { checkMetrics, gradientsOf, stepGraph, type TrainingStep } from './step-graph.js';

/** How gradients become updates. */
export interface UpdateRule {
  readonly optimizer: Optimizer;
  /** Of the parameters that no group sets it for; 0 where left out. */
  readonly weightDecay?: number;
  readonly groups?: readonly ParameterGroup[];
  /** The largest global norm of the gradients that an update may use. */
  readonly clipNorm?: number;
  /** Variables whose moving averages the step moves too, and what an average keeps from step to step. */
  readonly average?: { readonly of: Iterable<Variable>; readonly decay: number };
}

/**
 * Forward, loss, backward and optimiser as one graph. It takes the inputs that the loss depends on and the scalar
 * `learningRate`, and returns `loss`, `gradientNorm` (the global norm, before clipping) and the metrics.
 *
 * A run whose loss or gradient norm is not finite changes nothing: every variable keeps its value, running
 * statistics included, as {@link TrainingStep.commit} tells the session, so that the state before the bad batch is still there to save and to look into
 * ({@link diagnosis}).
 *
 * @throws HmsaError when the loss does not depend on a parameter, or a metric takes a name of the step's own
 */
export function trainingStep(options: ForwardPass & UpdateRule): TrainingStep {
  checkArgument(isObject(options), 'trainingStep', 'an object with loss and optimizer', options);
  const { metrics = {}, bufferUpdates = new Map(), optimizer, clipNorm } = options;
  checkMetrics(metrics);
  const loss = reshape(options.loss, []);
  const gradients = gradientsOf(options);
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

export function withAverages(
  changes: readonly VariableUpdate[],
  average: UpdateRule['average'],
): readonly VariableUpdate[] {
  return average === undefined
    ? changes
    : [...changes, ...averageUpdates(average.of, changes, average.decay)];
}

export function bufferChanges(bufferUpdates: ReadonlyMap<Variable, Tensor>): VariableUpdate[] {
  return [...bufferUpdates].map(([variable, next]) => ({ variable, next }));
}
