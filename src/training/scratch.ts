/** Bytes outside the model that a phase of a run keeps for its own time, with random access. */
export interface Scratch {
  /** How many bytes it holds. */
  readonly bytes: number;
  write(at: number, bytes: Uint8Array): Promise<void>;
  /** @param at a place that was written, with as many bytes */
  read(at: number, length: number): Promise<Uint8Array>;
  /** Deletes the bytes. */
  close(): Promise<void>;
}

/** Opens a scratch for a number of bytes. It may hold fewer, or none. */
export type OpenScratch = (wanted: number) => Promise<Scratch>;

/** A scratch in memory. */
export function memoryScratch(bytes: number): Scratch {
  const parts = new Map<number, Uint8Array>();
  return {
    bytes,
    async write(at, part) {
      parts.set(at, part.slice());
    },
    async read(at) {
      return parts.get(at)!;
    },
    async close() {
      parts.clear();
    },
  };
}
