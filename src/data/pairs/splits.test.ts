import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { join, mkdtemp, rm, tmpdir, writeFile } from '../../../tests/support/node.js';
import { disk } from '../../node/datasets/disk.js';
import { cityscapes } from '../index.js';
import { devNote, holdOutNote, isHeldOut, MissingSplitError, selectItems, splitNames } from './splits.js';
import { type FileTree, type Item, newSplits } from './tree.js';

function treeOf(splits: Record<string, readonly string[]>, unlabelled: readonly string[] = []): FileTree {
  const made = newSplits();
  for (const [name, ids] of Object.entries(splits)) {
    made[name] = ids.map(
      (id): Item => ({
        id,
        image: `/set/${id}.jpg`,
        group: id.slice(0, id.lastIndexOf('/')),
        ...(!unlabelled.includes(id) && { label: `/set/${id}.png` }),
      }),
    );
  }
  const rule = { by: 'value', trainIds: [] } as const;
  return { root: '/set', classes: cityscapes, rule, splits: made, faults: [], notes: [] };
}

const frames = (folder: string, count: number) => Array.from({ length: count }, (_, i) => `${folder}/${i}`);
const select = async (tree: FileTree, split: string) =>
  (await selectItems(tree, { split }, disk)).map(({ id }) => id);

describe('a set without splits', () => {
  const tree = treeOf({ all: [...frames('a', 60), ...frames('b', 40)] });

  test('holds a tenth out in blocks, of every folder, with a neighbour between', async () => {
    const [train, val] = [await select(tree, 'train'), await select(tree, 'val')];
    expect(val.length).toBe(10);
    expect(val.filter((id) => id.startsWith('a')).length).toBe(6);
    for (const id of val) {
      const [folder, number] = id.split('/');
      for (const near of [-1, 0, 1]) expect(train).not.toContain(`${folder}/${Number(number) + near}`);
    }
    expect(await select(tree, 'valid')).toEqual(val);
    expect((await select(tree, 'all')).length).toBe(100);
    expect(splitNames(tree)).toEqual(['all', 'train', 'val']);
    const beside = 100 - train.length - val.length;
    expect(holdOutNote(tree, {})).toBe(
      `No splits: 10 of 100 labelled photographs are held out in blocks as val (and ${beside} beside them in neither), ` +
        'train is the rest.',
    );
    expect(['train', 'valid', 'all'].map((name) => isHeldOut(tree, name))).toEqual([true, true, false]);
  });

  test('the seed places the blocks', async () => {
    const other = await selectItems(tree, { split: 'val', blocks: { seed: 1 } }, disk);
    expect(other.map(({ id }) => id)).not.toEqual(await select(tree, 'val'));
    expect(other.every(({ block }) => block !== undefined)).toBe(true);
  });

  test('of few nothing is lost, and what has no label is in neither', async () => {
    const few = treeOf({ pairs: frames('a', 8) }, ['a/0']);
    const [train, val] = [await select(few, 'train'), await select(few, 'val')];
    expect([...train, ...val].sort()).toEqual(frames('a', 8).slice(1));
    expect(val.length).toBe(1);
  });

  test('one photograph cannot be divided', async () => {
    await expect(select(treeOf({ all: ['a/0'] }), 'train')).rejects.toThrow(MissingSplitError);
    expect(holdOutNote(treeOf({ all: ['a/0'] }), {})).toBeUndefined();
  });

  test('a set of one split alone has no other', async () => {
    const error = await select(treeOf({ train: frames('a', 10) }), 'val').catch((thrown) => thrown);
    expect(error).toBeInstanceOf(MissingSplitError);
    expect(error.message).toContain('Use dev and dev-train');
  });
});

describe('a set with a split dev of its own', () => {
  const tree = treeOf({ train: frames('a', 20), dev: ['d/0', 'd/1'] });

  test('scores on it, also where val is asked for, and holds no blocks out of train', async () => {
    for (const name of ['dev', 'val', 'valid', 'development']) {
      expect(await select(tree, name)).toEqual(['d/0', 'd/1']);
    }
    expect(splitNames(tree)).toEqual(['train', 'dev']);
    expect(devNote(tree)).toBe('The split dev is also taken for val.');
    await expect(select(tree, 'dev-train')).rejects.toThrow('There are: train, dev.');
  });

  test('beside val it is a third one', async () => {
    const both = treeOf({ train: ['a/0'], dev: ['d/0'], val: ['v/0'] });
    expect([await select(both, 'val'), await select(both, 'dev')]).toEqual([['v/0'], ['d/0']]);
    expect(devNote(both)).toBeUndefined();
  });
});

describe('names of splits', () => {
  const tree = treeOf({ train: ['a/0'], val: ['a/1'] });

  test('a slip of the keyboard is no split that the set lacks', async () => {
    const error = await select(tree, 'vall').catch((thrown) => thrown);
    expect(error).not.toBeInstanceOf(MissingSplitError);
    expect(error.message).toBe(
      'split of /set: expected one of train, val, dev, dev-train, or a text file that lists photographs, received vall. Did you mean val?',
    );
    await expect(select(treeOf({ train: ['a/0'] }), 'vall')).rejects.toThrow(
      'Did you mean val? There are: train, dev, dev-train.',
    );
    await expect(select(tree, 'test')).rejects.toThrow(MissingSplitError);
  });

  for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
    test(`${name} is a name like any other`, async () => {
      await expect(select(tree, name)).rejects.toThrow(`received ${name}.`);
      const own = newSplits();
      own[name] = tree.splits.train!;
      expect(await select({ ...tree, splits: own }, name)).toEqual(['a/0']);
    });
  }
});

describe('a list as the split', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'hmsa-splits-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));
  const tree = {
    ...treeOf({ all: ['images/aa/1', 'images/bb/1', 'images/bb/2'] }),
    imageFolders: ['images'],
  };
  const list = async (text: string) => {
    await writeFile(join(root, 'mine.txt'), text);
    return select(tree, join(root, 'mine.txt'));
  };

  test('takes the longest end of the path, each photograph once', async () => {
    expect(await list('bb/1.jpg\n2\n\n# aa/1.jpg\nbb/1\n')).toEqual(['images/bb/1', 'images/bb/2']);
  });

  test('refuses what is not there, or may be several', async () => {
    await expect(list('aa/2.jpg\nbb/2')).rejects.toThrow(
      'received a name that is missing: aa/2.jpg (line 1). Remove or correct such lines, or add the photographs; of that name there is images/bb/2.jpg.',
    );
    await expect(list('2\n1')).rejects.toThrow('mine.txt, line 2: expected the name of one photograph');
  });
});
