import { HmsaError } from '../../base/errors/index.js';
import { type Fault, FolderReader, pathBelow, stemOf } from '../files/index.js';
import { ade20k, ade20kLabels } from '../index.js';
import { type Item, type Layout, pairFiles } from '../pairs/index.js';

const folders = { train: 'training', val: 'validation', test: 'testing' } as const;

export const ade20kKind: Layout = {
  name: 'ade20k',
  layout: 'images/training with annotations/training, the same for validation (ADEChallengeData2016)',
  async scan(folder, options) {
    const reader = await FolderReader.open(folder, options);
    const base = (await reader.exists('ADEChallengeData2016')) ? 'ADEChallengeData2016/' : '';
    const splits: Record<string, Item[]> = {};
    const faults: Fault[] = [];
    for (const [split, inner] of Object.entries(folders)) {
      const below = { images: `${base}images/${inner}`, labels: `${base}annotations/${inner}` };
      const images = await reader.images(below.images);
      if (images.length === 0) continue;
      const labels = await reader.images(below.labels);
      const paired = pairFiles(reader, {
        split,
        images,
        labels,
        shared: [
          {
            image: (path) => stemOf(pathBelow(below.images, path)),
            label: (path) => stemOf(pathBelow(below.labels, path)),
          },
        ],
        group: () => inner,
        unlabelled: split === 'test' && labels.length === 0,
      });
      splits[split] = paired.items;
      for (const fault of paired.faults) faults.push(fault);
    }
    if (Object.keys(splits).length === 0) {
      throw new HmsaError({
        operation: `ade20k:${folder.name}`,
        expected: `folders ${ade20kKind.layout}`,
        received: 'none of them',
        remedy: 'Give the folder that ADEChallengeData2016.zip was unzipped in.',
      });
    }
    return {
      root: reader.root,
      classes: ade20k,
      rule: ade20kLabels.byValue,
      splits,
      faults: [...reader.faults, ...faults],
      notes: [],
    };
  },
};
