import type { Sample } from '../index.js';

/**
 * A photograph and its labels between two transforms. The buffers belong to the pipeline, and transforms may write into them.
 */
export interface Picture {
  /** RGB, H·W·3. */
  readonly image: Uint8Array;
  /** Train ids, H·W. */
  readonly label?: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Memory for a picture. */
export interface Buffers {
  /** H·W·3. */
  readonly image: Uint8Array;
  /** H·W; not written if the sample has no labels. */
  readonly label: Uint8Array;
}

/** A copy that transforms may write into. */
export function copyOf({ image, label, width, height }: Sample): Picture {
  return { image: image.slice(), width, height, ...(label && { label: label.slice() }) };
}
