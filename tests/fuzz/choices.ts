/**
 * Decisions read from a string of bytes, so that any bytes make a valid graph and fewer bytes make a simpler one:
 * what fast-check shrinks is the bytes. Past their end every decision is the first.
 */
export class Choices {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** A whole number from low to high, both included. */
  int(low: number, high: number): number {
    return low + ((this.#bytes[this.#at++] ?? 0) % (high - low + 1));
  }

  pick<T>(options: readonly T[]): T {
    return options[this.int(0, options.length - 1)]!;
  }

  flag(): boolean {
    return this.int(0, 1) === 1;
  }

  /** A set of axes of a tensor of this rank, possibly empty. */
  axes(rank: number): number[] {
    return Array.from({ length: rank }, (_, axis) => axis).filter(() => this.flag());
  }
}
