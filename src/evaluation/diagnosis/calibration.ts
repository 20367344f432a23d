import { VOID } from '../../data/index.js';

/** Pixels whose confidence lies in one interval. */
export interface CalibrationBin {
  /** Ends of the interval; the lower one is outside, except 0. */
  readonly from: number;
  readonly to: number;
  readonly pixels: number;
  /** Their mean confidence, and the share of them that are right; NaN if there are none. */
  readonly confidence: number;
  readonly accuracy: number;
}

export interface Calibration {
  readonly bins: readonly CalibrationBin[];
  /**
   * Expected calibration error, 0 … 1: the mean distance between confidence and accuracy of the intervals, weighted by their pixels
   * (Guo et al. 2017, arXiv 1706.04599, equation 3).
   */
  readonly error: number;
}

/** As many as Guo et al. take. */
const BINS = 15;

/** Counts how often a model is right where it is so and so sure. */
export class CalibrationCounts {
  readonly #pixels = new Float64Array(BINS);
  readonly #confidence = new Float64Array(BINS);
  readonly #right = new Float64Array(BINS);

  /** @param truth train ids, H·W; void is not counted */
  add(prediction: Uint8Array, confidence: Float32Array, truth: Uint8Array): void {
    for (let i = 0; i < truth.length; i++) {
      if (truth[i] === VOID) continue;
      const sure = Math.min(1, Math.max(0, confidence[i]!));
      const bin = Math.max(0, Math.ceil(sure * BINS) - 1);
      this.#pixels[bin]! += 1;
      this.#confidence[bin]! += sure;
      if (prediction[i] === truth[i]) this.#right[bin]! += 1;
    }
  }

  get calibration(): Calibration {
    const bins = Array.from(this.#pixels, (pixels, bin): CalibrationBin => {
      const [confidence, accuracy] = [this.#confidence[bin]! / pixels, this.#right[bin]! / pixels];
      return { from: bin / BINS, to: (bin + 1) / BINS, pixels, confidence, accuracy };
    });
    const total = this.#pixels.reduce((sum, pixels) => sum + pixels, 0);
    const distance = bins.reduce(
      (sum, { pixels, confidence, accuracy }) =>
        pixels === 0 ? sum : sum + pixels * Math.abs(accuracy - confidence),
      0,
    );
    return { bins, error: distance / total };
  }
}
