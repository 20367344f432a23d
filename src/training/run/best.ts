import type { Combination } from '../../model/index.js';
import type { EarlyStopConfig, PhaseConfig, TrainConfig } from '../config.js';

/** A validation, as far as the choice of the best model depends on it. */
export interface Scored {
  /** The epoch after which it took place, from 0. */
  readonly epoch: number;
  /** Steps before it. */
  readonly step: number;
  readonly meanIoU: number;
  readonly scales: readonly number[];
  readonly combine: Combination;
}

/**
 * Whether the model of a validation is better than the best one so far. Models that were scored in another way cannot be
 * compared: after the phase `scales`, which is scored at scale 1 alone, the best model is chosen anew.
 */
export function isBetter(now: Scored, best: Scored | undefined): boolean {
  if (!Number.isFinite(now.meanIoU)) return false;
  const isComparable =
    best !== undefined && best.combine === now.combine && String(best.scales) === String(now.scales);
  return !isComparable || now.meanIoU > best.meanIoU;
}

/** The validation of a phase that the next ones must improve on. */
export interface Mark {
  /** The number of the phase, from 0. */
  readonly phase: number;
  readonly epoch: number;
  readonly meanIoU: number;
}

/** The rule of a phase; undefined if it never ends early. */
export function earlyStopOf(
  { earlyStop }: Pick<TrainConfig, 'earlyStop'>,
  phase: Pick<PhaseConfig, 'earlyStop'>,
): EarlyStopConfig | undefined {
  const rule = phase.earlyStop ?? earlyStop;
  return rule === false ? undefined : rule;
}

/** Whether a phase of the run may end early. */
export function mayEndEarly(config: Pick<TrainConfig, 'earlyStop' | 'phases'>): boolean {
  return config.phases.some((phase) => earlyStopOf(config, phase) !== undefined);
}

/** What the next validations must improve on, and whether the phase has waited long enough. */
export function waiting(
  { patience, minimumImprovement = 0 }: EarlyStopConfig,
  before: Mark | undefined,
  phase: number,
  { epoch, meanIoU }: Scored,
): { readonly mark: Mark; readonly isOver: boolean } {
  const known = before?.phase === phase ? before : undefined;
  const isGain = known === undefined || meanIoU > known.meanIoU + minimumImprovement;
  // Without a labelled pixel there is no mean IoU.
  const mark = isGain ? { phase, epoch, meanIoU: Number.isFinite(meanIoU) ? meanIoU : 0 } : known;
  return { mark, isOver: epoch - mark.epoch >= patience };
}
