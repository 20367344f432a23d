import { type ClassMap, VOID } from './contracts.js';

/** How much of each class a number of label maps hold. */
export interface ClassStatistics {
  /** Label maps counted. */
  readonly images: number;
  /** Pixels of each train id; exact integers below 2⁵³. */
  readonly classPixels: readonly number[];
  readonly voidPixels: number;
  /** Label maps with at least one pixel of each train id. */
  readonly classImages: readonly number[];
}

/** Counts label maps one by one. */
export class ClassCounter {
  readonly #classes: number;
  readonly #pixels = new Float64Array(256);
  readonly #images = new Float64Array(256);
  #count = 0;

  constructor({ names }: ClassMap) {
    this.#classes = names.length;
  }

  /** @returns whether the label map has a pixel of any class */
  add(label: Uint8Array): boolean {
    const histogram = new Uint32Array(256);
    // By runs of equal pixels, of which a label map has few.
    for (let start = 0, end = 0; start < label.length; start = end) {
      const trainId = label[start]!;
      while (end < label.length && label[end] === trainId) end++;
      histogram[trainId]! += end - start;
    }
    let hasClass = false;
    histogram.forEach((pixels, trainId) => {
      if (pixels === 0) return;
      this.#pixels[trainId]! += pixels;
      this.#images[trainId]! += 1;
      hasClass ||= trainId < this.#classes;
    });
    this.#count += 1;
    return hasClass;
  }

  get statistics(): ClassStatistics {
    return {
      images: this.#count,
      classPixels: [...this.#pixels.subarray(0, this.#classes)],
      voidPixels: this.#pixels[VOID]!,
      classImages: [...this.#images.subarray(0, this.#classes)],
    };
  }
}
