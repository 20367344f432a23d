import type { Diagnosis, ImageScore } from './diagnose.js';

/** An image to look at, and why. */
export interface ChosenImage extends ImageScore {
  readonly reasons: readonly Reason[];
}

export interface Reason {
  readonly rank: 'worst' | 'median';
  /** The train id for which it was chosen; undefined for the whole set. */
  readonly classId?: number;
  /** The IoU by which it was chosen. */
  readonly iou: number;
}

/** How many of the worst images of the whole set are shown. */
const WORST = 3;

/** A class of a few pixels in an image says little of how the class is found. */
const LEAST_SHARE = 0.001;

/**
 * The worst images and the median one, of the whole set and then of each class. An image is chosen for a class only if the class
 * covers 0.1% of it, unless it does so nowhere.
 *
 * @param most how many images there may be
 * @returns each image once, in the order in which they were chosen, and whether `most` left out any
 */
export function chooseImages(
  { imageScores, classes }: Pick<Diagnosis, 'imageScores' | 'classes'>,
  most: number,
): { readonly images: readonly ChosenImage[]; readonly isCut: boolean } {
  const chosen = new Map<number, Reason[]>();
  let isCut = false;
  const choose = ({ index }: ImageScore, reason: Reason) => {
    const known = chosen.get(index);
    if (known !== undefined) known.push(reason);
    else if (chosen.size < most) chosen.set(index, [reason]);
    else isCut = true;
  };
  const ranked = ascending(imageScores, ({ meanIoU }) => meanIoU);
  for (const image of ranked.slice(0, WORST)) choose(image, { rank: 'worst', iou: image.meanIoU });
  const middle = ranked[ranked.length >> 1];
  if (middle !== undefined && ranked.length > WORST) choose(middle, { rank: 'median', iou: middle.meanIoU });
  const byClass = classes.names.map((_, id) => {
    const present = imageScores.filter(({ classPixels }) => classPixels[id]! > 0);
    const large = present.filter(
      ({ classPixels }) =>
        classPixels[id]! >= LEAST_SHARE * classPixels.reduce((sum, pixels) => sum + pixels, 0),
    );
    return ascending(large.length > 0 ? large : present, ({ classIoU }) => classIoU[id]!);
  });
  // The worst of all classes come before the median of any.
  byClass.forEach(([worst], classId) => {
    if (worst !== undefined) choose(worst, { rank: 'worst', classId, iou: worst.classIoU[classId]! });
  });
  byClass.forEach((images, classId) => {
    const image = images[images.length >> 1];
    if (image !== undefined && images.length > 1)
      choose(image, { rank: 'median', classId, iou: image.classIoU[classId]! });
  });
  const images = [...chosen].map(([index, reasons]) => ({
    ...imageScores.find((image) => image.index === index)!,
    reasons,
  }));
  return { images, isCut };
}

function ascending(images: readonly ImageScore[], by: (image: ImageScore) => number): ImageScore[] {
  return images.filter((image) => !Number.isNaN(by(image))).sort((a, b) => by(a) - by(b));
}
