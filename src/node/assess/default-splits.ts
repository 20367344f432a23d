import { HmsaError } from '../../base/errors/index.js';
import type { Dataset } from '../../data/index.js';
import type { Source } from './source.js';

/** The splits that are trained on and scored where none is named. */
export const defaultSplits = { training: 'train', scoring: 'val' } as const;

/**
 * The split `train`, which training takes where none is named.
 *
 * @throws HmsaError that says which splits there are and how to train on them
 */
export async function openDefaultTraining(source: Source): Promise<Dataset> {
  try {
    return await source.open(defaultSplits.training);
  } catch (error) {
    if (!(error instanceof HmsaError) || source.splits.includes(defaultSplits.training)) throw error;
    const [only] = source.splits;
    throw new HmsaError({
      operation: `split of ${source.spec}`,
      expected: 'a split train',
      received: source.splits.join(', ') || 'none',
      remedy:
        source.splits.length === 1
          ? `To train on all photographs, without scores, add --split ${only} --validation none.`
          : `Name the split to train on by --split, and the one to score by --validation.`,
      cause: error,
    });
  }
}
