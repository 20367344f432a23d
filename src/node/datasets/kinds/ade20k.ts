import { ade20k, ade20kLabels } from '../../../data/index.js';
import { HmsaError } from '../../../errors/index.js';
import { FolderReader } from '../folder-reader.js';
import { pairFiles } from '../pair.js';
import type { Fault, FileKind, Item } from '../tree.js';
import { nameOf } from './lists.js';

const folders = { train: 'training', val: 'validation', test: 'testing' } as const;

export const ade20kKind: FileKind = {
  name: 'ade20k',
  layout: 'images/training with annotations/training, the same for validation (ADEChallengeData2016)',
  async scan(root, options) {
    const reader = await FolderReader.open(root, options);
    const base = (await reader.exists('ADEChallengeData2016')) ? 'ADEChallengeData2016/' : '';
    const splits: Record<string, Item[]> = {};
    const faults: Fault[] = [];
    for (const [split, folder] of Object.entries(folders)) {
      const images = await reader.images(`${base}images/${folder}`);
      if (images.length === 0) continue;
      const labels = await reader.images(`${base}annotations/${folder}`);
      const paired = pairFiles(reader, {
        split,
        images,
        labels,
        imageKey: nameOf,
        labelKey: nameOf,
        group: () => folder,
        unlabelled: split === 'test' && labels.length === 0,
      });
      splits[split] = paired.items;
      faults.push(...paired.faults);
    }
    if (Object.keys(splits).length === 0) {
      throw new HmsaError({
        operation: `ade20k:${root}`,
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
