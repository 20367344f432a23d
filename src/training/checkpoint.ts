import { float32, type NdArray, type OwnBytes } from '../base/arrays.js';
import { checkArgument, HmsaError, isObject } from '../base/errors/index.js';
import { input, type Variable } from '../engine/graph/index.js';
import { declareVariables, type ModelConfig } from '../model/index.js';
import { CHECKSUM_KEY, readSafetensors, writeSafetensors } from '../model/weights/index.js';
import type { TrainConfig } from './config.js';
import { adamBetas, updates } from './optimizers/index.js';
import { networkOf, optimizerOf } from './phase.js';
import { isOfAttention, phaseRule, trainedIn } from './phase-rule.js';
import { type EarlyEnd, type PlannedPhase, planPhases, scalesDrawn } from './plan.js';
import { gradientSum } from './step/index.js';
import { runVariables } from './weights.js';

/** A point between two steps from which a run can resume. */
export interface Checkpoint {
  /** Steps taken so far. */
  readonly step: number;
  /** Everything that training reads and changes, by variable name: weights, buffers and optimiser state. */
  readonly values: ReadonlyMap<string, NdArray>;
  /** The mark of the run that it belongs to, if it was read from a file that has one. */
  readonly run?: string;
}

const FORMAT = 'hmsa-checkpoint';
/**
 * The version that this program writes. It also reads every earlier one. Version 1 has no checksum. Version 2 has the
 * checksum of every `.safetensors` file and a second one, which is ignored. Version 3 has only the first and is refused
 * without it.
 */
const FORMAT_VERSION = 3;

const REMEDY = 'Restore the checkpoint from a copy, or start a new run.';

/**
 * A checkpoint as the bytes of a `.safetensors` file: weights, buffers, optimiser state, step, and a checksum of it all.
 *
 * @param run the mark of the run that it belongs to
 */
export function encodeCheckpoint(checkpoint: Checkpoint, run?: string): OwnBytes {
  checkArgument(isObject(checkpoint), 'encodeCheckpoint', 'a checkpoint { step, values }', checkpoint);
  const { step, values } = checkpoint;
  const isStep = Number.isSafeInteger(step) && step >= 0;
  checkArgument(isStep, 'encodeCheckpoint', 'a whole number of steps', step);
  const isMark = run === undefined || typeof run === 'string';
  checkArgument(isMark, 'encodeCheckpoint', 'a text as the mark of the run', run);
  const metadata = new Map([
    ['format', FORMAT],
    ['formatVersion', String(FORMAT_VERSION)],
    ['step', String(step)],
    ...(run === undefined ? [] : [['run', run] as const]),
  ]);
  return writeSafetensors({ tensors: values, metadata });
}

/**
 * Reads what {@link encodeCheckpoint} has written, in this version or an earlier one.
 *
 * @throws HmsaError that names the file when it is damaged, no checkpoint, or of a newer format
 */
export function decodeCheckpoint(bytes: Uint8Array, source: string): Checkpoint {
  const fail = (expected: string, received: string, remedy = REMEDY): never => {
    throw new HmsaError({ operation: source, expected, received, remedy });
  };
  const { tensors, metadata } = readSafetensors(bytes, source, {
    remedy: REMEDY,
    checkMetadata(metadata) {
      if (metadata.get('format') !== FORMAT) return;
      const version = Number(metadata.get('formatVersion'));
      if (version > FORMAT_VERSION)
        fail(
          `a checkpoint of format ${FORMAT_VERSION} or earlier`,
          `format ${version}`,
          'Install a newer hmsa.',
        );
      if (version >= 3 && !metadata.has(CHECKSUM_KEY)) fail(`a checksum, ${CHECKSUM_KEY}`, 'none');
    },
  });
  if (metadata.get('format') !== FORMAT) {
    fail(
      'a checkpoint of a training run',
      metadata.get('format') ?? 'other weights',
      'Resume from the checkpoint of a training run.',
    );
  }
  const version = metadata.get('formatVersion');
  if (!/^[1-9]$/.test(version ?? '')) fail('a format version', version ?? 'none');
  const step = metadata.get('step');
  if (!/^\d{1,15}$/.test(step ?? '')) fail('the step at which it was written', step ?? 'none');
  const run = metadata.get('run');
  return { step: Number(step), values: tensors, ...(run === undefined ? {} : { run }) };
}

/**
 * Checks that a run can resume from a checkpoint: its step lies within the plan, and every variable of the model and,
 * within a phase, the optimiser state is there, with the right shape and finite values.
 *
 * @param source what errors call the checkpoint: its file
 * @param ends phases that ended early
 * @returns the checkpoint, completed with the values that earlier versions did not save
 * @throws HmsaError that names the file and what is missing or wrong
 */
export function checkCheckpoint(
  model: ModelConfig,
  training: TrainConfig,
  stepsPerEpoch: number,
  checkpoint: Checkpoint,
  source: string,
  ends: readonly EarlyEnd[] = [],
): Checkpoint {
  const { step } = checkpoint;
  const refuse = (expected: string, received: string): never => {
    throw new HmsaError({
      operation: source,
      expected,
      received,
      remedy: 'Restore the file from a copy, or start a new run.',
    });
  };
  const phases = planPhases(training, stepsPerEpoch, ends);
  const steps = phases.at(-1)!.to;
  if (!Number.isSafeInteger(step) || step < 0 || step > steps)
    refuse(`a step from 0 to ${steps}`, String(step));
  const { values } = withCountPerNetwork(model, training, stepsPerEpoch, checkpoint, ends);
  const declared = [...declareVariables(model).values()].map(({ variable }) => variable);
  // Averages exist from the first step on.
  const lasting = step === 0 ? declared : runVariables(model, training);
  const phase = phases.find(({ from, to }) => from < step && step < to);
  const remembered =
    phase === undefined ? [] : optimizerState(model, training, phase, step, stepsPerEpoch, declared);
  for (const { attributes } of [...lasting, ...remembered]) {
    const { name, shape, least } = attributes;
    const value = values.get(name);
    const what = `${name} as float32 [${shape}]`;
    if (value === undefined) return refuse(what, 'none of that name');
    if (value.dtype !== 'float32' || String(value.shape) !== String(shape))
      refuse(what, `${value.dtype} [${value.shape}]`);
    const wrong = wrongNumber(value, least);
    if (wrong !== undefined) refuse(`numbers that training can produce in ${name}`, String(wrong));
  }
  return { step, values };
}

/** The optimiser state after a step within a phase: the state of every network that the phase has trained so far. */
function optimizerState(
  model: ModelConfig,
  training: TrainConfig,
  phase: PlannedPhase,
  step: number,
  stepsPerEpoch: number,
  declared: readonly Variable[],
): Variable[] {
  const { kind } = phase;
  const trains = trainedIn(model, phaseRule(training, phase));
  const networks = new Set(
    scalesDrawn(training, phase, step, stepsPerEpoch).map((scale) => networkOf(kind, model, scale)),
  );
  return [...networks].flatMap((network) => {
    const parameters = declared.filter(({ attributes: { name, role } }) => {
      const isCombined = model.scales.length > 1 || !isOfAttention(name);
      const isOfNetwork = network === undefined || name.startsWith(`${network}.`);
      return role === 'parameter' && trains(name) && isCombined && isOfNetwork;
    });
    const changed = updates(new Map(parameters.map((parameter) => [parameter, parameter])), {
      optimizer: optimizerOf(training.optimizer, network),
      learningRate: input('learningRate', []),
    }).map(({ variable }) => variable);
    const sums = training.accumulate > 1 ? parameters.map(gradientSum) : [];
    return [...changed.filter(({ attributes }) => attributes.life === 'phase'), ...sums];
  });
}

/**
 * The first number that training cannot produce: one that is not finite, or that is below the least value of its
 * variable.
 */
function wrongNumber({ data }: NdArray, least = Number.NEGATIVE_INFINITY): number | undefined {
  return (data as Float32Array).find((value) => !Number.isFinite(value) || value < least);
}

/** Adam stores its step counts as averages of ones. These are their names, and the β of each. */
const counts = { meanWeight: 'beta1', squareWeight: 'beta2' } as const;

/**
 * In checkpoints of format 1, Adam has one step count for the networks of all scales. It includes steps in which a
 * network was not trained. The right count of each network follows from the plan and replaces it. The moments do not
 * change. Other checkpoints are returned unchanged.
 */
export function withCountPerNetwork(
  model: ModelConfig,
  training: TrainConfig,
  stepsPerEpoch: number,
  checkpoint: Checkpoint,
  ends: readonly EarlyEnd[] = [],
): Checkpoint {
  const { step } = checkpoint;
  const { optimizer } = training;
  const phase = planPhases(training, stepsPerEpoch, ends).find(({ from, to }) => from < step && step < to);
  if (phase === undefined || optimizer.name === 'sgd') return checkpoint;
  const drawn = scalesDrawn(training, phase, step, stepsPerEpoch);
  const networks = drawn.map((scale) => networkOf(phase.kind, model, scale));
  const values = new Map<string, NdArray>(checkpoint.values);
  for (const [what, beta] of Object.entries(counts)) {
    const shared = `optimizer.${what}`;
    if (!values.has(shared) || networks[0] === undefined) return checkpoint;
    values.delete(shared);
    for (const network of new Set(networks)) {
      const steps = networks.filter((one) => one === network).length;
      values.set(`${shared}.${network}`, averageOfOnes(optimizer[beta] ?? adamBetas[beta], steps));
    }
  }
  return { step, values };
}

/** c ← c + (1 − β)·(1 − c), step by step in float32 as the graph does it. */
function averageOfOnes(beta: number, steps: number): NdArray {
  let average = 0;
  for (let i = 0; i < steps; i++) {
    average = Math.fround(average + Math.fround(Math.fround(1 - average) * Math.fround(1 - beta)));
  }
  return float32(Float32Array.of(average), []);
}
