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

/** Pixels of the rows that are written at once, unless a single row has more. */
const WRITTEN_PIXELS = 2 ** 22;

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

  /** A few rows of the image at a time: a small image that the network sees may be a very large one. */
  async #write(y: number, height: number, band: NamedArrays): Promise<void> {
    const results = this.#parts(band);
    const most = Math.max(1, Math.floor(WRITTEN_PIXELS / this.#image.width));
    for (;;) {
      const first = this.#next;
      while (this.#next < first + most && this.#seenRows[this.#next]! < y + height) this.#next++;
      if (this.#next === first) return;
      await this.#sink.write(this.#enlarged(results, y, first, this.#next - first));
    }
  }

  /** Rows of the image, from those of the seen one from `y` on. */
  #enlarged(
    { labels, confidence, attention, scales }: Omit<LabelRows, 'y' | keyof Size>,
    y: number,
    first: number,
    height: number,
  ): LabelRows {
    const { width } = this.#image;
    const enlarged = <T extends Uint8Array | Float32Array>(small: T, large: T): T => {
      for (let row = 0, i = 0; row < height; row++) {
        const start = (this.#seenRows[first + row]! - y) * this.#seen.width;
        for (let column = 0; column < width; column++, i++) large[i] = small[start + this.#columns[column]!]!;
      }
      return large;
    };
    const bytes = (small: Uint8Array) => enlarged(small, new Uint8Array(width * height));
    const floats = (small: Float32Array) => enlarged(small, new Float32Array(width * height));
    return {
      y: first,
      width,
      height,
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
    };
  }
}
