import { elementCount } from '../../base/arrays.js';
import {
  isVariable,
  peakBytes,
  reachable,
  substitute,
  type Tensor,
  type Variable,
} from '../../engine/graph/index.js';
import { isBatchNormInference } from '../../engine/ops/index.js';
import { simplify } from '../../engine/passes/index.js';
import type { ModelConfig } from '../../model/index.js';
import { checkTraining } from '../check-training.js';
import type { PhaseConfig, PhaseKind, TrainConfig } from '../config.js';
import { graphOfPhase, type StepGraphs, stepGraphs } from '../phase.js';
import { splitFrozen } from '../split-frozen.js';

/**
 * What ONNX Runtime's arena holds for each byte of tensors that are alive at once: also gaps, and the scratch memory of
 * kernels. This and the next constant are fitted to the measurements in docs/memory.md.
 */
const ARENA = 1.2;

/** Copies of weights, statistics and optimiser state: in the session, in the file of the graph, in checkpoints. */
const COPIES = 4.1;

/** The memory of a phase. */
export interface PhaseMemory {
  readonly kind: PhaseKind;
  /** Bytes that the steps of the phase take, beside the process itself. */
  readonly bytes: number;
}

/**
 * About how many bytes the steps of each phase take with ONNX Runtime on a CPU, beside the process itself. Nothing is run: the
 * sizes of all tensors follow from the graphs, which are built but not compiled.
 *
 * @throws HmsaError when the model cannot be trained with the configuration
 */
export function phaseMemory(model: ModelConfig, training: TrainConfig): PhaseMemory[] {
  checkTraining(model, training);
  return training.phases.map((phase) => {
    const key = decisive(model, training, phase);
    const bytes = known.get(key) ?? bytesOf(model, training, phase);
    if (known.size > 1000) known.clear();
    known.set(key, bytes);
    return { kind: phase.kind, bytes };
  });
}

/** A command predicts the same several times: to choose, to warn, and to report. */
const known = new Map<string, number>();

/** Everything that a prediction depends on. */
function decisive(
  model: ModelConfig,
  { phases: _, seed: __, memory: ___, ...training }: TrainConfig,
  { epochs: ____, schedule: _____, earlyStop: ______, ...phase }: PhaseConfig,
): string {
  return JSON.stringify([model, training, phase]);
}

/** Sessions stay open through a phase, and each keeps the memory of its own run. */
function bytesOf(model: ModelConfig, training: TrainConfig, phase: PhaseConfig): number {
  const { alive, state } = tensorsOfPhase(model, training, phase);
  return alive.reduce((sum, bytes) => sum + ARENA * bytes, 0) + COPIES * state;
}

/** The bytes of tensors that are alive at once in each session of a phase, and those of all variables. */
export function tensorsOfPhase(
  model: ModelConfig,
  training: TrainConfig,
  phase: PhaseConfig,
): { readonly alive: readonly number[]; readonly state: number } {
  const graphs = graphsOf(model, training, phase);
  const variables = new Map<string, Variable>();
  for (const { outputs } of graphs)
    for (const one of reachable(outputs).filter(isVariable)) variables.set(one.attributes.name, one);
  return {
    alive: graphs.map(aliveIn),
    state: [...variables.values()].reduce(
      (sum, { attributes }) => sum + 4 * elementCount(attributes.shape),
      0,
    ),
  };
}

/** What a session computes. */
interface Computed {
  readonly outputs: readonly Tensor[];
  /** The variables that are constants of its file. */
  readonly frozen: readonly Tensor[];
}

/** The graphs that a phase keeps open. */
function graphsOf(model: ModelConfig, training: TrainConfig, phase: PhaseConfig): Computed[] {
  if (phase.views !== undefined) {
    const { features, trained } = splitFrozen(graphOfPhase(model, training, phase, 1));
    const outputs = Object.values(features);
    return [{ outputs, frozen: reachable(outputs) }, ...computedBy(stepGraphs(trained, training))];
  }
  const scales = phase.kind === 'scales' ? model.scales : [1];
  return scales.flatMap((scale) =>
    computedBy(stepGraphs(graphOfPhase(model, training, phase, scale), training)),
  );
}

function computedBy({ batch, update }: StepGraphs): Computed[] {
  const steps = update === undefined ? [batch] : [batch, update];
  return steps.map(({ outputs, frozen }) => ({ outputs: Object.values(outputs), frozen }));
}

/** A frozen batch norm takes nothing, because it will be folded into the convolution before it. */
function aliveIn({ outputs, frozen }: Computed): number {
  const constant = new Set(frozen);
  const { outputs: simple } = simplify({ outputs: Object.fromEntries(outputs.entries()) });
  const folded = substitute(simple, (tensor) =>
    isBatchNormInference(tensor) && tensor.inputs.slice(1).every((one) => constant.has(one))
      ? tensor.inputs[0]!
      : tensor,
  );
  return peakBytes(Object.values(folded));
}
