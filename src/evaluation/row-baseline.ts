import { VOID } from '../data/index.js';

/** Heights are compared in this many bands. */
const BANDS = 64;

/**
 * Predicts the most frequent class of each image row: what one can know of a street without looking at the photograph.
 * A useful model scores higher.
 */
export class RowBaseline {
  readonly #classes: number;
  readonly #counts: Float64Array;

  constructor(classes: number) {
    this.#classes = classes;
    this.#counts = new Float64Array(BANDS * classes);
  }

  /** Learns from a label map, train ids or void, H·W. */
  add(labels: Uint8Array, width: number, height: number): void {
    for (let band = 0; band < BANDS; band++) {
      // If an image has fewer rows than bands, a row counts for each band that it covers.
      const from = Math.floor((band * height) / BANDS);
      const to = Math.max(from + 1, Math.floor(((band + 1) * height) / BANDS));
      for (let i = from * width; i < to * width; i++) {
        const label = labels[i]!;
        if (label !== VOID) this.#counts[band * this.#classes + label]!++;
      }
    }
  }

  /** The prediction for every image of this size, train ids, H·W. */
  predict(width: number, height: number): Uint8Array {
    const labels = new Uint8Array(width * height);
    for (let y = 0; y < height; y++) {
      const at = Math.floor(((y + 0.5) * BANDS) / height) * this.#classes;
      const counts = this.#counts.subarray(at, at + this.#classes);
      labels.fill(counts.indexOf(Math.max(...counts)), y * width, (y + 1) * width);
    }
    return labels;
  }
}
