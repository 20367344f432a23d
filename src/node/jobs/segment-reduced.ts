import type { Segmentation, Segmenter, SegmentOptions } from '../../predict/index.js';
import { type RgbImage, resizeToWidth } from '../images/index.js';

export interface ReducedOptions extends SegmentOptions {
  /**
   * Pixels: a larger image is labelled reduced to this on its longer side, which suits a model that has learned from
   * smaller ones and bounds the memory. What comes back has the image's own size all the same. Never reduced where
   * left out.
   */
  readonly maxSide?: number;
}

/**
 * Labels an image, reduced where it is larger than the options allow; each of its pixels then takes the labels and the
 * attention of the nearest one of the reduced image.
 *
 * @throws HmsaError as {@link Segmenter.segment} does
 */
export async function segmentReduced(
  segmenter: Segmenter,
  image: RgbImage,
  { maxSide, ...options }: ReducedOptions,
): Promise<Segmentation> {
  const small = maxSide === undefined ? image : await reducedTo(maxSide, image);
  const result = await segmenter.segment(small, options);
  return small === image ? result : enlargedTo(image, result);
}

/** The image with no more than so many pixels on its longer side, or as it is where it has no more. */
export async function reducedTo(maxSide: number, image: RgbImage): Promise<RgbImage> {
  const { width, height } = image;
  const factor = maxSide / Math.max(width, height);
  return factor >= 1 ? image : resizeToWidth(image, Math.max(1, Math.round(width * factor)));
}

function enlargedTo({ width, height }: RgbImage, { scales, ...result }: Segmentation): Segmentation {
  const columns = nearest(width, result.width);
  const starts = nearest(height, result.height).map((y) => y * result.width);
  const enlarge = <T extends Uint8Array | Float32Array>(small: T, large: T): T => {
    for (let y = 0, i = 0; y < height; y++) {
      for (let x = 0; x < width; x++, i++) large[i] = small[starts[y]! + columns[x]!]!;
    }
    return large;
  };
  const enlargeLabels = (labels: Uint8Array) => enlarge(labels, new Uint8Array(width * height));
  return {
    width,
    height,
    labels: enlargeLabels(result.labels),
    ...(scales && {
      scales: scales.map(({ labels, attention, ...scale }) => ({
        ...scale,
        labels: enlargeLabels(labels),
        ...(attention && { attention: enlarge(attention, new Float32Array(width * height)) }),
      })),
    }),
  };
}

/** For each of `large` positions along a side the nearest of `small`, half-pixel centres. */
function nearest(large: number, small: number): Int32Array {
  return Int32Array.from({ length: large }, (_, i) => Math.floor(((i + 0.5) * small) / large));
}
