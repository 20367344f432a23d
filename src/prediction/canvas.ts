import type { Stretch } from '../engine/passes/index.js';
import type { MapPart } from './scale-feeds.js';
import { type Span, shareAt } from './tile-spans.js';

/** A map of one scale that tiles are painted on, of which only the rows that are still needed are kept. */
export class Canvas {
  readonly #channels: number;
  readonly #width: number;
  /** By their number; each [channels, width]. */
  readonly #rows = new Map<number, Float32Array>();
  readonly #step: number;
  #first = 0;

  /**
   * @param width cells of a row
   * @param step pixels, at the scale, along a cell
   */
  constructor(channels: number, width: number, step: number) {
    this.#channels = channels;
    this.#width = width;
    this.#step = step;
  }

  /** Adds the map of a tile, times its share of every cell. */
  add({ data, rows, columns }: MapPart, down: Span, across: Span): void {
    const shares = Float32Array.from({ length: columns.length }, (_, i) =>
      shareAt(across, (columns.start + i + 0.5) * this.#step),
    );
    const [from, to] = [shares.findIndex((share) => share > 0), shares.findLastIndex((share) => share > 0)];
    for (let y = 0; y < rows.length; y++) {
      const share = shareAt(down, (rows.start + y + 0.5) * this.#step);
      if (share === 0 || rows.start + y < this.#first) continue;
      const row = this.#row(rows.start + y);
      for (let c = 0; c < this.#channels; c++) {
        const source = (c * rows.length + y) * columns.length;
        const target = c * this.#width + columns.start;
        for (let x = from; x <= to; x++) {
          row[target + x]! += data[source + x]! * share * shares[x]!;
        }
      }
    }
  }

  #row(number: number): Float32Array {
    const known = this.#rows.get(number);
    if (known !== undefined) return known;
    const row = new Float32Array(this.#channels * this.#width);
    this.#rows.set(number, row);
    return row;
  }

  /** A part, float32 [channels, rows, columns]. */
  cut(rows: Stretch, columns: Stretch): Float32Array {
    const part = new Float32Array(this.#channels * rows.length * columns.length);
    for (let y = 0; y < rows.length; y++) {
      const row = this.#rows.get(rows.start + y);
      if (row === undefined) throw new Error(`Row ${rows.start + y} of a canvas is needed but not there.`);
      for (let c = 0; c < this.#channels; c++) {
        const from = c * this.#width + columns.start;
        part.set(row.subarray(from, from + columns.length), (c * rows.length + y) * columns.length);
      }
    }
    return part;
  }

  /** Forgets the rows before one. */
  dropBefore(row: number): void {
    for (; this.#first < row; this.#first++) this.#rows.delete(this.#first);
  }
}
