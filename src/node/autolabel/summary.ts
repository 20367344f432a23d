import { type LabelTally, sumTallies } from './merge-labels.js';

/** What was labelled of one class. */
export interface LabelledClass {
  readonly name: string;
  /** The least probability at which a label of the model is kept. */
  readonly threshold: number;
  /** Pixels of labels that were there before. */
  readonly truth: number;
  /** Pixels that the model gave to the class, where there was no label. */
  readonly predicted: number;
  /** Those of them that are kept; the others are void. */
  readonly kept: number;
  /** kept / predicted; undefined if there is none. */
  readonly shareKept?: number;
  /** The mean probability of the predicted pixels; undefined if there is none. */
  readonly meanConfidence?: number;
}

/** What was labelled of a set. */
export interface AutolabelSummary {
  readonly photographs: number;
  readonly pixels: number;
  /** Pixels that were labelled before, also as void with a meaning; they are kept. */
  readonly truth: number;
  /** Pixels that have the model's label. */
  readonly kept: number;
  /** Pixels that stay void because the model was not sure, or means a class that the set does not have. */
  readonly unsure: number;
  readonly foreign: number;
  readonly classes: readonly LabelledClass[];
}

export function summaryOf(
  tallies: readonly LabelTally[],
  names: readonly string[],
  thresholds: readonly number[],
): AutolabelSummary {
  const total = sumTallies(tallies, names.length);
  const classes = names.map((name, id): LabelledClass => {
    const [predicted, kept] = [total.predicted[id]!, total.kept[id]!];
    return {
      name,
      threshold: thresholds[id]!,
      truth: total.truthPixels[id]!,
      predicted,
      kept,
      ...(predicted > 0 && {
        shareKept: kept / predicted,
        meanConfidence: total.confidence[id]! / predicted,
      }),
    };
  });
  const kept = classes.reduce((sum, one) => sum + one.kept, 0);
  const { pixels, truth, foreign } = total;
  const predicted = classes.reduce((sum, one) => sum + one.predicted, 0);
  return {
    photographs: tallies.length,
    pixels,
    truth,
    kept,
    unsure: predicted - kept,
    foreign,
    classes,
  };
}
