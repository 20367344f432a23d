import { VOID } from '../../data/index.js';

/** The width of a boundary as a share of the image's diagonal, as the authors take it for street scenes. */
export const BOUNDARY_RATIO = 0.005;

/** The width of a boundary in pixels, at least 1. */
export function boundaryWidth(width: number, height: number, ratio: number = BOUNDARY_RATIO): number {
  return Math.max(1, Math.round(ratio * Math.hypot(width, height)));
}

/**
 * Marks the pixels within `distance` of the contour of the region of their class: those whose square of 2·distance + 1 pixels
 * holds another label or reaches beyond the image. It is the region minus its erosion, for all classes at once.
 *
 * @param labels H·W
 * @returns 1 at a boundary, 0 inside, H·W
 */
export function boundaryOf(labels: Uint8Array, width: number, height: number, distance: number): Uint8Array {
  // In each row, which pixels have the same label on both sides as far as the distance.
  const isEven = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    for (let start = 0, x = 1; x <= width; x++) {
      if (x < width && labels[row + x] === labels[row + start]) continue;
      for (let i = start + distance; i < x - distance; i++) isEven[row + i] = 1;
      start = x;
    }
  }
  const result = new Uint8Array(width * height).fill(1);
  for (let x = 0; x < width; x++) {
    for (let start = 0, y = 0; y <= height; y++) {
      const at = y * width + x;
      const goesOn = y < height && isEven[at] === 1 && (y === start || labels[at] === labels[at - width]);
      if (goesOn) continue;
      for (let i = start + distance; i < y - distance; i++) result[i * width + x] = 0;
      // An uneven pixel ends the run; another label begins the next one.
      start = y < height && isEven[at] === 1 ? y : y + 1;
    }
  }
  return result;
}

/**
 * Counts of boundary IoU (Cheng et al. 2021, arXiv 2103.16562): for each class, the pixels of its boundary in truth and
 * prediction, within the width of a boundary, inside the region. Summed over a data set before they are divided, as IoU is.
 * Where the truth is void, so is the prediction.
 */
export class BoundaryCounts {
  readonly #both: Float64Array;
  readonly #found: Float64Array;
  readonly #true: Float64Array;
  readonly #area: Float64Array;

  constructor(readonly classes: number) {
    [this.#both, this.#found, this.#true, this.#area] = Array.from(
      { length: 4 },
      () => new Float64Array(classes),
    ) as [Float64Array, Float64Array, Float64Array, Float64Array];
  }

  /** @param truth with its boundary, which is the same for all predictions of the image */
  add(prediction: Uint8Array, truth: TrueBoundary): void {
    const { labels, boundary, width, height, distance } = truth;
    const found = prediction.map((label, i) => (labels[i] === VOID ? VOID : label));
    const foundBoundary = boundaryOf(found, width, height, distance);
    for (let i = 0; i < labels.length; i++) {
      const [label, guess] = [labels[i]!, found[i]!];
      if (label === VOID) continue;
      this.#area[label]! += 1;
      const [isTrue, isFound] = [boundary[i] === 1, foundBoundary[i] === 1 && guess < this.classes];
      if (isTrue) this.#true[label]! += 1;
      if (isFound) this.#found[guess]! += 1;
      if (isTrue && isFound && guess === label) this.#both[label]! += 1;
    }
  }

  /** Boundary IoU of each class, 0 … 1; NaN if it has no boundary in truth or prediction. */
  get iou(): number[] {
    return Array.from(this.#both, (both, id) => both / (this.#true[id]! + this.#found[id]! - both));
  }

  /** The share of each class's true pixels that lie on its boundary: 1 for lines, near 0 for areas; NaN if it has none. */
  get thinness(): number[] {
    return Array.from(this.#true, (pixels, id) => pixels / this.#area[id]!);
  }
}

/** A label map with its boundary. */
export interface TrueBoundary {
  readonly labels: Uint8Array;
  readonly boundary: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly distance: number;
}

export function trueBoundary(
  labels: Uint8Array,
  width: number,
  height: number,
  ratio?: number,
): TrueBoundary {
  const distance = boundaryWidth(width, height, ratio);
  return { labels, boundary: boundaryOf(labels, width, height, distance), width, height, distance };
}
