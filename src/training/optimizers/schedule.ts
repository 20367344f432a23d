import { checkArgument, HmsaError, isObject, shown } from '../../base/errors/index.js';

/** A linear rise from `start` × the learning rate to all of it. */
export interface WarmUp {
  readonly steps: number;
  /** 0 … 1; 0 where left out. */
  readonly start?: number;
}

/**
 * How the learning rate changes over training: plain data, so that it can be written down with a run and read
 * again. `rate` is the peak. With a warm-up, polynomial and cosine begin after it; either way they reach their end
 * where the step after the last would be.
 */
export type Schedule = { readonly rate: number; readonly warmUp?: WarmUp } & (
  | { readonly kind: 'constant' }
  /** rate · factorᵉ in epoch e, counted from 0. */
  | { readonly kind: 'stepDecay'; readonly factor: number }
  /** end + (rate − end) · (1 − s / steps)^power. */
  | { readonly kind: 'polynomial'; readonly power: number; readonly end?: number }
  /** end + (rate − end) · (1 + cos(π·s / steps)) / 2 (Loshchilov and Hutter 2017, arXiv 1608.03983). */
  | { readonly kind: 'cosine'; readonly end?: number }
);

/** How long the training is that a schedule is laid out over. */
export interface Extent {
  readonly stepsPerEpoch: number;
  readonly epochs: number;
}

/**
 * The learning rate of a step, counted from 0 over all epochs: a pure function, so that a resumed run goes on
 * exactly.
 *
 * During a warm-up of w steps, step s gets rate · (start + (1 − start)·(s + 1) / (w + 1)), so that neither the
 * first step is lost at a rate of zero nor the peak reached twice. Beyond the last step polynomial and cosine stay
 * at their end.
 *
 * @throws HmsaError when a number of the schedule is out of its range
 */
export function learningRate(schedule: Schedule, step: number, extent: Extent): number {
  checkSchedule(schedule);
  checkArgument(typeof step === 'number' && step >= 0, 'learningRate', 'a step from 0', step);
  checkArgument(isObject(extent), 'learningRate', 'an extent as { stepsPerEpoch, epochs }', extent);
  const { stepsPerEpoch, epochs } = extent;
  const isExtent =
    typeof stepsPerEpoch === 'number' && stepsPerEpoch > 0 && typeof epochs === 'number' && epochs > 0;
  checkArgument(isExtent, 'learningRate', 'stepsPerEpoch and epochs above 0', [stepsPerEpoch, epochs]);
  const { rate, warmUp } = schedule;
  const warm = warmUp?.steps ?? 0;
  if (step < warm) {
    const start = warmUp!.start ?? 0;
    return rate * (start + ((1 - start) * (step + 1)) / (warm + 1));
  }
  switch (schedule.kind) {
    case 'constant':
      return rate;
    case 'stepDecay':
      return rate * schedule.factor ** Math.floor(step / stepsPerEpoch);
    case 'polynomial':
    case 'cosine': {
      const end = schedule.end ?? 0;
      const length = stepsPerEpoch * epochs - warm;
      const done = length <= 0 ? 1 : Math.min(1, (step - warm) / length);
      const left =
        schedule.kind === 'polynomial' ? (1 - done) ** schedule.power : (1 + Math.cos(Math.PI * done)) / 2;
      return end + (rate - end) * left;
    }
  }
}

/** @throws HmsaError when a number of the schedule is out of its range */
export function checkSchedule(schedule: Schedule): void {
  const need = (holds: boolean, what: string, expected: string, received: unknown) => {
    if (!holds) throw new HmsaError({ operation: `schedule: ${what}`, expected, received: shown(received) });
  };
  checkArgument(isObject(schedule), 'schedule', 'an object with kind and rate', schedule);
  const { rate, warmUp } = schedule;
  need(rate >= 0 && Number.isFinite(rate), 'rate', 'a number of 0 or more', rate);
  if (warmUp !== undefined) {
    checkArgument(isObject(warmUp), 'schedule: warmUp', 'an object with steps', warmUp);
    const { steps, start = 0 } = warmUp;
    need(Number.isInteger(steps) && steps >= 0, 'warmUp.steps', 'a whole number of 0 or more', steps);
    need(start >= 0 && start <= 1, 'warmUp.start', 'a share from 0 to 1', start);
  }
  switch (schedule.kind) {
    case 'constant':
      return;
    case 'stepDecay':
      need(schedule.factor > 0 && schedule.factor <= 1, 'factor', 'above 0 and at most 1', schedule.factor);
      return;
    case 'polynomial':
      need(schedule.power > 0, 'power', 'a number above 0', schedule.power);
      need((schedule.end ?? 0) >= 0, 'end', 'a number of 0 or more', schedule.end);
      return;
    case 'cosine':
      need((schedule.end ?? 0) >= 0, 'end', 'a number of 0 or more', schedule.end);
      return;
    default:
      need(false, 'kind', 'constant, stepDecay, polynomial or cosine', (schedule as { kind: unknown }).kind);
  }
}
