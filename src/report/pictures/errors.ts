import { checkArgument } from '../../base/errors/index.js';
import { checkPixels, type Pixels } from '../../base/pixels.js';
import { VOID } from '../../data/index.js';

/** Vermilion (Okabe and Ito 2008), which colour-blind people tell from grey too. */
const WRONG = [213, 94, 0] as const;

/**
 * Where a prediction is wrong: the photograph in grey, wrong pixels in vermilion, pixels that are not scored darkened.
 *
 * @param prediction train ids, H·W, in the classes of the truth
 * @param truth train ids or void, H·W
 * @throws HmsaError when the sizes differ
 */
export function errorPicture(photo: Pixels, prediction: Uint8Array, truth: Uint8Array): Pixels {
  checkPixels(photo, 'errorPicture', { channels: 3 });
  const size = photo.width * photo.height;
  for (const labels of [prediction, truth]) {
    const isMap = labels instanceof Uint8Array && labels.length === size;
    checkArgument(isMap, 'errorPicture', `labels, one byte for each of ${size} pixels`, labels);
  }
  const data = new Uint8Array(size * 3);
  for (let i = 0; i < size; i++) {
    const [red, green, blue] = [photo.data[i * 3]!, photo.data[i * 3 + 1]!, photo.data[i * 3 + 2]!];
    const grey = 0.299 * red + 0.587 * green + 0.114 * blue;
    const label = truth[i]!;
    if (label === VOID) data.fill(grey * 0.3, i * 3, i * 3 + 3);
    else if (label === prediction[i]) data.fill(110 + grey * 0.57, i * 3, i * 3 + 3);
    else for (let c = 0; c < 3; c++) data[i * 3 + c] = 0.8 * WRONG[c]! + 0.2 * grey;
  }
  return { data, width: photo.width, height: photo.height };
}
