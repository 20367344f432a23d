import type { Pixels } from '../../base/pixels.js';
import type { Rgb } from '../../data/index.js';
import { type ClassMap, type CommonClasses, VOID } from '../../data/index.js';
import { scaleWeights, translated, winners } from '../../evaluation/diagnosis/index.js';
import type { Segmentation } from '../../prediction/index.js';
import { colorize, errorPicture, heatmap } from '../../report/pictures/index.js';
import { encodeJpeg, encodePng, resizeToWidth } from '../images/index.js';

/** A picture of an image, by what it shows. */
export interface ShownPicture {
  readonly title: string;
  readonly pixels: Pixels;
  /** Photographs are compressed with losses, colours of classes never. */
  readonly isPhoto: boolean;
}

/** A label map with its photograph. */
export interface Labelled {
  readonly photo: Pixels;
  /** Train ids of the data set or void, H·W; undefined if there is none. */
  readonly label?: Uint8Array | undefined;
  readonly found: Segmentation;
}

/**
 * The pictures of one labelled image: the photograph, its truth, the prediction and the errors; with `scales` also the
 * prediction and the attention of each scale, and which scale has the largest share at each pixel.
 *
 * @param common the classes of the labels of model and truth
 * @param colors of the classes that are shown, and of the scales, highest first
 */
export function picturesOf(
  { photo, label, found }: Labelled,
  common: ClassMap | CommonClasses,
  colors: { readonly classes: readonly Rgb[]; readonly scales: readonly Rgb[] },
  withScales: boolean,
): ShownPicture[] {
  const { width, height } = photo;
  const painted = (title: string, labels: Uint8Array): ShownPicture => ({
    title,
    pixels: colorize(labels, width, height, { colors: colors.classes }),
    isPhoto: false,
  });
  const own = (labels: Uint8Array) => translated(labels, common, 'fromModel');
  const prediction = own(found.labels);
  const truth = label && translated(label, common, 'fromTruth');
  const pictures: ShownPicture[] = [{ title: 'input', pixels: photo, isPhoto: true }];
  if (truth !== undefined) pictures.push(painted('truth', truth));
  pictures.push(painted('prediction', prediction));
  if (truth?.some((id) => id !== VOID))
    pictures.push({ title: 'errors', pixels: errorPicture(photo, prediction, truth), isPhoto: true });
  const { scales = [] } = found;
  if (!withScales || scales.length < 2) return pictures;
  for (const { scale, labels } of scales) pictures.push(painted(`prediction at scale ${scale}`, own(labels)));
  for (const { scale, attention } of scales) {
    if (attention === undefined) continue;
    pictures.push({
      title: `attention at scale ${scale}`,
      pixels: heatmap(attention, width, height),
      isPhoto: false,
    });
  }
  const weights = scaleWeights(scales);
  if (weights !== undefined)
    pictures.push({
      title: 'which scale won',
      pixels: colorize(winners(weights), width, height, { colors: colors.scales }),
      isPhoto: false,
    });
  return pictures;
}

/** A picture as a small file. */
export async function encoded(
  { pixels, isPhoto }: ShownPicture,
  width: number,
): Promise<{ readonly type: 'jpeg' | 'png'; readonly bytes: Uint8Array }> {
  const small = pixels.width > width ? await resizeToWidth(pixels, width) : pixels;
  return isPhoto
    ? { type: 'jpeg', bytes: await encodeJpeg(small, 78) }
    : { type: 'png', bytes: await encodePng(small) };
}
