import { HmsaError } from '../base/errors/index.js';
import type { Batch } from '../data/index.js';
import type { SessionOptions } from '../engine/runtime/index.js';
import type { ModelConfig } from '../model/index.js';
import type { Position } from './checkpoint.js';
import { withOwnCounts } from './checkpoint.js';
import type { TrainConfig } from './config.js';
import { type OpenSession, PhaseRunner, type StepResult } from './phase-runner.js';
import { type PlannedPhase, type PlannedStep, planPhases, planStep } from './plan.js';
import { runValues } from './weights.js';

/** A step that has been taken. */
export interface StepEvent extends StepResult, PlannedStep {
  readonly phase: PlannedPhase;
  /** Its number over the whole run, from 0. */
  readonly step: number;
  /** Steps of the whole run. */
  readonly steps: number;
  /** Images that it took. */
  readonly images: number;
}

/** What training asks of the world around it. */
export interface TrainingHost {
  readonly openSession: OpenSession;
  readonly sessionOptions: SessionOptions;
  readonly stepsPerEpoch: number;
  /** The batches of the run from the given step on, `accumulate` of them for each step. */
  batches(from: number): AsyncIterable<Batch>;
  onStep(event: StepEvent): void | Promise<void>;
  /** Whether the position after a step within an epoch is to be saved; no where left out. */
  isSaveDue?(step: number): boolean;
  /** After each epoch, where it is due, and when the run is interrupted; awaited before the next step. */
  savePosition(position: Position): Promise<void>;
  /**
   * After each finished epoch, once its position is saved, and again when a run goes on from the end of an epoch:
   * whoever interrupted it may have done so before this was through.
   */
  onEpoch(epoch: number, position: Position): Promise<void>;
  /** An abort ends the run after the step in progress, with its position saved. */
  readonly signal?: AbortSignal;
}

/**
 * Trains all phases from a position to the end of the run.
 *
 * Everything random is a function of seed and step, so a run that was interrupted and goes on from its position takes
 * the same steps as one that was not. Each phase begins with an optimiser that remembers nothing: the step count of
 * Adam would otherwise go on beside moments that start at zero, and undo its correction of their bias.
 *
 * @returns the last position: the end of the run, or where it was interrupted
 * @throws HmsaError when a loss is not finite
 */
export async function runTraining(
  model: ModelConfig,
  training: TrainConfig,
  start: Position,
  host: TrainingHost,
): Promise<Position> {
  const { stepsPerEpoch, signal } = host;
  const phases = planPhases(training, stepsPerEpoch);
  const steps = phases.at(-1)!.to;
  let position = withOwnCounts(model, training, stepsPerEpoch, start);
  if (position.step > 0 && position.step % stepsPerEpoch === 0) {
    await host.onEpoch(position.step / stepsPerEpoch - 1, position);
    if (signal?.aborted) return position;
  }
  if (position.step >= steps) return position;
  const batches = host.batches(position.step)[Symbol.asyncIterator]();
  try {
    for (const phase of phases) {
      if (position.step >= phase.to) continue;
      const runner = new PhaseRunner({
        model,
        training,
        phase: phase.phase,
        values: position.step === phase.from ? runValues(model, training, position.values) : position.values,
        openSession: host.openSession,
        options: host.sessionOptions,
      });
      try {
        while (position.step < phase.to) {
          const { step } = position;
          const planned = planStep(training, phase, step, stepsPerEpoch);
          const taken = await take(batches, training.accumulate);
          const result = await runner.step(taken, { ...planned, step });
          const images = taken.reduce((sum, { size }) => sum + size[0], 0);
          await host.onStep({ ...result, ...planned, phase, step, steps, images });
          position = { step: step + 1, values: position.values };
          const isDue = planned.isLastOfEpoch || signal?.aborted || host.isSaveDue?.(position.step);
          if (!isDue) continue;
          position = { step: position.step, values: await runner.values() };
          requireFinite(position);
          await host.savePosition(position);
          if (planned.isLastOfEpoch && !signal?.aborted) await host.onEpoch(planned.epoch, position);
          if (signal?.aborted) return position;
        }
      } finally {
        await runner.dispose();
      }
    }
    return position;
  } finally {
    await batches.return?.();
  }
}

async function take(batches: AsyncIterator<Batch>, count: number): Promise<Batch[]> {
  const taken: Batch[] = [];
  while (taken.length < count) {
    const { value, done } = await batches.next();
    if (done) throw new Error('The batches ended before the run.');
    taken.push(value);
  }
  return taken;
}

/**
 * An update can overflow although the loss and the gradient that it was made from are finite. What it has made must not
 * take the place of the last good checkpoint.
 */
function requireFinite({ step, values }: Position): void {
  for (const [name, { dtype, data }] of values) {
    if (dtype !== 'float32') continue;
    const wrong = (data as Float32Array).find((value) => !Number.isFinite(value));
    if (wrong === undefined) continue;
    throw new HmsaError({
      operation: `step ${step}`,
      expected: 'a finite loss and gradient, and finite weights after it',
      received: `loss and gradient that are finite, weights that are not; first not finite: ${name} (${wrong})`,
      remedy: 'Lower the learning rate, or set clipNorm; the last checkpoint is untouched.',
    });
  }
}
