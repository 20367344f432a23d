import type { Batch } from '../data/index.js';
import type { ModelConfig } from '../models/index.js';
import type { SessionOptions } from '../runtime/index.js';
import type { TrainConfig } from './config.js';
import { type OpenSession, PhaseRunner, type StepResult, type TrainingValues } from './phase-runner.js';
import { type PlannedPhase, type PlannedStep, planPhases, planStep } from './plan.js';

/** A step that has been taken. */
export interface StepEvent extends StepResult, PlannedStep {
  readonly phase: PlannedPhase;
  /** Its number over the whole run, from 0. */
  readonly step: number;
  /** Steps of the whole run. */
  readonly steps: number;
  /** Images that it took. */
  readonly batch: number;
}

/** A point between steps from which a run can go on. */
export interface Position {
  /** Steps taken so far. */
  readonly step: number;
  readonly values: TrainingValues;
}

/** What training asks of the world around it. */
export interface TrainingHost {
  readonly openSession: OpenSession;
  readonly sessionOptions: SessionOptions;
  readonly stepsPerEpoch: number;
  /** The batches of the run from the given step on, one for each step. */
  batches(from: number): AsyncIterable<Batch>;
  onStep(event: StepEvent): void | Promise<void>;
  /** After each epoch, at the end of the run and when it is interrupted; awaited before the next step. */
  onPosition(position: Position, epoch: { readonly finished: number | undefined }): Promise<void>;
  /** An abort ends the run after the step in progress, with its position handed over. */
  readonly signal?: AbortSignal;
}

/**
 * Trains all phases from a position to the end of the run.
 *
 * Everything random is a function of seed and step, so a run that was interrupted and goes on from its position takes
 * the same steps as one that was not.
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
  const phases = planPhases(training, host.stepsPerEpoch);
  const steps = phases.at(-1)!.to;
  let position = start;
  if (position.step >= steps) return position;
  const batches = host.batches(position.step)[Symbol.asyncIterator]();
  try {
    for (const phase of phases) {
      if (position.step >= phase.to) continue;
      const runner = new PhaseRunner({
        model,
        training,
        phase: phase.phase,
        values: position.values,
        openSession: host.openSession,
        options: host.sessionOptions,
      });
      try {
        while (position.step < phase.to) {
          const { step } = position;
          const planned = planStep(training, phase, step, host.stepsPerEpoch);
          const { value: batch, done } = await batches.next();
          if (done) throw new Error(`The batches ended before step ${step} of ${steps}.`);
          const result = await runner.step(batch, planned.learningRate, planned.scale);
          await host.onStep({ ...result, ...planned, phase, step, steps, batch: batch.size[0] });
          const isInterrupted = host.signal?.aborted ?? false;
          position = { step: step + 1, values: position.values };
          if (!planned.isLastOfEpoch && !isInterrupted && position.step < steps) continue;
          position = { step: position.step, values: await runner.values() };
          await host.onPosition(position, { finished: planned.isLastOfEpoch ? planned.epoch : undefined });
          if (isInterrupted) return position;
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
