import type { Size } from '../data/index.js';
import type { NamedArrays } from '../engine/runtime/index.js';
import { JoinedResults } from './joined-results.js';
import { nearest } from './reduction.js';
import type { Region } from './region.js';
import type { Segmentation } from './segmentation.js';

/** Rows of a labelled image, from its left to its right border, with what was asked for. */
export interface LabelRows
  extends Size,
    Pick<Segmentation, 'labels' | 'confidence' | 'attention' | 'scales'> {
  /** The number of the first row. */
  readonly y: number;
}

/** Takes the rows of a labelled image from top to bottom. */
export interface LabelSink {
  write(rows: LabelRows): Promise<void> | void;
}

/** Joins the results of regions of the image that the network sees to rows of the image itself. */
export class RowJoiner {
  readonly #image: Size;
  readonly #sink: LabelSink;
  readonly #parts: (results: NamedArrays) => Omit<LabelRows, 'y' | keyof Size>;
  readonly #columns: Int32Array;
  /** For each row of the image, that of the seen one. */
  readonly #seenRows: Int32Array;
  readonly #seen: Size;
  #band: JoinedResults | undefined;
  #next = 0;

  /** @param parts the results by what they are */
  constructor(
    image: Size,
    seen: Size,
    sink: LabelSink,
    parts: (results: NamedArrays) => Omit<LabelRows, 'y' | keyof Size>,
  ) {
    this.#image = image;
    this.#seen = seen;
    this.#sink = sink;
    this.#parts = parts;
    this.#columns = nearest(image.width, seen.width);
    this.#seenRows = nearest(image.height, seen.height);
  }

  /** Regions come from left to right and from top to bottom; those of a band have one height. */
  async add(region: Region, results: NamedArrays): Promise<void> {
    const { x, y, width, height } = region;
    this.#band ??= new JoinedResults({ width: this.#seen.width, height });
    this.#band.add({ ...region, y: 0 }, results);
    if (x + width < this.#seen.width) return;
    const band = this.#band.results;
    this.#band = undefined;
    await this.#write(y, height, band);
  }

  async #write(y: number, height: number, band: NamedArrays): Promise<void> {
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
    const bytes = (small: Uint8Array) => enlarged(small, new Uint8Array(width * count));
    const floats = (small: Float32Array) => enlarged(small, new Float32Array(width * count));
    const { labels, confidence, attention, scales } = this.#parts(band);
    await this.#sink.write({
      y: first,
      width,
      height: count,
      labels: bytes(labels),
      ...(confidence && { confidence: floats(confidence) }),
      ...(attention && {
        attention: new Map([...attention].map(([scale, map]) => [scale, floats(map)])),
      }),
      ...(scales && {
        scales: scales.map(({ labels: own, attention: weight, ...each }) => ({
          ...each,
          labels: bytes(own),
          ...(weight && { attention: floats(weight) }),
        })),
      }),
    });
  }
}
