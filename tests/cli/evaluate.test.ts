import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { camvid, cityscapes, commonClasses } from '../../dist/data/index.js';
import { Scorer } from '../../dist/evaluation/index.js';
import { evaluate, loadModel, openDataset } from '../../dist/node/index.js';
import { bands, randomPhoto, writeTree } from '../data/files.js';
import { hmsa, said, start } from '../support/hmsa.js';
import { untrained, writeModel } from './model.js';

let folder: string;
let model: string;
const at = (...path: string[]) => join(folder, ...path);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-evaluate-'));
  model = await writeModel(at('model.safetensors'), untrained());
  await writeTree(at('camvid'), {
    'val/one.png': randomPhoto('one', 48, 40),
    'valannot/one.png': bands([0, 3, 8, 11], 48, 40),
    'val/two.png': randomPhoto('two', 64, 32),
    'valannot/two.png': bands([3, 4], 64, 32),
  });
});
afterAll(() => rm(folder, { recursive: true }));

const run = (...args: string[]) => hmsa('evaluate', '--threads', '1', '--model', model, ...args);

test('a result replaces no model and no photograph', async () => {
  for (const file of [model, at('camvid/val/one.png')]) {
    const before = await readFile(file);
    const { code, stderr } = await run('--data', `camvid:${at('camvid')}`, '--json', file);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^hmsa: --json: expected a new file, or an earlier result [^\n]*\n$/);
    expect((await readFile(file)).equals(before)).toBe(true);
  }
});

describe('the result as JSON', () => {
  test('has fractions, null for classes that do not occur, and what it was made with', async () => {
    const json = at('result.json');
    const { code, stdout } = await run('--data', `camvid:${at('camvid')}`, '--json', json);
    expect(code).toBe(0);
    expect(stdout).toContain('mean IoU');
    const text = await readFile(json, 'utf8');
    const result = JSON.parse(text);
    expect(result).toMatchObject({ images: 2, scales: [1, 0.5], combine: 'hierarchical', skipped: [] });
    expect(result.seconds).toBeGreaterThan(0);
    expect(result.peakMemoryBytes).toBeGreaterThan(2 ** 24);
    for (const name of ['meanIoU', 'meanAccuracy', 'pixelAccuracy']) {
      expect(result[name]).toBeGreaterThanOrEqual(0);
      expect(result[name]).toBeLessThanOrEqual(1);
    }
    expect(result.perClass.map(({ name }: { name: string }) => name)).toEqual(camvid.names);
    for (const entry of result.perClass)
      expect(Object.keys(entry)).toEqual(['name', 'iou', 'accuracy', 'pixels']);
    const absent = [1, 2, 5, 6, 7, 9, 10];
    for (const [id, { accuracy }] of result.perClass.entries())
      expect(accuracy === null).toBe(absent.includes(id));

    // The same by hand.
    const dataset = await openDataset(`camvid:${at('camvid')}`, { split: 'val' });
    const segmenter = await loadModel(model, { threads: 1 });
    const scorer = new Scorer(camvid);
    for (const index of [0, 1]) {
      const { image, label, width, height } = await dataset.get(index);
      scorer.add((await segmenter.segment({ data: image, width, height })).labels, label!);
    }
    await segmenter.dispose();
    expect(result.meanIoU).toBe(scorer.score.meanIoU);
    expect(result.pixelAccuracy).toBe(scorer.score.pixelAccuracy);
  });

  test.each([
    ['average', '0.5,2', [2, 0.5]],
    ['max', '0.5,1', [1, 0.5]],
    ['single', '0.75', [0.75]],
    ['hierarchical', '0.5,1,1.5', [1.5, 1, 0.5]],
  ])('%s over %s', async (combine, scales, used) => {
    const json = at('result.json');
    const data = ['--data', `camvid:${at('camvid')}`];
    expect((await run(...data, '--combine', combine, '--scales', scales, '--json', json)).code).toBe(0);
    expect(JSON.parse(await readFile(json, 'utf8'))).toMatchObject({ combine, scales: used, images: 2 });
  });
});

test('a model of Cityscapes’ classes is scored on CamVid in CamVid’s', async () => {
  const city = await writeModel(at('city.safetensors'), untrained({}, cityscapes));
  const segmenter = await loadModel(city, { threads: 1 });
  const dataset = await openDataset(`camvid:${at('camvid')}`, { split: 'val' });
  const result = await evaluate(segmenter, dataset);
  expect(result.perClass.map(({ name }) => name)).toEqual(camvid.names);
  const scorer = new Scorer(commonClasses(cityscapes, camvid));
  for (const index of [0, 1]) {
    const { image, label, width, height } = await dataset.get(index);
    scorer.add((await segmenter.segment({ data: image, width, height })).labels, label!);
  }
  await segmenter.dispose();
  expect(result).toMatchObject(scorer.score);
});

test('classes that nothing relates are an error that names both', async () => {
  const names = ['cat', 'dog'];
  const pets = { names, colors: names.map((_, i) => [i, i, i] as const), ignore: 255 as const };
  const file = await writeModel(at('pets.safetensors'), untrained({}, pets));
  const { code, stderr } = await hmsa('evaluate', '--model', file, '--data', `camvid:${at('camvid')}`);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^hmsa: classes of model and data: .*\(cat, dog\).*[^\n]\n$/);
});

describe('faulty images', () => {
  beforeAll(async () => {
    const good = { 'val/one.png': randomPhoto('one', 48, 40), 'valannot/one.png': bands([0, 3], 48, 40) };
    await writeTree(at('cut'), {
      ...good,
      'val/bad.png': randomPhoto('bad', 48, 40),
      'valannot/bad.png': 'no picture',
    });
    await writeTree(at('sizes'), {
      ...good,
      'val/bad.png': randomPhoto('bad', 48, 40),
      'valannot/bad.png': bands([0, 3], 40, 48),
    });
    await writeTree(at('outside'), {
      ...good,
      'val/bad.png': randomPhoto('bad', 48, 40),
      'valannot/bad.png': bands([0, 77], 48, 40),
    });
  });

  test.each([
    ['cut', /valannot\/bad\.png: expected /],
    [
      'sizes',
      /valannot\/bad\.png: expected a label map of 48×40, the size of its photograph, received 40×48 \(turned: /,
    ],
    [
      'outside',
      /valannot\/bad\.png: expected labels of the 11 classes or void, received value 77 \(960 px, 50%\)\./,
    ],
  ])('%s: named and ended, or listed and left out', async (name, message) => {
    const strict = await run('--data', `camvid:${at(name)}`, '--json', at('none.json'));
    expect(strict.code).toBe(1);
    expect(strict.stdout).toBe('');
    expect(strict.stderr).toMatch(message);
    expect(
      strict.stderr
        .trimEnd()
        .split('\n')
        .filter((line) => line.startsWith('hmsa: ')),
    ).toHaveLength(1);
    await expect(readFile(at('none.json'))).rejects.toThrow(/ENOENT/);

    const lenient = await run('--data', `camvid:${at(name)}`, '--skip-bad', '--quiet');
    expect(lenient.code).toBe(2);
    expect(lenient.stderr).toMatch(message);
    expect(lenient.stderr).toMatch(/hmsa: 1 image scored, 1 left out\n$/);
    expect(lenient.stdout).toContain('1 image in ');
  });

  test('an unlabelled photograph is named', async () => {
    await writeTree(at('bare'), { 'test/one.png': randomPhoto('one', 48, 40) });
    const { code, stderr } = await run('--data', `camvid:${at('bare')}`, '--split', 'test', '--quiet');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^hmsa: .*bare, split test: expected photographs with label maps, received 1 without one\. [^\n]*\n$/,
    );
  });
});

test.skipIf(process.platform === 'win32')('Ctrl-C ends it with 130', async () => {
  // CamVid's classes, scored on scenes of Cityscapes'.
  const data = ['--data', 'synthetic:count=500,size=64x64'];
  const { child, outcome } = start(['evaluate', '--model', model, ...data]);
  await said(child, /Evaluating 1\//);
  child.kill('SIGINT');
  const { code, stderr } = await outcome;
  expect(stderr).toMatch(/hmsa: interrupted\n$/);
  expect(code).toBe(130);
});

test('results go to stdout, progress to stderr, and --quiet has none', async () => {
  await writeFile(at('quiet.json'), '{"perClass": [], "meanIoU": 0}');
  const { code, stderr, stdout } = await run(
    '--data',
    `camvid:${at('camvid')}`,
    '--quiet',
    '--json',
    at('quiet.json'),
    '--scales',
    '0.5,1',
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  // In the order that was typed.
  expect(stdout).toContain(', hierarchical over 0.5, 1');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what must not be there
  expect(stdout).not.toMatch(/\x1b/);
  expect(JSON.parse(await readFile(at('quiet.json'), 'utf8')).images).toBe(2);
});

test('images larger than those that were learned from are reduced, scored at their own size, and it is said', async () => {
  const imageSize = { width: 44, height: 40 };
  const sized = await writeModel(at('sized.safetensors'), { ...untrained(), imageSize });
  const json = at('result.json');
  const data = ['--data', `camvid:${at('camvid')}`, '--json', json, '--model', sized];
  const { stdout } = await run(...data);
  // 48×40 becomes 46×38; 64×32 is as low as scale 0.5 can go.
  expect(stdout).toContain('1 of them reduced to the area of 44×40');
  const result = JSON.parse(await readFile(json, 'utf8'));
  expect(result).toMatchObject({ images: 2, reducedTo: imageSize, reducedImages: 1 });
  const dataset = await openDataset(`camvid:${at('camvid')}`, { split: 'val' });
  const segmenter = await loadModel(sized, { threads: 1 });
  const scored = async (maxSide?: 'none') => {
    const scorer = new Scorer(camvid);
    for (const index of [0, 1]) {
      const { image: data, label, ...size } = await dataset.get(index);
      scorer.add((await segmenter.segment({ data, ...size }, maxSide ? { maxSide } : {})).labels, label!);
    }
    return scorer.score.pixelAccuracy;
  };
  expect(result.pixelAccuracy).toBe(await scored());
  const whole = await evaluate(segmenter, dataset, { maxSide: 'none' });
  expect(whole).toMatchObject({ reducedTo: null, reducedImages: 0, pixelAccuracy: await scored('none') });
  await segmenter.dispose();
});

test('of a set without splits, a model of its classes is told what training does not hold out', async () => {
  const data = `folder:${at('own')}`;
  await writeTree(at('own'), { 'classes.json': '["ground", "thing"]' });
  for (const name of ['a', 'b'])
    await writeTree(at('own'), {
      [`images/${name}.png`]: randomPhoto(name, 48, 48),
      [`masks/${name}.png`]: bands([0, 1], 48, 48),
    });
  const classes = {
    names: ['ground', 'thing'],
    colors: [camvid.colors[0]!, camvid.colors[1]!],
    ignore: 255,
  } as const;
  const trained = await writeModel(at('own.safetensors'), untrained({}, classes));
  const ran = (split: string) =>
    hmsa('evaluate', '--threads', '1', '--model', trained, '--data', data, '--split', split, '--quiet');
  expect(await ran('val')).toMatchObject({ code: 0, stderr: '' });
  const { code, stderr } = await ran('all');
  expect(code).toBe(0);
  expect(stderr).toMatch(/^hmsa: warning: training does not hold out 1 of these 2 photographs: .*\n$/);
});
