import { checkConfig, type TrainConfig } from '../../training/index.js';
import { checkNamed } from '../arguments/index.js';
import { FileDataset, type OpenOptions, openDataset, openOptionsShape } from '../datasets/index.js';
import { imageSize } from '../images/index.js';

/** Photographs whose size is looked at, spread over the set. */
const LOOKED_AT = 64;
/** A whole number of strides at half size too. */
const STEP = 32;

/**
 * The crop of a configuration, brought down to photographs that are smaller: what lies beyond them would be void, and
 * cost as much. Each side is that of half the photographs at least, down to a multiple of 32.
 *
 * @throws HmsaError when the configuration is none, or the data set cannot be opened
 */
export async function fittingCrop(
  config: TrainConfig,
  data: string,
  options: OpenOptions = {},
): Promise<TrainConfig['crop']> {
  const { crop } = checkConfig(config, 'fittingCrop');
  checkNamed(openOptionsShape, options, 'fittingCrop');
  const dataset = await openDataset(data, { split: 'train', ...options });
  // What is generated has no files, and a photograph that cannot be read is for training to name.
  if (!(dataset instanceof FileDataset) || dataset.length === 0) return crop;
  const count = Math.min(LOOKED_AT, dataset.length);
  const paths = Array.from(
    { length: count },
    (_, i) => dataset.item(Math.floor((i * dataset.length) / count)).image,
  );
  const sizes = (await Promise.all(paths.map((path) => imageSize(path).catch(() => undefined)))).filter(
    (size) => size !== undefined,
  );
  if (sizes.length === 0) return crop;
  const side = (name: 'width' | 'height', most: number) => {
    const sorted = sizes.map((size) => size[name]).sort((a, b) => a - b);
    const middle = sorted[Math.floor((sorted.length - 1) / 2)]!;
    return Math.min(most, Math.max(STEP, STEP * Math.floor(middle / STEP)));
  };
  return [side('height', crop[0]), side('width', crop[1])];
}
