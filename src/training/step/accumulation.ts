import { HmsaError } from '../../base/errors/index.js';
import { input, scalar, type Tensor, type Variable, variable } from '../../engine/graph/index.js';
import { add, div, finite, mul, reshape } from '../../engine/ops/index.js';
import { clipFactor, globalNorm, optimizerState, updates } from '../optimizers/index.js';
import type { ForwardPass } from './forward-pass.js';
import { checkMetrics, gradientsOf, stepGraph, type TrainingStep } from './step-graph.js';
import { bufferChanges, type UpdateRule, withAverages } from './training-step.js';

/**
 * The backward half of a training step: adds the gradients of one micro-batch to what is kept in
 * `optimizer.gradient.<parameter>`, and moves the buffers. It returns `loss`, `gradientNorm` (of this micro-batch) and
 * the metrics. A micro-batch whose loss or gradient norm is not finite changes nothing.
 *
 * It shares the parameters with {@link updateStep}, which changes them in a sibling of its session.
 *
 * @throws HmsaError when the loss does not depend on a parameter, or a metric takes a name of the step's own
 */
export function gradientStep(forward: ForwardPass): TrainingStep {
  const { metrics = {}, bufferUpdates = new Map() } = forward;
  checkMetrics(metrics);
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
 * The other half: one update of the parameters by the mean of the gradients that `batches` micro-batches have left,
 * on this machine or summed over several, and zeros in their place. It takes the scalar `learningRate` and returns
 * `gradientNorm`, of the mean and before clipping.
 *
 * It stands apart from the backward pass so that a micro-batch which only adds to the gradients neither runs the
 * optimiser nor copies its state.
 *
 * @param buffers what {@link gradientStep} moves; averages of it are moved here, once for all micro-batches
 * @throws HmsaError when the micro-batches are no whole number of 1 or more
 */
export function updateStep(
  parameters: Iterable<Variable>,
  rule: UpdateRule & { readonly batches: number },
  buffers: Iterable<Variable> = [],
): TrainingStep {
  const { batches, clipNorm } = rule;
  if (!Number.isInteger(batches) || batches < 1) {
    throw new HmsaError({
      operation: 'accumulation',
      expected: 'a whole number of micro-batches, 1 or more',
      received: String(batches),
    });
  }
  const sums = new Map([...parameters].map((parameter) => [parameter, gradientSum(parameter)]));
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
  const averaged = new Set(rule.average?.of);
  return stepGraph(
    { gradientNorm },
    [...withAverages(changes, rule.average), ...cleared],
    finite(gradientNorm),
    [...buffers].filter((buffer) => averaged.has(buffer)),
  );
}

/** What turns the summed gradients into their mean, clipped. */
function meanFactor(batches: number, clip: Tensor | undefined): Tensor {
  return clip === undefined ? scalar(1 / batches) : div(clip, batches);
}

/** Where the gradients of a parameter are summed up. */
export function gradientSum({ attributes: { name, shape } }: Variable): Variable {
  return variable(`optimizer.gradient.${name}`, shape, optimizerState);
}
