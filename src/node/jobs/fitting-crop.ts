import { checkNamed } from '../../base/schema/index.js';
import { checkConfig, type TrainConfig } from '../../training/index.js';
import { type OpenOptions, openDataset, openOptionsShape } from '../datasets/index.js';
import { photoSizes } from './typical-size.js';

/** A whole number of strides, also at half size. */
const STEP = 32;

/**
 * The crop of a configuration, reduced to fit smaller photographs. Beyond their edges a crop would be void and cost as
 * much. Each side fits at least half of the photographs and is a multiple of 32.
 *
 * @throws HmsaError when the configuration is not valid, or the data set cannot be opened
 */
export async function fittingCrop(
  config: TrainConfig,
  data: string,
  options: OpenOptions = {},
): Promise<TrainConfig['crop']> {
  const { crop } = checkConfig(config, 'fittingCrop');
  checkNamed(openOptionsShape, options, 'fittingCrop');
  const sizes = await photoSizes(await openDataset(data, { split: 'train', ...options }));
  if (sizes.length === 0) return crop;
  const side = (name: 'width' | 'height', most: number) => {
    const sorted = sizes.map((size) => size[name]).sort((a, b) => a - b);
    const middle = sorted[Math.floor((sorted.length - 1) / 2)]!;
    return Math.min(most, Math.max(STEP, STEP * Math.floor(middle / STEP)));
  };
  return [side('height', crop[0]), side('width', crop[1])];
}
