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
 * kernels. This and the next constants are fitted to the measurements in docs/memory.md.
 */
const ARENA = 1.18;

/** Copies of weights, statistics and optimiser state: in the session, in the file of the graph, in checkpoints. */
const COPIES = 4.2;

/** Bytes of each tensor as a node of graphs: ours, ONNX Runtime's and that in the file. */
const NODE = 4200;

/**
 * Maps of float32 as large as the logits that the main loss holds within its operators, beside those that its graph shows: for RMI the
 * sigmoids, their complements and what both are multiplied with. Fitted too.
 */
const WITHIN_LOSS = { crossEntropy: 0, rmi: 4 } as const;

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
  return training.phases.map((phase) => memoryOf(model, training, phase));
}

/**
 * Whether each phase takes at most so many bytes, as {@link phaseMemory} counts them. It looks no further than the first that takes
 * more. Later phases usually take the most, so they come first.
 *
 * @throws HmsaError when the model cannot be trained with the configuration
 */
export function phasesFit(model: ModelConfig, training: TrainConfig, bytes: number): boolean {
  checkTraining(model, training);
  return training.phases.toReversed().every((phase) => memoryOf(model, training, phase).bytes <= bytes);
}

function memoryOf(model: ModelConfig, training: TrainConfig, phase: PhaseConfig): PhaseMemory {
  const key = decisive(model, hasRecomputation(phase) ? training : { ...training, recompute: 'none' }, phase);
  const bytes = known.get(key) ?? bytesOf(model, training, phase);
  if (known.size > 1000) known.clear();
  known.set(key, bytes);
  return { kind: phase.kind, bytes };
}

/** The others have one scale, or a backward pass that ends before the scales. */
function hasRecomputation({ kind }: PhaseConfig): boolean {
  return kind === 'refinement' || kind === 'joint';
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
  const graphs = graphsOf(model, training, phase);
  const variables = new Map<string, Variable>();
  let bytes = 0;
  for (const graph of graphs) {
    const tensors = tensorsOf(graph);
    const all = reachable(tensors);
    for (const one of all.filter(isVariable)) variables.set(one.attributes.name, one);
    bytes += NODE * all.length + ARENA * (peakBytes(tensors) + graph.withinLoss);
  }
  for (const { shape } of variables.values()) bytes += COPIES * 4 * elementCount(shape as number[]);
  return bytes;
}

/** What a session computes. */
interface Computed {
  readonly outputs: readonly Tensor[];
  /** The variables that are constants of its file. */
  readonly frozen: readonly Tensor[];
  /** Bytes; see {@link WITHIN_LOSS}. */
  readonly withinLoss: number;
}

/** The graphs that a phase keeps open. */
function graphsOf(model: ModelConfig, training: TrainConfig, phase: PhaseConfig): Computed[] {
  const { batch, crop, loss } = training;
  const withinLoss = WITHIN_LOSS[loss.main] * 4 * batch * model.classes * crop[0] * crop[1];
  if (phase.views !== undefined) {
    const { features, trained } = splitFrozen(graphOfPhase(model, training, phase, 1));
    const outputs = Object.values(features);
    return [
      { outputs, frozen: reachable(outputs), withinLoss: 0 },
      ...computedBy(stepGraphs(trained, training), withinLoss),
    ];
  }
  const scales = phase.kind === 'scales' ? model.scales : [1];
  return scales.flatMap((scale) =>
    computedBy(stepGraphs(graphOfPhase(model, training, phase, scale), training), withinLoss),
  );
}

function computedBy({ batch, update }: StepGraphs, withinLoss: number): Computed[] {
  const computed = ({ outputs, frozen }: StepGraphs['batch'], bytes: number) => ({
    outputs: Object.values(outputs),
    frozen,
    withinLoss: bytes,
  });
  return [computed(batch, withinLoss), ...(update === undefined ? [] : [computed(update, 0)])];
}

/** The tensors that ONNX Runtime is asked for. Frozen batch norms are folded into the convolutions before them. */
function tensorsOf({ outputs, frozen }: Computed): Tensor[] {
  const constant = new Set(frozen);
  const { outputs: simple } = simplify({ outputs: Object.fromEntries(outputs.entries()) });
  const folded = substitute(simple, (tensor) =>
    isBatchNormInference(tensor) && tensor.inputs.slice(1).every((one) => constant.has(one))
      ? tensor.inputs[0]!
      : tensor,
  );
  return Object.values(folded);
}
