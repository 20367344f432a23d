import type { Model } from '../model/file/index.js';
import { type Combination, checkedScales } from '../model/index.js';
import { type AdaptiveChoice, adaptiveChoice } from './adaptive/index.js';
import { checkOptions } from './check.js';
import type { SegmentOptions } from './segmentation.js';

/** What a result is computed from, and what it holds. */
export interface Choice {
  /** Highest first. */
  readonly scales: readonly number[];
  readonly combine: Combination;
  readonly details: boolean;
  readonly confidence: boolean;
  readonly attention: boolean;
  readonly logits: boolean;
  /** Whether the logits are averaged with those of the mirror image. */
  readonly flip: boolean;
  readonly adaptive?: AdaptiveChoice;
}

/**
 * @param hooks names of further options, which are functions
 * @param modelFlag how a command that an error names takes this model
 * @throws HmsaError for a wrong option, and when the scales do not fit the combination or the model
 */
export function chosen(
  model: Model,
  options: SegmentOptions,
  { hooks = [], modelFlag }: { readonly hooks?: readonly string[]; readonly modelFlag?: string } = {},
): Choice {
  checkOptions(options, hooks);
  const { combine = 'hierarchical', details = false, confidence = false, scales } = options;
  const { attention = false, logits = false, flip = false, adaptive = false } = options;
  const checked = checkedScales(model.config, { scales: scales ?? model.config.scales, combine });
  const choice = { combine, details, confidence, attention, logits, flip, scales: checked };
  if (adaptive === false) return choice;
  return { ...choice, adaptive: adaptiveChoice(model, checked, combine, adaptive, modelFlag) };
}
