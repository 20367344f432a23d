import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HmsaError } from '../../base/errors/index.js';
import { folderOf, joinPath, lastName, nameOf, pathFrom, stemOf } from '../../data/files/index.js';
import { formatColor, VOID } from '../../data/index.js';
import type { FileTree, Item } from '../../data/pairs/index.js';
import type { Codes } from './merge-labels.js';

/** Where the files of a photograph go, below the folder of the result. */
export interface Place {
  readonly photograph: string;
  readonly label: string;
}

/** The layout of the result, and what its label files hold. */
export interface Form {
  /** The kind by which the result is opened. */
  readonly kind: string;
  /** The folder below which photographs keep their paths; absolute. */
  readonly root: string;
  /** @throws HmsaError when the layout reads no label there */
  place(item: Item, split: string): Place;
  readonly codes: Codes;
  /**
   * Whether the result keeps the stored values of the labels that there are. Otherwise it keeps their classes, and what is void
   * is open.
   */
  readonly keepsValues: boolean;
  /** Files that the layout needs, with their content or, below the root of the data set, their source. */
  readonly files: readonly { readonly path: string; readonly text?: string; readonly from?: string }[];
  /** Whether a list of the photographs of each split is needed. */
  readonly hasLists: boolean;
}

/** The form of the result for a data set: that of its own kind, or `folder` for folders and lists of people's own. */
export async function formOf(kind: string, tree: FileTree): Promise<Form> {
  switch (kind) {
    case 'cityscapes':
    case 'cityscapes-coarse':
      return cityscapesForm(kind, tree);
    case 'camvid':
      return camvidForm(tree);
    case 'ade20k':
      return ade20kForm(tree);
    case 'mapillary':
    case 'mapillary-v1.2':
    case 'mapillary-v2.0':
      return mapillaryForm(kind, tree);
    default:
      return folderForm(tree);
  }
}

function cityscapesForm(kind: string, tree: FileTree): Form {
  const ids = tree.classes.ids!;
  return {
    kind,
    ...storedOr(tree, ids, 0),
    root: tree.root,
    files: [],
    hasLists: false,
    place(item, split) {
      if (split === 'test') throw unread(kind, split);
      const labels = kind === 'cityscapes' && split !== 'train_extra' ? 'gtFine' : 'gtCoarse';
      const name = lastName(item.image);
      const city = lastName(folderOf(item.image));
      const frame = name.replace(/_leftImg8bit\.[A-Za-z]+$/, '');
      return {
        photograph: joinPath('leftImg8bit', split, city, name),
        label: joinPath(labels, split, city, `${frame}_${labels}_labelIds.png`),
      };
    },
  };
}

/** Always with the eleven indices, which also hold what the 32 colours become. */
function camvidForm(tree: FileTree): Form {
  const none = tree.classes.names.length;
  return {
    kind: 'camvid',
    codes: trainIdCodes(none, none),
    keepsValues: false,
    root: tree.root,
    files: [],
    hasLists: false,
    place(item, split) {
      const below = pathFrom(tree.root, item.image);
      const path = below.startsWith(`${split}/`) ? below.slice(split.length + 1) : lastName(below);
      return { photograph: joinPath(split, path), label: joinPath(`${split}annot`, `${stemOf(path)}.png`) };
    },
  };
}

const officialFolders: Readonly<Record<string, string>> = {
  train: 'training',
  val: 'validation',
  test: 'testing',
};

function ade20kForm(tree: FileTree): Form {
  return {
    kind: 'ade20k',
    ...storedOr(tree, tree.classes.ids!, 0),
    root: tree.root,
    files: [],
    hasLists: false,
    place(item, split) {
      const folder = officialFolders[split]!;
      const path = below(tree, item, `images/${folder}`);
      return {
        photograph: joinPath('images', folder, path),
        label: joinPath('annotations', folder, `${stemOf(path)}.png`),
      };
    },
  };
}

async function mapillaryForm(kind: string, tree: FileTree): Promise<Form> {
  const { config, version } = await mapillaryVersion(kind, tree);
  const unlabelled = tree.unlabelled?.find((value) => value !== VOID) ?? VOID;
  return {
    kind,
    ...storedOr(tree, tree.classes.ids!, unlabelled),
    root: tree.root,
    files: [{ path: config, from: config }],
    hasLists: false,
    place(item, split) {
      const folder = officialFolders[split]!;
      const path = below(tree, item, `${folder}/images`);
      return {
        photograph: joinPath(folder, 'images', path),
        label: joinPath(folder, version, 'labels', `${stemOf(path)}.png`),
      };
    },
  };
}

/** The config that the scan has read, in the order in which the kinds look for it. */
async function mapillaryVersion(kind: string, { root }: FileTree) {
  const older = kind === 'mapillary-v2.0' ? [] : ['config_v1.2.json', 'config.json'];
  for (const config of older) {
    if ((await stat(join(root, config)).catch(() => undefined)) !== undefined)
      return { config, version: 'v1.2' };
  }
  return { config: 'config_v2.0.json', version: 'v2.0' };
}

function folderForm(tree: FileTree): Form {
  const base = commonFolder(Object.values(tree.splits).flatMap((items) => items.map(({ image }) => image)));
  const { names, colors } = tree.classes;
  const splits = Object.keys(tree.splits);
  const classes = names.map((name, id) => ({ name, id, color: formatColor(colors[id]!) }));
  return {
    kind: 'folder',
    root: base,
    codes: trainIdCodes(names.length, VOID),
    keepsValues: false,
    files: [
      {
        path: 'classes.json',
        text: `${JSON.stringify({ classes, void: [{ name: 'void', id: VOID }] }, null, 2)}\n`,
      },
    ],
    hasLists: splits.every((split) => split in officialFolders),
    place(item) {
      const path = pathFrom(base, item.image);
      // Two photographs that differ only in their extension keep it, as their ids do.
      const isWhole = nameOf(item.id) !== lastName(item.id);
      return {
        photograph: joinPath('images', path),
        label: joinPath('masks', `${isWhole ? path : stemOf(path)}.png`),
      };
    },
  };
}

/** The deepest folder that holds all files. */
function commonFolder(paths: readonly string[]): string {
  let common = folderOf(paths[0] ?? '/').split('/');
  for (const path of paths) {
    const parts = folderOf(path).split('/');
    const differs = common.findIndex((name, i) => parts[i] !== name);
    if (differs >= 0) common = common.slice(0, differs);
  }
  return common.join('/') || '/';
}

/** Stored values where the set tells unlabelled pixels from others that are void, otherwise classes. */
function storedOr(
  tree: FileTree,
  values: readonly number[],
  voidValue: number,
): Pick<Form, 'codes' | 'keepsValues'> {
  if (tree.unlabelled === undefined) {
    const isOpen = openValues([voidValue]);
    return { keepsValues: false, codes: { values, void: voidValue, isOpen } };
  }
  return { keepsValues: true, codes: { values, void: voidValue, isOpen: openValues(tree.unlabelled) } };
}

function trainIdCodes(count: number, voidValue: number): Codes {
  const values = Array.from({ length: count }, (_, id) => id);
  return { values, void: voidValue, isOpen: openValues([voidValue]) };
}

function openValues(values: readonly number[]): boolean[] {
  return Array.from({ length: 256 }, (_, value) => values.includes(value));
}

/** The path of a photograph below a folder of the layout, wherever the archive was unzipped. */
function below(tree: FileTree, item: Item, folder: string): string {
  const path = `/${pathFrom(tree.root, item.image)}`;
  const at = path.indexOf(`/${folder}/`);
  return at < 0 ? lastName(path) : path.slice(at + folder.length + 2);
}

function unread(kind: string, split: string): HmsaError {
  return new HmsaError({
    operation: `split ${split} of ${kind}`,
    expected: 'a split whose labels the layout reads',
    received: 'one whose labels only the server of the benchmark has',
    remedy: `Give its photographs as a folder: --data folder:PATH/leftImg8bit/${split}.`,
  });
}
