import { bytesText } from '../../base/bytes-text.js';
import { HmsaError } from '../../base/errors/index.js';
import { leastSide, type ModelConfig } from '../../model/index.js';
import type { TrainConfig } from '../config.js';
import { leastRegionSide } from '../losses/index.js';
import { type PhaseMemory, phaseMemory, phasesFit } from './predict.js';

/** What {@link fitMemory} may change. */
export type MemoryChoice = 'recompute' | 'batch' | 'crop';

export interface FitOptions {
  /** Bytes that the process may take at most. */
  readonly limit: number;
  /** Bytes that the process takes beside the steps. */
  readonly base: number;
  /** What must stay as it is. Default: nothing. */
  readonly keep?: readonly MemoryChoice[];
  /** Further trainings that take the same batches, crops and recomputation, one after the other. */
  readonly others?: readonly Training[];
}

/** What is trained, and how. */
export interface Training {
  readonly model: ModelConfig;
  readonly config: TrainConfig;
}

/** A configuration that fits. */
export interface Fitted {
  readonly config: TrainConfig;
  /** The predicted peak of the process. */
  readonly bytes: number;
  /** What was changed: `recompute scales`, `batch 2 × 4 accumulated`. Empty if everything fits as it is. */
  readonly changes: readonly string[];
}

/** A side becomes no shorter than a part of itself, because a network that sees too little at a time learns something else. */
const LEAST_CROP = 4;

/** What may change of a configuration. */
type Plan = Pick<TrainConfig, 'recompute' | 'batch' | 'accumulate' | 'crop'>;

/** A prediction may be too low by this factor; docs/memory.md has the measurements. */
const MARGIN = 1.1;

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
  const { limit, base, keep = [], others = [] } = options;
  const all: readonly Training[] = [{ model, config }, ...others];
  const first = planOf(config);
  const bytesOf = (plan: Plan): number =>
    base + Math.max(...all.map((one) => most(phaseMemory(one.model, { ...one.config, ...plan })).bytes));
  const allowed = limit / MARGIN - base;
  const judged = new Map<string, Verdict>();
  const judge = (plan: Plan): Verdict => {
    const key = JSON.stringify(plan);
    const verdict = judged.get(key) ?? judgeAnew(plan);
    judged.set(key, verdict);
    return verdict;
  };
  const judgeAnew = (plan: Plan): Verdict => {
    try {
      const fits = all.every((one) => phasesFit(one.model, { ...one.config, ...plan }, allowed));
      return fits ? 'fits' : 'too large';
    } catch (error) {
      // A batch norm needs two values of a channel, for example.
      if (error instanceof HmsaError && plan !== first) return 'too small';
      throw error;
    }
  };
  const chosen = choose(all, first, keep, judge);
  const needed = bytesOf(chosen);
  const changes = changesOf(config, chosen);
  if (judge(chosen) === 'fits') return { config: { ...config, ...chosen }, bytes: needed, changes };
  const free = keep.length === 0 ? chosen : choose(all, first, [], judge);
  const way =
    judge(free) === 'fits'
      ? `With ${changesOf(config, free).join(', ')} it fits`
      : 'Train fewer or smaller scales, or a smaller trunk';
  const even = changes.length === 0 ? '' : ` even with ${changes.join(', ')}`;
  throw new HmsaError({
    operation: 'memory',
    expected: `a training of at most ${bytesText(limit / MARGIN)}, so that ${bytesText(limit)} hold it although the prediction is not exact`,
    received: `one that takes about ${bytesText(needed)}${even}`,
    remedy: `Allow ${bytesText(roundedUp(MARGIN * needed))}. ${way}.`,
  });
}

type Verdict = 'fits' | 'too large' | 'too small';

/** The phase that takes most. */
export function most(phases: readonly PhaseMemory[]): PhaseMemory {
  return phases.reduce((before, one) => (one.bytes > before.bytes ? one : before));
}

function planOf({ recompute, batch, accumulate, crop }: Plan): Plan {
  return { recompute, batch, accumulate, crop };
}

/** The plan that changes least and fits, or the one that takes least. */
function choose(
  all: readonly Training[],
  first: Plan,
  keep: readonly MemoryChoice[],
  judge: (plan: Plan) => Verdict,
): Plan {
  const { batch, accumulate, crop } = first;
  let plan = first;
  const isDone = () => judge(plan) === 'fits';
  if (isDone()) return plan;
  if (!keep.includes('recompute') && all.some(recomputes)) {
    plan = { ...plan, recompute: 'scales' };
    if (isDone()) return plan;
  }
  if (!keep.includes('batch')) {
    const before = plan;
    const images = batch * accumulate;
    const plans = divisorsBelow(images, batch).map((n) => ({ ...before, batch: n, accumulate: images / n }));
    plan = firstFitting(plans, judge) ?? plan;
    if (isDone()) return plan;
  }
  if (keep.includes('crop')) return plan;
  const before = plan;
  const least = Math.max(...all.map(leastCropSide));
  const plans = cropsBelow(crop, least).map((size) => ({ ...before, crop: size }));
  return firstFitting(plans, judge) ?? plan;
}

/** Whether a training has a phase whose backward pass can compute one scale after the other. */
function recomputes({ model: { scales }, config: { phases } }: Training): boolean {
  return scales.length > 1 && phases.some(({ kind }) => kind === 'refinement' || kind === 'joint');
}

function leastCropSide({ model, config: { loss } }: Training): number {
  return Math.max(leastSide(model, model.scales), loss.main === 'rmi' ? leastRegionSide(loss.rmi) : 0);
}

/** The first that fits of plans that take less and less, or the smallest that is possible. */
function firstFitting(plans: readonly Plan[], judge: (plan: Plan) => Verdict): Plan | undefined {
  let [from, to] = [0, plans.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (judge(plans[middle]!) === 'too large') from = middle + 1;
    else to = middle;
  }
  const found = plans[from];
  return found !== undefined && judge(found) === 'fits' ? found : plans[from - 1];
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
  ]).filter(
    (crop) => Math.min(...crop) >= least && LEAST_CROP * crop[0] >= height && LEAST_CROP * crop[1] >= width,
  );
}

function changesOf(config: Plan, plan: Plan): string[] {
  const isSplit = plan.batch !== config.batch || plan.accumulate !== config.accumulate;
  return [
    ...(isSplit ? [`batch ${plan.batch} × ${plan.accumulate} accumulated`] : []),
    ...(plan.recompute === config.recompute ? [] : [`recompute ${plan.recompute}`]),
    ...(String(plan.crop) === String(config.crop) ? [] : [`crop ${plan.crop[1]}x${plan.crop[0]}`]),
  ];
}

/** A tenth of a gigabyte is what the text shows. */
function roundedUp(bytes: number): number {
  return bytes < 1e9 ? bytes : 1e8 * Math.ceil(bytes / 1e8);
}
