import { HmsaError } from '../../base/errors/index.js';
import { parseJson } from '../../base/json.js';
import { type Fault, type Folder, FolderReader, pathBelow, stemOf } from '../files/index.js';
import { type LabelSet, mapillaryLabels, VOID } from '../index.js';
import { type FileTree, type Item, type Layout, type OpenOptions, pairFiles } from '../pairs/index.js';

const folders = { train: 'training', val: 'validation', test: 'testing' } as const;

/** The names of a version's config and labels. The first release had no version in its names. */
const versions = {
  'v1.2': { configs: ['config_v1.2.json', 'config.json'], labels: ['v1.2/', ''] },
  'v2.0': { configs: ['config_v2.0.json'], labels: ['v2.0/'] },
} as const;
type Version = keyof typeof versions;

/** 256 MiB, above every list of classes. */
const CONFIG_BYTE_LIMIT = 2 ** 28;

const layout =
  'training/ and validation/ with images/ and labels/ (or v1.2/labels/, v2.0/labels/), and the config';

/** If a download has both versions, v1.2 is used, because published results are for its 65 classes. */
export const mapillaryKind: Layout = {
  name: 'mapillary',
  layout: `${layout}; v1.2 where there are both`,
  scan: (folder, options) => scan(folder, options, ['v1.2', 'v2.0']),
};

export const mapillary12Kind: Layout = {
  name: 'mapillary-v1.2',
  layout,
  scan: (folder, options) => scan(folder, options, ['v1.2']),
};

export const mapillary20Kind: Layout = {
  name: 'mapillary-v2.0',
  layout,
  scan: (folder, options) => scan(folder, options, ['v2.0']),
};

async function scan(folder: Folder, options: OpenOptions, wanted: readonly Version[]): Promise<FileTree> {
  const reader = await FolderReader.open(folder, options);
  for (const version of wanted) {
    for (const config of versions[version].configs) {
      if (await reader.exists(config)) return scanVersion(reader, version, await readConfig(reader, config));
    }
  }
  throw new HmsaError({
    operation: `mapillary:${folder.name}`,
    expected: `one of ${wanted.flatMap((version) => versions[version].configs).join(', ')}`,
    received: 'none of them',
    remedy: 'Name the folder that the archive was unzipped in.',
  });
}

async function scanVersion(reader: FolderReader, version: Version, labelSet: LabelSet): Promise<FileTree> {
  const splits: Record<string, Item[]> = {};
  const faults: Fault[] = [];
  let areInstances = false;
  for (const [split, folder] of Object.entries(folders)) {
    const images = await reader.images(`${folder}/images`);
    if (images.length === 0) continue;
    const labels = await labelsOf(reader, folder, version);
    areInstances ||= labels.areInstances;
    const paired = pairFiles(reader, {
      split,
      images,
      labels: labels.paths,
      shared: [
        {
          image: (path) => stemOf(pathBelow(`${folder}/images`, path)),
          label: (path) => stemOf(pathBelow(labels.folder, path)),
        },
      ],
      group: () => folder,
      unlabelled: split === 'test' && labels.paths.length === 0,
    });
    splits[split] = paired.items;
    for (const fault of paired.faults) faults.push(fault);
  }
  if (Object.keys(splits).length === 0) {
    throw new HmsaError({
      operation: `mapillary:${reader.root}`,
      expected: `folders ${layout}`,
      received: 'no photographs in training/images, validation/images or testing/images',
    });
  }
  const rule = labelSet.byValue;
  const unlabelled = labelSet.labels.filter(({ name }) => name === 'void--unlabeled').map(({ id }) => id);
  return {
    root: reader.root,
    classes: labelSet.classes,
    rule: areInstances && rule.by === 'value' ? { ...rule, instances: 256 } : rule,
    unlabelled: [VOID, ...unlabelled],
    splits,
    faults: [...reader.faults, ...faults],
    notes: areInstances ? ['There are no labels folders: the 16-bit instance maps are read.'] : [],
  };
}

async function labelsOf(reader: FolderReader, folder: string, version: Version) {
  for (const kind of ['labels', 'instances']) {
    for (const prefix of versions[version].labels) {
      const below = `${folder}/${prefix}${kind}`;
      const paths = await reader.images(below);
      if (paths.length > 0) return { folder: below, paths, areInstances: kind === 'instances' };
    }
  }
  return { folder: '', paths: [], areInstances: false };
}

async function readConfig(reader: FolderReader, path: string): Promise<LabelSet> {
  const name = reader.absolute(path);
  const text = await reader.files.readText(name, { expected: 'a JSON file', limit: CONFIG_BYTE_LIMIT });
  return mapillaryLabels(parseJson(text, name, { longest: CONFIG_BYTE_LIMIT }), name);
}
