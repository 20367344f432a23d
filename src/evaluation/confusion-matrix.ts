import { HmsaError, program } from '../base/errors/index.js';
import { VOID } from '../data/index.js';

/**
 * Counts of pixels by truth and prediction: row = truth, column = prediction. One more column counts predictions that
 * are no class of the truth (a foreign class without a counterpart). They are wrong, but no false positive of any
 * class, as in Cityscapes' official evaluation. Void truth is never counted. Counts are exact integers up to 2⁵³.
 */
export class ConfusionMatrix {
  readonly classes: number;
  /** classes · (classes + 1), row-major. */
  readonly counts: Float64Array;

  constructor(classes: number, counts: Float64Array = new Float64Array(classes * (classes + 1))) {
    if (counts.length !== classes * (classes + 1)) {
      throw new HmsaError({
        operation: 'confusion matrix',
        expected: `${classes * (classes + 1)} counts for ${classes} classes`,
        received: `${counts.length}`,
      });
    }
    this.classes = classes;
    this.counts = counts;
  }

  /**
   * Counts the pixels of one image.
   *
   * @param prediction train ids, H·W; ids that are no class are counted in the extra column
   * @param truth train ids or void, H·W
   * @throws HmsaError when the sizes differ, or the truth contains an id that is neither a class nor void
   */
  add(prediction: Uint8Array, truth: Uint8Array): void {
    const { classes, counts } = this;
    if (prediction.length !== truth.length) {
      throw new HmsaError({
        operation: 'confusion matrix',
        expected: `a prediction of ${truth.length} pixels`,
        received: `${prediction.length}`,
        remedy: 'Resize the prediction to the size of the label map first.',
      });
    }
    for (let i = 0; i < truth.length; i++) {
      const row = truth[i]!;
      if (row === VOID) continue;
      if (row >= classes) throw outside(row, classes);
      counts[row * (classes + 1) + Math.min(prediction[i]!, classes)]! += 1;
    }
  }

  /** Adds the counts of another matrix, such as that of another image, block or worker. */
  merge(other: ConfusionMatrix): void {
    if (other.classes !== this.classes) {
      throw new HmsaError({
        operation: 'confusion matrix',
        expected: `a matrix of ${this.classes} classes`,
        received: `${other.classes}`,
      });
    }
    for (let i = 0; i < this.counts.length; i++) this.counts[i]! += other.counts[i]!;
  }

  /** Pixels of class `truth` that were predicted as `prediction`; `prediction = classes` for no class. */
  count(truth: number, prediction: number): number {
    return this.counts[truth * (this.classes + 1) + prediction]!;
  }

  /** The counts as plain lists, a row for each class of the truth. */
  get rows(): number[][] {
    const width = this.classes + 1;
    return Array.from({ length: this.classes }, (_, row) =>
      Array.from(this.counts.subarray(row * width, (row + 1) * width)),
    );
  }

  /** Pixels whose truth is the class. */
  truthPixels(id: number): number {
    let sum = 0;
    for (let prediction = 0; prediction <= this.classes; prediction++) sum += this.count(id, prediction);
    return sum;
  }

  /** Pixels that were predicted as the class and whose truth is not void. */
  predictedPixels(id: number): number {
    let sum = 0;
    for (let truth = 0; truth < this.classes; truth++) sum += this.count(truth, id);
    return sum;
  }
}

function outside(value: number, classes: number): HmsaError {
  return new HmsaError({
    operation: 'label map',
    expected: `train ids below ${classes}, or ${VOID} for void`,
    received: `${value}`,
    remedy: `Check the labels with \`${program} data inspect\`.`,
  });
}
