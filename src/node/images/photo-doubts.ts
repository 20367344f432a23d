import { checkPixels, type Pixels } from '../../base/pixels/index.js';
import { brightestOf, photoHeader } from './photo.js';
import { type DecodeOptions, fileOrBytes, type ImageSource } from './source.js';

/** A reason why a readable photograph may not show what it should. */
export interface PhotoDoubt {
  /**
   * - `constant`: nearly one colour throughout;
   * - `dark`: 16 bits whose brightest value is below a quarter of the range;
   * - `turned`: stored with an EXIF orientation that keeps its size, so that a mask drawn on the stored pixels has the
   *   right size but the wrong orientation.
   */
  readonly kind: 'constant' | 'dark' | 'turned';
  /** The finding, such as `brightest value 16320 of 65535`. */
  readonly detail: string;
}

/** A photograph whose values differ by no more than this shows nothing. */
const LEAST_RANGE = 8;

/**
 * Doubts about a photograph that {@link decodeImage} accepts, from its pixels and its header.
 *
 * @param image the decoded photograph
 * @throws HmsaError when its header cannot be read
 */
export async function photoDoubts(
  source: ImageSource,
  image: Pixels,
  options: DecodeOptions = {},
): Promise<PhotoDoubt[]> {
  checkPixels(image, 'photoDoubts');
  const { depth, orientation = 1, width, height } = await photoHeader(source, options);
  const doubts: PhotoDoubt[] = [];
  const { least, most } = rangeOf(image.data);
  if (most - least <= LEAST_RANGE)
    doubts.push({ kind: 'constant', detail: `all values in ${least} … ${most}` });
  if (depth === 'ushort' && most < 64 && most > least) {
    doubts.push({
      kind: 'dark',
      detail: `brightest value ${await brightestOf(fileOrBytes(source))} of 65535`,
    });
  }
  if (orientation > 1 && (orientation < 5 || width === height)) {
    doubts.push({ kind: 'turned', detail: `EXIF orientation ${orientation}` });
  }
  return doubts;
}

function rangeOf(data: Uint8Array): { least: number; most: number } {
  let [least, most] = [255, 0];
  for (const value of data) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return { least, most };
}
