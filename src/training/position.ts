import type { NdArray } from '../base/arrays/index.js';

/** A point between steps from which a run can go on. */
export interface Position {
  /** Steps taken so far. */
  readonly step: number;
  /** All that training reads and changes, by variable name: weights, buffers, and what the optimiser remembers. */
  readonly values: ReadonlyMap<string, NdArray>;
}
