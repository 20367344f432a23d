import type { Sample } from '../data/index.js';

/**
 * A photograph and its labels on their way through the transforms: its buffers belong to the pipeline, and a
 * transform may write into them.
 */
export interface Picture {
  /** RGB, H·W·3. */
  readonly image: Uint8Array;
  /** Train ids, H·W. */
  readonly label?: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** A copy that transforms may write into. */
export function copyOf({ image, label, width, height }: Sample): Picture {
  return { image: image.slice(), width, height, ...(label && { label: label.slice() }) };
}
