import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bands, colorBands, pngBomb, randomPhoto, writeTree } from '../../../tests/data/files.js';
import {
  ade20kFiles,
  camvidColorFiles,
  camvidIndexFiles,
  cityscapesFiles,
  HEIGHT,
  mapillaryFiles,
  WIDTH,
} from '../../../tests/data/layouts.js';
import { inspectPage } from '../../report/pages/index.js';
import { assess, openSource } from '../assess.js';
import { encodeJpeg, encodePng } from '../images/index.js';
import { inspect } from './inspect.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hmsa-inspect-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const mask = (...values: number[]) => bands(values, WIDTH, HEIGHT);
const photo = (seed: string) => randomPhoto(seed, WIDTH, HEIGHT);

describe('a clean set names no file', () => {
  const sets = {
    cityscapes: cityscapesFiles({ extra: true }),
    camvid: camvidIndexFiles(),
    ade20k: ade20kFiles(),
    mapillary: mapillaryFiles('config_v1.2.json', 'v1.2/labels'),
  };
  for (const [kind, files] of Object.entries(sets)) {
    test(kind, async () => {
      await writeTree(root, files);
      const { report } = await inspect(`${kind}:${root}`);
      expect(report.faults).toEqual([]);
      expect(report.splits.length).toBeGreaterThan(1);
    });
  }

  test('rendered scenes, split by split', async () => {
    const { report } = await inspect('synthetic:count=3,size=64x32,seed=1');
    expect(report.faults).toEqual([]);
    expect(report.splits.map(({ name, labelled }) => [name, labelled])).toEqual([
      ['train', 3],
      ['val', 3],
      ['test', 3],
    ]);
  });

  test('camvid in 32 colours', async () => {
    await writeTree(root, camvidColorFiles());
    expect((await inspect(`camvid:${root}`)).report.faults).toEqual([]);
  });
});

test('counts: sizes, pixels and images of each class, classes that never occur', async () => {
  await writeTree(root, {
    'train/a.png': photo('a'),
    'trainannot/a.png': mask(0, 0, 3, 11),
    'train/b.png': randomPhoto('b', 8, 8),
    'trainannot/b.png': bands([3], 8, 8),
  });
  const { report } = await inspect(`camvid:${root}`);
  const [train] = report.splits;
  expect(train).toMatchObject({ name: 'train', photographs: 2, labelled: 2 });
  expect(train!.sizes).toEqual([
    { width: WIDTH, height: HEIGHT, photographs: 1 },
    { width: 8, height: 8, photographs: 1 },
  ]);
  expect(train!.labels.classPixels.slice(0, 4)).toEqual([768, 0, 0, 384 + 64]);
  expect(train!.labels.classImages.slice(0, 4)).toEqual([1, 0, 0, 2]);
  expect(train!.labels.voidPixels).toBe(384);
  expect(report.neverOccurring).toEqual([
    'building',
    'pole',
    'pavement',
    'tree',
    'sign symbol',
    'fence',
    'car',
    'pedestrian',
    'bicyclist',
  ]);
});

test('one of each fault planted: each is found and named, and nothing else', async () => {
  const files = camvidIndexFiles({ lists: false });
  await writeTree(root, files);
  const train = Object.keys(files)
    .filter((path) => path.startsWith('train/'))
    .sort();
  const annot = (path: string) => path.replace('train/', 'trainannot/');
  const [truncated, empty, bomb, text, sized, unknown, unlabelled, voided, lossy, cutLabel] =
    train as string[];
  const whole = await readFile(join(root, truncated!));
  await writeFile(join(root, truncated!), whole.subarray(0, whole.length / 2));
  await writeFile(join(root, empty!), '');
  await writeFile(join(root, bomb!), pngBomb(30_000));
  await writeFile(join(root, text!), 'a text with the name of a picture');
  await writeTree(root, {
    [annot(sized!)]: bands([0], WIDTH / 2, HEIGHT / 2),
    [annot(unknown!)]: mask(0, 12),
    [annot(voided!)]: mask(11),
    'trainannot/orphan.png': mask(0),
  });
  await rm(join(root, annot(unlabelled!)));
  await writeFile(join(root, annot(lossy!)), await encodeJpeg(photo('jpeg')));
  await writeFile(join(root, annot(cutLabel!)), (await encodePng(mask(0))).subarray(0, 60));
  // The same picture as a JPEG by another name, in the other split.
  await writeFile(join(root, 'val/copy.png'), await encodeJpeg(photo('0016E5_000480.png')));
  await writeTree(root, { 'valannot/copy.png': mask(0) });
  // A photograph that its name hides, and a text that lies beside.
  await writeFile(join(root, 'train/photo.dat'), await encodeJpeg(photo('hidden')));
  await writeFile(join(root, 'train/README'), 'PNG');
  // A link to a picture outside.
  const outside = await mkdtemp(join(tmpdir(), 'hmsa-outside-'));
  await writeTree(outside, { 'secret.png': photo('secret') });
  await symlink(join(outside, 'secret.png'), join(root, 'train/link.png'));

  const { report } = await inspect(`camvid:${root}`);
  await rm(outside, { recursive: true });
  expect(report.faults.map(({ kind, file }) => `${kind}: ${file}`).sort()).toEqual(
    [
      `unreadable image: ${truncated}`,
      `unreadable image: ${empty}`,
      `unreadable image: ${bomb}`,
      `unreadable image: ${text}`,
      `size mismatch: ${annot(sized!)}`,
      `unknown label: ${annot(unknown!)}`,
      `missing label: ${unlabelled}`,
      `void label: ${voided}`,
      `unreadable label: ${annot(lossy!)}`,
      `unreadable label: ${annot(cutLabel!)}`,
      'missing image: trainannot/orphan.png',
      'near-duplicate: val/copy.png',
      'outside link: train/link.png',
      'wrong name: train/photo.dat',
    ].sort(),
  );
  expect(report.faults.find(({ kind }) => kind === 'near-duplicate')?.detail).toContain(
    'train/0016E5_000480.png of train',
  );
});

test('a whole folder that is a link out of the tree is skipped, and followed when asked', async () => {
  const outside = await mkdtemp(join(tmpdir(), 'hmsa-outside-'));
  await writeTree(outside, { 'a.png': photo('a') });
  await mkdir(join(root, 'train'));
  await writeTree(root, { 'train/b.png': photo('b'), 'trainannot/b.png': mask(0) });
  await symlink(outside, join(root, 'train/more'));
  const { report } = await inspect(`camvid:${root}`);
  expect(report.faults.map(({ kind, file }) => [kind, file])).toEqual([['outside link', 'train/more']]);
  expect(report.splits[0]!.photographs).toBe(1);
  const followed = await inspect(`camvid:${root}`, { followLinks: true });
  expect(followed.report.splits[0]!.photographs).toBe(2);
  await rm(outside, { recursive: true });
});

test('the page holds pictures and masks and escapes names', async () => {
  await writeTree(root, {
    'images/a<b>&.png': photo('a'),
    'masks/a<b>&.png': colorBands(
      [
        [9, 8, 7],
        [1, 2, 3],
      ],
      WIDTH,
      HEIGHT,
    ),
  });
  const { report, pictures } = await inspect(`folder:${root}`, { pictures: true });
  const page = inspectPage(report, pictures);
  expect(pictures.length).toBe(1);
  expect(page.match(/<img /g)?.length).toBe(2);
  expect(page).not.toContain('a<b>');
  expect(page).toContain('a&#60;b&#62;&#38;.png');
  expect(page).not.toMatch(/(src|href)="(?!data:)/);
});

test('an abort ends it', async () => {
  await writeTree(root, camvidIndexFiles());
  const controller = new AbortController();
  const onProgress = () => controller.abort(new Error('enough'));
  await expect(inspect(`camvid:${root}`, { signal: controller.signal, onProgress })).rejects.toThrow(
    'enough',
  );
});

test('a hook whose promise rejects ends it with that error', async () => {
  await writeTree(root, camvidIndexFiles());
  const onProgress = () => Promise.reject(new Error('the hook failed'));
  await expect(inspect(`camvid:${root}`, { onProgress })).rejects.toThrow('the hook failed');
  const source = await openSource(`camvid:${root}`);
  const use = { for: 'training', leastSide: 32 } as const;
  await expect(assess(source, 'train', use, { onProgress })).rejects.toThrow('the hook failed');
});
