import { HmsaError, shown } from '../../base/errors/index.js';
import { VOID } from '../../data/index.js';
import type { Prediction } from './merge-labels.js';

/** Steps in which thresholds are found. */
const STEPS = 1000;

/** The most photographs whose predictions are counted to find thresholds. */
export const MEASURED = 200;

/** @throws HmsaError when it is no share above 0 */
export function checkKeep(keep: number): void {
  if (keep > 0 && keep <= 1) return;
  throw new HmsaError({
    operation: 'keep',
    expected: 'a share above 0 and at most 1',
    received: shown(keep),
    remedy: keep > 1 && keep <= 100 ? `Write ${keep / 100} for ${keep}%.` : 'Such as 0.5.',
  });
}

/**
 * How sure a model is of each class, to find the thresholds that keep a share of the pixels of every class. A model is less sure of
 * thin and rare things, so one threshold for all would drop them, and who trains on the rest unlearns them: class-balanced
 * self-training (Zou et al. 2018, arXiv 1810.07911, section 4).
 */
export class ConfidenceCounts {
  readonly #counts: Float64Array[];

  /** @param classes of the data set */
  constructor(classes: number) {
    this.#counts = Array.from({ length: classes }, () => new Float64Array(STEPS + 1));
  }

  /**
   * Counts the pixels of one photograph that nobody has labelled.
   *
   * @param stored values of its label file, H·W
   * @param table train id of the model → train id of the data set
   */
  add(stored: Uint8Array, { labels, confidence }: Prediction, isOpen: readonly boolean[], table: Uint8Array) {
    for (let i = 0; i < stored.length; i++) {
      const id = table[labels[i]!]!;
      if (id !== VOID && isOpen[stored[i]!]) this.#counts[id]![Math.floor(confidence[i]! * STEPS)]!++;
    }
  }

  /**
   * The thresholds at which at least a share of each class is kept.
   *
   * @param keep the share, above 0 … 1
   * @param highest by train id; no threshold rises above it, so that a class of which the model is sure keeps more
   */
  thresholds(keep: number, highest: readonly number[]): number[] {
    return highest.map((limit, id) => {
      const counts = this.#counts[id]!;
      const needed = keep * counts.reduce((sum, count) => sum + count, 0);
      if (needed === 0) return limit;
      let step = STEPS;
      for (let kept = counts[step]!; kept < needed && step > 0; ) kept += counts[--step]!;
      return Math.min(limit, step / STEPS);
    });
  }
}
