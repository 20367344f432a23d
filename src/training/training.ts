import type { NdArray } from '../base/arrays.js';
import { checkArgument, HmsaError, isObject } from '../base/errors/index.js';
import type { Batch } from '../data/index.js';
import type { SessionOptions } from '../engine/runtime/index.js';
import type { ModelConfig } from '../model/index.js';
import { recalibrate } from './batch-norm-statistics.js';
import { type Checkpoint, withCountPerNetwork } from './checkpoint.js';
import { checkConfig, type TrainConfig } from './config.js';
import { phaseRule } from './phase-rule.js';
import { type OpenSession, PhaseRunner, type StepResult } from './phase-runner.js';
import {
  type EarlyEnd,
  type PlannedPhase,
  type PlannedStep,
  phaseEndingAt,
  planPhases,
  planStep,
  withEnd,
} from './plan.js';
import {
  type FeatureBatch,
  inGroups,
  memoryScratch,
  type OpenScratch,
  range,
  viewedBatches,
} from './viewed-batches.js';
import { runValues, setWeights, weightsOf } from './weights.js';

/** Bytes of features that a phase keeps in memory if its caller offers no other place. */
const MEMORY_KEPT = 2 ** 29;

/** A step that has been taken. */
export interface StepEvent extends StepResult, PlannedStep {
  readonly phase: PlannedPhase;
  /** Its number over the whole run, from 0. */
  readonly step: number;
  /** Steps of the whole run. */
  readonly steps: number;
  /** Images of its batches. */
  readonly images: number;
}

/** Inputs and callbacks of {@link runTraining}. */
export interface TrainingOptions {
  readonly openSession: OpenSession;
  readonly sessionOptions: SessionOptions;
  readonly stepsPerEpoch: number;
  /** Phases that have ended early so far. Default: none. */
  readonly ends?: readonly EarlyEnd[];
  /** The batches of these numbers, in their order. The same number always gives the same batch. */
  batches(numbers: Iterable<number>): AsyncIterable<Batch>;
  /** Where a phase with views keeps features. Default: up to half a gigabyte in memory. */
  readonly openScratch?: OpenScratch;
  onStep(event: StepEvent): void | Promise<void>;
  /** Takes a line about work between the steps. */
  say?(what: string): void;
  /** Whether to save after this number of steps, within an epoch. Default: never. */
  isSaveDue?(step: number): boolean;
  /** Called after each epoch, when a save is due, and when the run is interrupted. Awaited before the next step. */
  saveCheckpoint(checkpoint: Checkpoint): Promise<void>;
  /** Whether the graphs close before this call of {@link onEpoch}, so that it has their memory. Default: never. */
  needsMemory?(epoch: number, step: number): boolean;
  /**
   * Called after each finished epoch, once its checkpoint is saved. If a run resumes from the end of an epoch, it is
   * called again, because an interruption may have ended the first call.
   *
   * @returns `endPhase` to end the phase here; the next one begins
   */
  onEpoch(epoch: number, checkpoint: Checkpoint): Promise<unknown>;
  /** An abort ends the run after the current step, once its checkpoint is saved. */
  readonly signal?: AbortSignal;
}

/**
 * Trains all phases from a checkpoint to the end of the run.
 *
 * All randomness is a function of seed and step, so a run that resumes from a checkpoint takes the same steps as one
 * without a pause. Each phase begins with new optimiser state. If Adam's step count continued while its moments start
 * at zero, its bias correction would be wrong.
 *
 * @returns the last checkpoint: the end of the run, or the step at which it was interrupted
 * @throws HmsaError when a loss is not finite
 */
export async function runTraining(
  model: ModelConfig,
  training: TrainConfig,
  start: Checkpoint,
  options: TrainingOptions,
): Promise<Checkpoint> {
  checkConfig(training, 'runTraining, training');
  checkArgument(isObject(start) && start.values instanceof Map, 'runTraining, start', 'a checkpoint', start);
  checkArgument(isObject(options), 'runTraining, options', 'an object of options', options);
  const { stepsPerEpoch, signal } = options;
  const isCount = Number.isInteger(stepsPerEpoch) && stepsPerEpoch >= 1;
  checkArgument(isCount, 'runTraining, stepsPerEpoch', 'a whole number of at least 1', stepsPerEpoch);
  let ends = options.ends ?? [];
  let phases = planPhases(training, stepsPerEpoch, ends);
  const endEpoch = async (checkpoint: Checkpoint): Promise<void> => {
    const { step } = checkpoint;
    if ((await options.onEpoch(step / stepsPerEpoch - 1, checkpoint)) !== 'endPhase') return;
    ends = withEnd(ends, phaseEndingAt(phases, step), step, stepsPerEpoch);
    phases = planPhases(training, stepsPerEpoch, ends);
  };
  let checkpoint = withCountPerNetwork(model, training, stepsPerEpoch, start, ends);
  if (checkpoint.step > 0 && checkpoint.step % stepsPerEpoch === 0) {
    await endEpoch(checkpoint);
    if (signal?.aborted) return checkpoint;
  }
  if (checkpoint.step >= phases.at(-1)!.to) return checkpoint;
  // The plan becomes shorter when a phase ends early.
  for (let index = 0; index < phases.length; index++) {
    const phase = phases[index]!;
    if (checkpoint.step >= phase.to) continue;
    let { values } = checkpoint;
    if (checkpoint.step === phase.from) {
      try {
        values = await firstValues(model, training, phases[index - 1], checkpoint, options);
      } catch (error) {
        // The checkpoint is saved, and the next part of the run begins this phase again.
        if (signal?.aborted && error === signal.reason) return checkpoint;
        throw error;
      }
    }
    const runner = new PhaseRunner({
      model,
      training,
      phase,
      values,
      openSession: options.openSession,
      sessionOptions: options.sessionOptions,
    });
    let { step } = checkpoint;
    try {
      for await (const taken of phaseBatches(training, phase, step, runner, options)) {
        const planned = planStep(training, phase, step, stepsPerEpoch);
        const result = await runner.step(taken, { ...planned, step });
        const images = taken.reduce((sum, { size }) => sum + size[0], 0);
        const steps = phases.at(-1)!.to;
        await options.onStep({ ...result, ...planned, phase, step, steps, images });
        step++;
        const isDue = planned.isLastOfEpoch || signal?.aborted || options.isSaveDue?.(step);
        if (!isDue) continue;
        checkpoint = { step, values: await runner.values() };
        requireFinite(checkpoint);
        await options.saveCheckpoint(checkpoint);
        if (planned.isLastOfEpoch && !signal?.aborted) {
          if (options.needsMemory?.(planned.epoch, step)) await runner.pause();
          await endEpoch(checkpoint);
        }
        if (signal?.aborted) return checkpoint;
        if (step >= phases[index]!.to) break;
      }
    } finally {
      await runner.dispose();
    }
    // An abort may end a phase before its first step.
    if (signal?.aborted) return checkpoint;
    if (step < phases[index]!.to) throw new Error('The batches ended before the run.');
  }
  return checkpoint;
}

/**
 * The values that a phase begins with. Statistics are measured anew if the phase before it says so.
 *
 * @throws the signal's reason when an abort ends the measurement
 */
async function firstValues(
  model: ModelConfig,
  training: TrainConfig,
  before: PlannedPhase | undefined,
  { values: saved }: Checkpoint,
  { batches, openSession, sessionOptions, signal }: TrainingOptions,
): Promise<ReadonlyMap<string, NdArray>> {
  const values = runValues(model, training, saved);
  const count = before?.recalibrate;
  if (before === undefined || count === undefined) return values;
  for (const average of training.ema === undefined ? [false] : [false, true]) {
    const measured = await recalibrate(
      model,
      weightsOf(model, values, { average }),
      phaseRule(training, before),
      batches(range(0, count)),
      openSession,
      sessionOptions,
      signal,
    );
    setWeights(model, values, measured, { average });
  }
  return values;
}

/** What each step of a phase takes: batches or, where a phase keeps features, the features of batches. */
function phaseBatches(
  training: TrainConfig,
  phase: PlannedPhase,
  from: number,
  source: PhaseRunner,
  options: TrainingOptions,
): AsyncGenerator<readonly (Batch | FeatureBatch)[], void, undefined> {
  const { views } = phase;
  if (views === undefined) {
    const { accumulate } = training;
    return inGroups(options.batches(range(from * accumulate, phase.to * accumulate)), accumulate);
  }
  const { openScratch = (wanted) => Promise.resolve(memoryScratch(Math.min(wanted, MEMORY_KEPT))) } = options;
  return viewedBatches({ ...options, training, phase: { ...phase, views }, from, source, openScratch });
}

/** An update can overflow although its loss and gradient are finite. It must not replace the last good checkpoint. */
function requireFinite({ step, values }: Checkpoint): void {
  for (const [name, { dtype, data }] of values) {
    if (dtype !== 'float32') continue;
    const wrong = (data as Float32Array).find((value) => !Number.isFinite(value));
    if (wrong === undefined) continue;
    throw new HmsaError({
      operation: `step ${step}`,
      expected: 'a finite loss and gradient, and finite weights after it',
      received: `a finite loss and gradient, but weights that are not finite; first not finite: ${name} (${wrong})`,
      remedy: 'Lower the learning rate, or set clipNorm. The last checkpoint is unchanged.',
    });
  }
}
