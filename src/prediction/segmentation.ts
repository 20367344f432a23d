import type { Size } from '../data/index.js';
import type { Combination } from '../model/index.js';

/** The most pixels on the longer side, or `none` for no limit. */
export type MaxSide = number | 'none';

export interface SegmentOptions {
  /** Scales of the image, each 1/64 … 16; default: those that the model was trained on. */
  readonly scales?: readonly number[];
  /** Default `hierarchical`. */
  readonly combine?: Combination;
  /** Whether to return each scale's labels and attention as well. */
  readonly details?: boolean;
  /** Whether to return how sure the model is of each pixel's label as well. */
  readonly confidence?: boolean;
  /** Whether to return the attention of the scales as well; see {@link Segmentation.attention}. */
  readonly attention?: boolean;
  /** Whether to return the combined class scores as well. They take 4 bytes for each class and pixel. */
  readonly logits?: boolean;
  /**
   * Whether to average the class scores of the image with those of its mirror image. It takes twice the time. Attention and the
   * labels of single scales are those of the image as it is.
   */
  readonly flip?: boolean;
  /**
   * A larger image is reduced to this many pixels on its longer side before the network sees it. Default: reduced to the area
   * of the training photographs, if the model file records it. `none`: never reduced. The result always has the image's own
   * size.
   */
  readonly maxSide?: MaxSide;
  /**
   * Whether to compute the highest scale only where the lower ones leave doubt: `true` with the loss that the model was
   * calibrated for, or the points of mean IoU that may be lost; 0 computes everything. The model must be calibrated for these
   * scales (`hmsa calibrate`), and the image must fit into the memory as a whole.
   */
  readonly adaptive?: boolean | number;
  readonly signal?: AbortSignal;
}

export interface Segmentation {
  readonly width: number;
  readonly height: number;
  /** Train ids, H·W, row-major. */
  readonly labels: Uint8Array;
  /** The size at which the network saw the image at scale 1; smaller than the image's own if it was reduced. */
  readonly seen: Size;
  /**
   * With `confidence`: the probability of each pixel's label, H·W, 0 … 1: the softmax of the combined logits. For the
   * combination `max`: the largest probability that any scale gives.
   */
  readonly confidence?: Float32Array;
  /**
   * With `attention`: by scale, highest first, a map of H·W numbers from 0 to 1, as {@link ScaleSegmentation.attention}. The maps
   * of one pixel do not sum to 1, but for attention of the kind `explicit`. Empty if scales are not weighed by attention.
   */
  readonly attention?: ReadonlyMap<number, Float32Array>;
  /**
   * With `logits`: the combined class scores, classes·H·W, before the softmax, at the size `seen`; probabilities for the
   * combination `max`.
   */
  readonly logits?: Float32Array;
  /** With `adaptive`: the multiply-adds of the network, as a share of those of all scales. */
  readonly work?: number;
  /** With `details`: the labels and attention of each scale, highest scale first. */
  readonly scales?: readonly ScaleSegmentation[];
}

export interface ScaleSegmentation {
  readonly scale: number;
  /** Train ids, H·W. */
  readonly labels: Uint8Array;
  /**
   * H·W, 0 … 1. How far the scores of this scale replace the combined scores of all higher scales: 1 is wholly, 0 not at all
   * (arXiv 2005.10821, section 3.2). The highest scale replaces nothing and has none. The share of a scale in the result is its
   * attention (1 for the highest) times 1 − attention of each lower scale, but for the resizing between scales: of 2, 1 and 0.5 they
   * are (1 − a0.5)·(1 − a1), (1 − a0.5)·a1 and a0.5. Models with attention of the kind `explicit` give the shares themselves, for
   * each scale.
   */
  readonly attention?: Float32Array;
}
