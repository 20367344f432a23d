import { checkArgument, HmsaError, suggest } from '../../base/errors/index.js';
import { checkNamed } from '../../base/schema/index.js';
import { type GeneratedKind, openOptionsShape } from '../../data/pairs/index.js';
import { parseSyntheticOptions, SyntheticDataset } from '../../scenes/index.js';
import { refuseClassFile } from './refuse-class-file.js';

const splits = ['train', 'val', 'test'];

/** Street scenes that this project renders. Each split has its own stream of scenes. Default split: `train`. */
export const syntheticKind: GeneratedKind = {
  name: 'synthetic',
  layout: 'no files: rendered scenes, such as synthetic:count=8,size=128x64,seed=1',
  splits,
  async open(location, options) {
    checkArgument(typeof location === 'string', 'synthetic data set', 'a text such as count=8', location);
    checkNamed(openOptionsShape, options, 'synthetic data set');
    refuseClassFile('synthetic', options);
    const { split = 'train' } = options;
    if (!splits.includes(split)) {
      throw new HmsaError({
        operation: 'synthetic data set, split',
        expected: splits.join(', '),
        received: split,
        remedy: suggest(split, splits),
      });
    }
    return new SyntheticDataset({ ...parseSyntheticOptions(location), split });
  },
};
