import type { Size } from '../data/index.js';
import type { Combination } from '../model/index.js';

/** A limit of pixels on the longer side, or `none` for images as they are. */
export type MaxSide = number | 'none';

export interface SegmentOptions {
  /** Scales of the image, each above 0; the model's own where left out. */
  readonly scales?: readonly number[];
  /** `hierarchical` where left out. */
  readonly combine?: Combination;
  /** Return what each scale says and is trusted with, too. */
  readonly details?: boolean;
  /**
   * Pixels: the network sees a larger image reduced to this on its longer side. Where left out, reduced to the area of
   * the photographs that the model has learned from, if its file says that; `none` for never. What comes back has the
   * image's own size all the same.
   */
  readonly maxSide?: MaxSide;
  readonly signal?: AbortSignal;
}

export interface Segmentation {
  readonly width: number;
  readonly height: number;
  /** Train ids, H·W. */
  readonly labels: Uint8Array;
  /** At which size the network saw the image at scale 1: its own, or less where it was reduced. */
  readonly seen: Size;
  /** With details: each scale's own labels, highest scale first. */
  readonly scales?: readonly ScaleSegmentation[];
}

export interface ScaleSegmentation {
  readonly scale: number;
  /** Train ids, H·W. */
  readonly labels: Uint8Array;
  /** How much this scale is trusted over the higher ones, H·W, 0 … 1; missing for the highest. */
  readonly attention?: Float32Array;
}
