import { HmsaError } from '../../base/errors/index.js';
import { gradients, gradientsBySegments } from '../../engine/autodiff/index.js';
import { isVariable, reachable, type Tensor, type Variable } from '../../engine/graph/index.js';
import type { VariableUpdate } from '../optimizers/index.js';
import type { ForwardPass } from './forward-pass.js';

/** A graph that changes variables: what to compile, and what a session needs to run it. */
export interface TrainingStep {
  /** What a run returns, by name, and `next/<variable>` for each variable that it changes. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** For the session's option of that name: variable → the output that replaces it. */
  readonly state: Readonly<Record<string, string>>;
  /** For the session's option of that name: the output that is 0 where the step must not count. */
  readonly commit: string;
  /** The variables of {@link state}. */
  readonly variables: readonly Variable[];
  /** The variables that this graph reads and another over the same state changes. */
  readonly shared: readonly Variable[];
  /** The variables that the graph reads and nothing changes: constants of the lowered file. */
  readonly frozen: readonly Variable[];
}

/** What {@link TrainingStep.commit} is called. */
const COMMIT = 'commit';

/**
 * A step graph whose updates count where the condition, a scalar, is not 0. The session sees to that: choosing between
 * old and new values inside the graph would be one more pass over all of them.
 *
 * @param results what a run returns beside the state
 * @param shared see {@link TrainingStep.shared}
 */
export function stepGraph(
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
 * The gradient of each parameter, last parameter first, which is about the order in which the backward pass comes by
 * them. ONNX Runtime computes what a file's first outputs need before it turns to the others: with the first layer's
 * gradient in front it would go back through the whole network and hold the gradients of all activations until the
 * weights' own are computed from them.
 *
 * @throws HmsaError when the loss does not depend on one
 */
export function gradientsOf(forward: ForwardPass): Map<Variable, Tensor> {
  const { loss, metrics = {}, parameters, recompute = [] } = forward;
  const wanted = [...parameters].reverse();
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

/** @throws HmsaError when a metric takes a name of the step's own */
export function checkMetrics(metrics: Readonly<Record<string, Tensor>>): void {
  const taken = Object.keys(metrics).find(
    (name) => ['loss', 'gradientNorm', COMMIT].includes(name) || name.startsWith('next/'),
  );
  if (taken === undefined) return;
  throw new HmsaError({
    operation: 'training step',
    expected: "metrics with names that are not the step's own (loss, gradientNorm, commit, next/…)",
    received: taken,
  });
}
