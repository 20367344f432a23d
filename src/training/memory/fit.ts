import { HmsaError } from '../../base/errors/index.js';
import { leastSide, type ModelConfig } from '../../model/index.js';
import { bytesText } from '../bytes.js';
import type { TrainConfig } from '../config.js';
import { leastRegionSide } from '../losses/index.js';
import { type PhaseMemory, phaseMemory } from './predict.js';

/** What {@link fitMemory} may change. */
export const memoryChoices = ['recompute', 'batch', 'crop'] as const;
export type MemoryChoice = (typeof memoryChoices)[number];

export interface FitOptions {
  /** Bytes that the process may take at most. */
  readonly limit: number;
  /** Bytes that the process takes beside the steps. */
  readonly base: number;
  /** What must stay as it is. Default: nothing. */
  readonly keep?: readonly MemoryChoice[];
}

/** A configuration that fits. */
export interface Fitted {
  readonly config: TrainConfig;
  /** The predicted peak of the process. */
  readonly bytes: number;
  /** What was changed: `recompute scales`, `batch 2 × 4 accumulated`. Empty if everything fits as it is. */
  readonly changes: readonly string[];
}

/** What may change of a configuration. */
type Plan = Pick<TrainConfig, 'recompute' | 'batch' | 'accumulate' | 'crop'>;

/** Crops are reduced by this many pixels at a time: a whole number of strides, also at half size. */
const CROP_STEP = 32;

/**
 * Changes a configuration so that its steps fit a budget, and no more than needed, in an order that keeps the meaning of the
 * training. First the scales are computed one after the other (`recompute`): the steps stay the same up to rounding. Then a
 * batch becomes several smaller ones that are accumulated: a step sees as many images, but batch norms see fewer at once. Last
 * comes a smaller crop of the same shape.
 *
 * @throws HmsaError when nothing fits; it says what would
 */
export function fitMemory(model: ModelConfig, config: TrainConfig, options: FitOptions): Fitted {
  const { limit, base, keep = [] } = options;
  const known = new Map<string, number>();
  const bytesOf = (plan: Plan): number => {
    const key = JSON.stringify([plan.recompute, plan.batch, plan.accumulate, plan.crop]);
    const bytes = known.get(key) ?? base + most(phaseMemory(model, { ...config, ...plan })).bytes;
    known.set(key, bytes);
    return bytes;
  };
  const fits = (plan: Plan) => bytesOf(plan) <= limit;
  const chosen = choose(model, config, keep, bytesOf, limit);
  if (fits(chosen)) {
    const changed = { ...config, ...chosen };
    return { config: changed, bytes: bytesOf(chosen), changes: changesOf(config, chosen) };
  }
  const free = choose(model, config, [], bytesOf, limit);
  const way = fits(free)
    ? `With ${changesOf(config, free).join(', ')} it fits`
    : 'Train fewer or smaller scales, or a smaller trunk';
  throw new HmsaError({
    operation: 'memory',
    expected: `a training that fits ${bytesText(limit)}`,
    received: `one that takes about ${bytesText(bytesOf(chosen))}${saying(changesOf(config, chosen))}`,
    remedy: `Allow ${bytesText(roundedUp(bytesOf(chosen)))}. ${way}.`,
  });
}

/** The phase that takes most. */
export function most(phases: readonly PhaseMemory[]): PhaseMemory {
  return phases.reduce((before, one) => (one.bytes > before.bytes ? one : before));
}

/** The plan that changes least and fits, or the one that takes least. */
function choose(
  model: ModelConfig,
  { recompute, batch, accumulate, crop, phases, loss }: TrainConfig,
  keep: readonly MemoryChoice[],
  bytesOf: (plan: Plan) => number,
  limit: number,
): Plan {
  const fits = (plan: Plan) => bytesOf(plan) <= limit;
  let plan: Plan = { recompute, batch, accumulate, crop };
  if (fits(plan)) return plan;
  const isAllScales = phases.some(({ kind }) => kind === 'refinement' || kind === 'joint');
  if (!keep.includes('recompute') && isAllScales && model.scales.length > 1) {
    plan = { ...plan, recompute: 'scales' };
    if (fits(plan)) return plan;
  }
  if (!keep.includes('batch')) {
    const images = batch * accumulate;
    const before = plan;
    const smaller = divisorsBelow(images, batch).map((size) => ({
      ...before,
      batch: size,
      accumulate: images / size,
    }));
    plan = firstFitting(smaller, fits) ?? plan;
    if (fits(plan)) return plan;
  }
  if (keep.includes('crop')) return plan;
  const least = Math.max(leastSide(model, model.scales), loss.main === 'rmi' ? leastRegionSide(loss.rmi) : 0);
  const before = plan;
  const smaller = cropsBelow(crop, least).map((size) => ({ ...before, crop: size }));
  return firstFitting(smaller, fits) ?? plan;
}

/** The first that fits of plans that take less and less, or the last. */
function firstFitting(plans: readonly Plan[], fits: (plan: Plan) => boolean): Plan | undefined {
  let [from, to] = [0, plans.length - 1];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (fits(plans[middle]!)) to = middle;
    else from = middle + 1;
  }
  return plans[from];
}

/** Divisors of a number of images that are below a size of batch, the largest first. */
function divisorsBelow(images: number, batch: number): number[] {
  return Array.from({ length: batch - 1 }, (_, i) => batch - 1 - i).filter((size) => images % size === 0);
}

/** Smaller crops of about the same shape, the largest first. */
function cropsBelow([height, width]: TrainConfig['crop'], least: number): TrainConfig['crop'][] {
  const steps = Math.ceil(Math.max(height, width) / CROP_STEP) - 1;
  const side = (whole: number, step: number) =>
    Math.max(CROP_STEP, CROP_STEP * Math.floor((whole * step) / (steps + 1) / CROP_STEP));
  return Array.from({ length: steps }, (_, i): TrainConfig['crop'] => [
    side(height, steps - i),
    side(width, steps - i),
  ]).filter((crop) => Math.min(...crop) >= least);
}

function changesOf(config: Plan, plan: Plan): string[] {
  const isSplit = plan.batch !== config.batch || plan.accumulate !== config.accumulate;
  return [
    ...(isSplit ? [`batch ${plan.batch} × ${plan.accumulate} accumulated`] : []),
    ...(plan.recompute === config.recompute ? [] : [`recompute ${plan.recompute}`]),
    ...(String(plan.crop) === String(config.crop) ? [] : [`crop ${plan.crop[1]}x${plan.crop[0]}`]),
  ];
}

function saying(changes: readonly string[]): string {
  return changes.length === 0 ? '' : ` even with ${changes.join(', ')}`;
}

/** A tenth of a gigabyte is what the text shows. */
function roundedUp(bytes: number): number {
  return bytes < 1e9 ? bytes : 1e8 * Math.ceil(bytes / 1e8);
}
