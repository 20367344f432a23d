import { VOID } from '../../data/index.js';

/** What the model says of one photograph. */
export interface Prediction {
  /** Train ids of the model, H·W. */
  readonly labels: Uint8Array;
  /** The probability of each, H·W, 0 … 1. */
  readonly confidence: Float32Array;
}

/** How label files of a data set hold classes. */
export interface Codes {
  /** Train id → stored value. */
  readonly values: readonly number[];
  /** The stored value of a pixel without a label. */
  readonly void: number;
  /** Whether a stored value means that nobody has labelled the pixel; 256 entries. */
  readonly isOpen: readonly boolean[];
}

/** Counts of one photograph, each by train id of the data set. */
export interface LabelTally {
  readonly pixels: number;
  /** Pixels that were labelled before, as classes or as void with a meaning. */
  readonly truth: number;
  /** Pixels of each class that were labelled before. */
  readonly truthPixels: number[];
  /** Pixels that the model was asked for and gave to this class. */
  readonly predicted: number[];
  /** Those of them that were sure enough. */
  readonly kept: number[];
  /** The sum of the probabilities of all predicted pixels. */
  readonly confidence: number[];
  /** Predicted pixels of classes that the data set does not have. */
  readonly foreign: number;
}

/**
 * Fills the pixels that nobody has labelled with what the model is sure of.
 *
 * @param stored values of the label file, H·W; all open if there was none
 * @param truthOf stored value → train id
 * @param table train id of the model → train id of the data set
 * @param thresholds the least probability of each class of the data set
 * @returns the new values of the label file, and what was counted
 */
export function mergeLabels(
  stored: Uint8Array,
  prediction: Prediction | undefined,
  { values, void: voidValue, isOpen }: Codes,
  truthOf: Uint8Array,
  table: Uint8Array,
  thresholds: readonly number[],
): { readonly merged: Uint8Array; readonly tally: LabelTally } {
  const count = values.length;
  const zeros = () => new Array<number>(count).fill(0);
  const [truthPixels, predicted, kept, confidence] = [zeros(), zeros(), zeros(), zeros()];
  const merged = new Uint8Array(stored.length);
  let truth = 0;
  let foreign = 0;
  for (let i = 0; i < stored.length; i++) {
    const value = stored[i]!;
    merged[i] = value;
    if (!isOpen[value]) {
      truth++;
      const known = truthOf[value]!;
      if (known !== VOID) truthPixels[known]!++;
      continue;
    }
    if (prediction === undefined) continue;
    merged[i] = voidValue;
    const id = table[prediction.labels[i]!]!;
    if (id === VOID) {
      foreign++;
      continue;
    }
    const sure = prediction.confidence[i]!;
    predicted[id]!++;
    confidence[id]! += sure;
    if (sure < thresholds[id]!) continue;
    kept[id]!++;
    merged[i] = values[id]!;
  }
  return {
    merged,
    tally: { pixels: stored.length, truth, truthPixels, predicted, kept, confidence, foreign },
  };
}

/** The sum of tallies. @param classes their number */
export function sumTallies(tallies: readonly LabelTally[], classes: number): LabelTally {
  const sum = (of: (tally: LabelTally) => number) => tallies.reduce((total, tally) => total + of(tally), 0);
  const each = (key: 'truthPixels' | 'predicted' | 'kept' | 'confidence') =>
    Array.from({ length: classes }, (_, id) => sum((tally) => tally[key][id]!));
  return {
    pixels: sum(({ pixels }) => pixels),
    truth: sum(({ truth }) => truth),
    truthPixels: each('truthPixels'),
    predicted: each('predicted'),
    kept: each('kept'),
    confidence: each('confidence'),
    foreign: sum(({ foreign }) => foreign),
  };
}
