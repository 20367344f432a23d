import { z } from 'zod';
import { checkArgument, isObject } from '../../base/errors/index.js';
import { checkSchema, type Plain } from '../../base/schema/index.js';

const warmUpSchema = z.strictObject({
  steps: z.int().min(0).max(1e9).describe('Steps of the warm-up.'),
  start: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('Share of the rate that the warm-up starts from; default 0.'),
});

/** A linear rise of the learning rate at the beginning. */
export type WarmUp = Plain<z.infer<typeof warmUpSchema>>;

const common = {
  rate: z.number().positive().max(100).describe('The peak learning rate.'),
  warmUp: warmUpSchema
    .optional()
    .describe(
      'A linear rise to the peak at the beginning; default: none. `polynomial` and `cosine` start after it.',
    ),
};
const end = z
  .number()
  .min(0)
  .max(100)
  .optional()
  .describe('The learning rate that the step after the last would have; default 0.');

/** The schedules that a configuration can name. They are plain data, so that a run can record them. */
export const scheduleSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('constant').describe('Stays at the peak.'), ...common }),
  z.strictObject({
    kind: z
      .literal('stepDecay')
      .describe('Falls in steps: rate · factor^⌊e / every⌋ in epoch e, counted from 0.'),
    factor: z.number().positive().max(1).describe('Multiplies the rate at each fall.'),
    every: z.int().min(1).max(100_000).optional().describe('Epochs between two falls; default 1.'),
    ...common,
  }),
  z.strictObject({
    kind: z
      .literal('polynomial')
      .describe('Falls to `end`: end + (rate − end) · (1 − s / steps)^power in step s.'),
    power: z.number().positive().max(100).describe('The exponent; 1 makes a straight line.'),
    end,
    ...common,
  }),
  z.strictObject({
    kind: z
      .literal('cosine')
      .describe(
        'Falls to `end`: end + (rate − end) · (1 + cos(π · s / steps)) / 2 in step s (Loshchilov and Hutter 2017, ' +
          'arXiv 1608.03983).',
      ),
    end,
    ...common,
  }),
]);

/** How the learning rate changes over a phase of the training. */
export type Schedule = Plain<z.infer<typeof scheduleSchema>>;

/** The length of the training that a schedule covers. */
export interface Extent {
  readonly stepsPerEpoch: number;
  readonly epochs: number;
}

/**
 * The learning rate of a step, counted from 0 over all epochs. It is a pure function, so that a resumed run continues
 * exactly.
 *
 * During a warm-up of w steps, step s has the rate · (start + (1 − start)·(s + 1) / (w + 1)). So the first step does
 * not have a rate of zero, and the peak is not reached twice. Beyond the last step, polynomial and cosine schedules
 * stay at their end.
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
      return rate * schedule.factor ** Math.floor(step / stepsPerEpoch / (schedule.every ?? 1));
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

/** @throws HmsaError that names the wrong key */
function checkSchedule(schedule: Schedule): void {
  checkSchema(scheduleSchema, schedule, 'schedule');
}
