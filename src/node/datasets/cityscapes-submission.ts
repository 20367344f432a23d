import { join, posix } from 'node:path';
import { checkText, HmsaError } from '../../base/errors/index.js';
import { checkPixels, type Pixels } from '../../base/pixels.js';
import { cityscapes, toLabelIds } from '../../data/index.js';
import { writeFileAtomic } from '../files/index.js';
import { encodePng } from '../images/index.js';

const OPERATION = 'Cityscapes submission';

/** The beginning of every official file name: city, sequence and frame. */
const frame = /^[^_]+_\d{6}_\d{6}/;

/**
 * Writes a prediction in the form of Cityscapes' benchmark: an 8-bit PNG of label ids (not train ids), named after
 * city, sequence and frame. All files lie in one folder.
 *
 * @param id of the sample, such as `leftImg8bit/val/lindau/lindau_000000_000019_leftImg8bit`
 * @param prediction train ids, H·W; ids that are no class become `unlabeled`
 * @returns the path of the file
 * @throws HmsaError when the id is not that of a Cityscapes frame, or there is not one label for each pixel
 */
export async function writeCityscapesSubmission(
  folder: string,
  id: string,
  prediction: Pixels,
): Promise<string> {
  checkText(folder, OPERATION, 'the path of a folder');
  checkText(id, OPERATION, 'the id of a sample');
  checkPixels(prediction, OPERATION, { channels: 1 });
  const name = frame.exec(posix.basename(id))?.[0];
  if (name === undefined) {
    throw new HmsaError({
      operation: OPERATION,
      expected: 'a frame named CITY_000000_000000',
      received: id,
      remedy: 'Predict on a data set of kind cityscapes.',
    });
  }
  const path = join(folder, `${name}_labelIds.png`);
  const data = toLabelIds(prediction.data, cityscapes, 0);
  await writeFileAtomic(path, await encodePng({ ...prediction, data }));
  return path;
}
