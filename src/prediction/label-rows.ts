import type { Size } from '../data/index.js';
import type { NamedArrays } from '../engine/runtime/index.js';
import { outputNames } from './inference-graph.js';
import { nearest } from './reduction.js';
import type { Region } from './region.js';

/** Rows of a labelled image, from its left to its right border. */
export interface LabelRows extends Size {
  /** The number of the first row. */
  readonly y: number;
  /** Train ids, row by row. */
  readonly labels: Uint8Array;
  /** With `confidence`: the probability of each label, 0 … 1. */
  readonly confidence?: Float32Array;
}

/** Takes the rows of a labelled image from top to bottom. */
export interface LabelSink {
  write(rows: LabelRows): Promise<void> | void;
}

interface SeenRows {
  readonly y: number;
  readonly height: number;
  readonly labels: Uint8Array;
  readonly confidence?: Float32Array;
}

/** Joins the results of regions of the image that the network sees to rows of the image itself. */
export class RowJoiner {
  readonly #image: Size;
  readonly #sink: LabelSink;
  readonly #columns: Int32Array;
  /** For each row of the image, that of the seen one. */
  readonly #seenRows: Int32Array;
  readonly #seen: Size;
  #band: SeenRows | undefined;
  #next = 0;

  constructor(image: Size, seen: Size, sink: LabelSink) {
    this.#image = image;
    this.#seen = seen;
    this.#sink = sink;
    this.#columns = nearest(image.width, seen.width);
    this.#seenRows = nearest(image.height, seen.height);
  }

  /** Regions come from left to right and from top to bottom; those of a band have one height. */
  async add({ x, y, width, height }: Region, results: NamedArrays): Promise<void> {
    const wide = this.#seen.width;
    const confidence = results[outputNames.confidence]?.data as Float32Array | undefined;
    this.#band ??= {
      y,
      height,
      labels: new Uint8Array(wide * height),
      ...(confidence && { confidence: new Float32Array(wide * height) }),
    };
    const labels = results[outputNames.labels]!.data as Uint8Array;
    for (let row = 0; row < height; row++) {
      const [from, to] = [row * width, row * wide + x];
      this.#band.labels.set(labels.subarray(from, from + width), to);
      if (confidence) this.#band.confidence!.set(confidence.subarray(from, from + width), to);
    }
    if (x + width < wide) return;
    await this.#write(this.#band);
    this.#band = undefined;
  }

  async #write({ y, height, labels, confidence }: SeenRows): Promise<void> {
    const { width, height: all } = this.#image;
    const first = this.#next;
    while (this.#next < all && this.#seenRows[this.#next]! < y + height) this.#next++;
    const count = this.#next - first;
    if (count === 0) return;
    const enlarged = <T extends Uint8Array | Float32Array>(small: T, large: T): T => {
      for (let row = 0, i = 0; row < count; row++) {
        const start = (this.#seenRows[first + row]! - y) * this.#seen.width;
        for (let column = 0; column < width; column++, i++) large[i] = small[start + this.#columns[column]!]!;
      }
      return large;
    };
    await this.#sink.write({
      y: first,
      width,
      height: count,
      labels: enlarged(labels, new Uint8Array(width * count)),
      ...(confidence && { confidence: enlarged(confidence, new Float32Array(width * count)) }),
    });
  }
}
