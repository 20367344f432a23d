import { HmsaError } from '../base/errors/index.js';
import { checkConfig, type PhaseConfig, type TrainConfig } from './config.js';

/** What people change most of a configuration. */
export interface OftenSet {
  /** One number: epochs in all, shared out as the phases had them; a list: one for each phase. */
  readonly epochs?: readonly number[];
  /** Images in a batch. */
  readonly batch?: number;
  /** Height and width. */
  readonly crop?: readonly [height: number, width: number];
  /** One number: the peak rate of the first phase, the others keep their ratio to it; a list: one for each phase. */
  readonly rate?: readonly number[];
}

/**
 * A configuration with some of what people change most.
 *
 * A phase that becomes longer or shorter takes its warm-up along, and one whose rate changes the `end` of its schedule,
 * so that the curve keeps its form.
 *
 * @throws HmsaError when a list has not one number for each phase, there are fewer epochs than phases, or a number is out
 *   of range
 */
export function setOften(config: TrainConfig, { epochs, batch, crop, rate }: OftenSet): TrainConfig {
  let { phases } = config;
  if (epochs !== undefined) phases = withEpochs(phases, epochs);
  if (rate !== undefined) phases = withRates(phases, rate);
  const changed = { ...config, phases, ...(batch && { batch }), ...(crop && { crop }) };
  return checkConfig(changed, 'configuration');
}

function withEpochs(phases: readonly PhaseConfig[], asked: readonly number[]): PhaseConfig[] {
  const epochs = asked.length === 1 ? shared(phases, asked[0]!) : forEach(phases, asked, '--epochs');
  return phases.map((phase, i) => {
    const { warmUp } = phase.schedule;
    const steps = warmUp && Math.round((warmUp.steps * epochs[i]!) / phase.epochs);
    const schedule = warmUp ? { ...phase.schedule, warmUp: { ...warmUp, steps: steps! } } : phase.schedule;
    return { ...phase, epochs: epochs[i]!, schedule };
  });
}

/** At least one each, and the rest in proportion: first whole epochs, then one more where most is missing. */
function shared(phases: readonly PhaseConfig[], all: number): number[] {
  if (all < phases.length) {
    throw new HmsaError({
      operation: '--epochs',
      expected: `at least ${phases.length} epochs, one for each phase (${phases.map(({ kind }) => kind).join(', ')})`,
      received: String(all),
      remedy: 'Give more, or a configuration with fewer phases.',
    });
  }
  const before = phases.reduce((sum, { epochs }) => sum + epochs, 0);
  const exact = phases.map(({ epochs }) => (epochs * all) / before);
  const result = exact.map((share) => Math.max(1, Math.floor(share)));
  const sum = () => result.reduce((total, epochs) => total + epochs, 0);
  const furthest = (sign: 1 | -1) => {
    const missing = exact.map((share, i) => sign * (share - result[i]!));
    const open = missing.map((value, i) => (sign < 0 && result[i] === 1 ? Number.NEGATIVE_INFINITY : value));
    return open.indexOf(Math.max(...open));
  };
  while (sum() < all) result[furthest(1)]! += 1;
  while (sum() > all) result[furthest(-1)]! -= 1;
  return result;
}

function withRates(phases: readonly PhaseConfig[], asked: readonly number[]): PhaseConfig[] {
  const first = phases[0]!.schedule.rate;
  const rates =
    asked.length === 1
      ? phases.map(({ schedule }) => (asked[0]! * schedule.rate) / first)
      : forEach(phases, asked, '--rate');
  return phases.map((phase, i) => {
    const { schedule } = phase;
    const rate = rates[i]!;
    const hasEnd = 'end' in schedule && schedule.end !== undefined;
    return {
      ...phase,
      schedule: { ...schedule, rate, ...(hasEnd && { end: (schedule.end! * rate) / schedule.rate }) },
    };
  });
}

function forEach(phases: readonly PhaseConfig[], asked: readonly number[], flag: string): readonly number[] {
  if (asked.length === phases.length) return asked;
  throw new HmsaError({
    operation: flag,
    expected: `one number, or ${phases.length}, one for each phase (${phases.map(({ kind }) => kind).join(', ')})`,
    received: String(asked.length),
    remedy: 'hmsa train --print-config shows the phases.',
  });
}
