import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DemoOptions, demo } from '../../dist/cli/demo/demo.js';
import { decodeImage, loadModel, type TrainEvent } from '../../dist/node/index.js';
import { mergeConfig, presets } from '../../dist/training/index.js';
import { randomPhoto, writeTree } from '../data/files.js';
import { hmsa } from '../support/hmsa.js';
import { fast } from '../train/tiny.js';

let root: string;
const at = (...path: string[]) => join(root, ...path);
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'hmsa-demo-'));
});
afterAll(() => rm(root, { recursive: true }));

const json = async (file: string) => JSON.parse(await readFile(file, 'utf8'));

describe('the whole demo, on few small scenes', () => {
  const once = (kind: string) => ({ kind, epochs: 1, schedule: { kind: 'constant', rate: 1e-3 } });
  const config = mergeConfig(
    presets.demo,
    {
      batch: 2,
      crop: [64, 64],
      model: {
        trunk: { name: 'small' },
        head: { channels: 8, lowLevelChannels: 8, asppRates: [1] },
      },
      phases: [once('scales'), once('attention'), once('refinement')],
    },
    'test',
  );
  const run = (more: Partial<DemoOptions> = {}) =>
    demo({
      out: at('demo'),
      config,
      session: fast,
      data: 'synthetic:count=4,size=64x64,seed=1',
      unseen: 'synthetic:count=2,size=64x64,seed=1',
      ...more,
    });
  const stepsOf = (steps: number[]) => ({
    onEvent: (event: TrainEvent) => {
      if (event.kind === 'step') steps.push(event.step);
    },
  });

  test('interrupted in training, it goes on where it was, and writes what it promises', async () => {
    const reason = new Error('enough');
    const controller = new AbortController();
    const before: number[] = [];
    const interrupted = run({
      signal: controller.signal,
      onEvent(event) {
        stepsOf(before).onEvent(event);
        if (event.kind === 'step' && event.step === 2) controller.abort(reason);
      },
    });
    await expect(interrupted).rejects.toBe(reason);
    // What the shipped model sees is there to be looked at while training goes on.
    const early = await readFile(at('demo', 'index.html'), 'utf8');
    expect(early).toContain('scenes/street-1.overlay.png');
    await writeFile(at('demo', 'notes.txt'), 'mine');

    const after: number[] = [];
    const report = await run(stepsOf(after));
    expect([...before, ...after]).toEqual([0, 1, 2, 3, 4, 5]);
    expect(report.results.map(({ name }) => name)).toEqual([
      'most frequent class of each row (baseline)',
      '0.5× alone',
      '1× alone',
      'average',
      'maximum',
      'hierarchy',
    ]);
    for (const { meanIoU, pixelAccuracy } of report.results) {
      expect(meanIoU).toBeGreaterThanOrEqual(0);
      expect(pixelAccuracy).toBeLessThanOrEqual(1);
    }
    for (const { path } of report.files) await stat(path);
    expect(report.files.map(({ path }) => path)).toContain(at('demo', 'model.safetensors'));
    await (await loadModel(at('demo', 'model.safetensors'))).dispose();
    const picture = await decodeImage(at('demo', 'unseen', 'scene-1.hierarchy.png'));
    expect([picture.width, picture.height]).toEqual([64, 64]);
    const picturesOf = (scene: number) =>
      ['photo', 'truth', 'labels@1', 'labels@0.5', 'hierarchy', 'attention@0.5'].map(
        (kind) => `unseen/scene-${scene}.${kind}.png`,
      );
    expect(await json(at('demo', 'results.json'))).toEqual({
      madeBy: 'hmsa demo',
      segmented: report.segmented,
      images: 2,
      results: JSON.parse(JSON.stringify(report.results)),
      unseen: [1, 2].map((scene) => ({ source: `unseen street ${scene}`, pictures: picturesOf(scene) })),
    });
    const page = await readFile(at('demo', 'index.html'), 'utf8');
    const shown = [...page.matchAll(/src="([^"]+)"/g)].map(([, path]) => decodeURIComponent(path!));
    expect(shown).toContain('unseen/scene-2.truth.png');
    for (const path of shown) await stat(at('demo', path));
    // Every picture says what it is, and every class has its numbers.
    expect([...page.matchAll(/<img alt="[^"]+"/g)]).toHaveLength(shown.length);
    for (const { classIoU } of report.results) expect(classIoU).toHaveLength(19);
    expect(page).toContain('IoU of each class');
    // What the true classes show in black has its name too, and the numbers are put into words.
    expect(page).toContain('no class, not scored');
    expect(page).toContain('By pixels right, the hierarchy is ');
  });

  test('in a folder of a whole demo, --fast keeps its results, and another one begins anew; files of others stay', async () => {
    const before = await json(at('demo', 'results.json'));
    expect((await run({ fast: true })).results).toEqual([]);
    expect(await json(at('demo', 'results.json'))).toEqual(before);
    const steps: number[] = [];
    await run(stepsOf(steps));
    expect(steps).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await readFile(at('demo', 'notes.txt'), 'utf8')).toBe('mine');
  });

  test('a checkpoint that is damaged costs the training, not the demo', async () => {
    const results = await json(at('demo', 'results.json'));
    await writeFile(at('demo', 'results.json'), JSON.stringify({ ...results, results: undefined }));
    await writeFile(at('demo', 'train', 'checkpoints', 'last.safetensors'), 'no checkpoint');
    const [steps, warnings]: [number[], string[]] = [[], []];
    const { results: scores } = await run({
      onEvent(event) {
        stepsOf(steps).onEvent(event);
        if (event.kind === 'warning') warnings.push(event.what);
      },
    });
    expect(steps).toHaveLength(6);
    expect(warnings.join()).toContain('last.safetensors');
    expect(scores).toHaveLength(6);
  });
});

test('--fast labels rendered streets and the images given; one that is none is listed, exit code 2', async () => {
  await writeTree(at('given'), {
    'wide.jpg': randomPhoto('wide', 1200, 600),
    'garbage.png': 'no picture at all',
    'deep/wide.png': randomPhoto('deep', 64, 48),
  });
  const { code, stdout, stderr } = await hmsa(
    'demo',
    at('given'),
    at('given', 'deep', 'wide.png'),
    '--fast',
    '--out',
    at('fast'),
  );
  expect(code).toBe(2);
  expect(stderr).toContain(`First pictures: ${at('fast', 'index.html')}`);
  expect(stderr).toMatch(/^hmsa: .*garbage\.png: expected /m);
  expect(stderr).toMatch(/hmsa: 6 labelled, 1 failed\n$/);
  for (const part of ['index.html', 'scenes', 'images']) expect(stdout).toContain(at('fast', part));
  expect(stdout).not.toContain('model.safetensors');
  expect((await readdir(at('fast'))).sort()).toEqual(['images', 'index.html', 'results.json', 'scenes']);
  const kinds = ['attention@0.5', 'color', 'labels', 'overlay', 'photo'];
  const pictures = (...names: string[]) =>
    names.flatMap((name) => kinds.map((kind) => `${name}.${kind}.png`));
  expect((await readdir(at('fast', 'images'))).sort()).toEqual(pictures('wide-2', 'wide').sort());
  expect((await readdir(at('fast', 'scenes'))).sort()).toEqual(
    pictures('street-1', 'street-2', 'street-3', 'street-4').sort(),
  );
  const sizeOf = async (...path: string[]) => {
    const { width, height } = await decodeImage(at('fast', ...path));
    return [width, height];
  };
  expect(await sizeOf('scenes', 'street-1.overlay.png')).toEqual([480, 360]);
  // Reduced, so that a large photograph does not fill the memory.
  expect(await sizeOf('images', 'wide.overlay.png')).toEqual([960, 480]);
  expect(await sizeOf('images', 'wide-2.labels.png')).toEqual([64, 48]);
});

test('it keeps out of folders that hold something else', async () => {
  await writeTree(at('work'), { 'model.safetensors': 'weeks of work' });
  const { code, stdout, stderr } = await hmsa('demo', '--fast', '--out', at('work'));
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^hmsa: .*work: expected a new or empty folder, .*received other files \(model/);
  expect(await readdir(at('work'))).toEqual(['model.safetensors']);
  const file = await hmsa('demo', '--fast', '--out', at('work', 'model.safetensors'));
  expect(file.stderr).toMatch(/^hmsa: .*expected a new or empty folder, .*received a file\. /);
});
