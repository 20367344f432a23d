import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cityscapes, VOID } from '../../dist/data/index.js';
import { decodeImage, decodeLabels, openDataset } from '../../dist/node/index.js';
import { renderScene } from '../../dist/scenes/index.js';
import { hmsa } from '../support/hmsa.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-synth-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('hmsa data synth', () => {
  const size = { width: 96, height: 48 };

  test('writes Cityscapes’ layout, which reads back as the scenes that were rendered', async () => {
    const root = join(folder, 'city');
    const { code, stdout } = await hmsa(
      'data',
      'synth',
      '--out',
      root,
      '--count',
      '2',
      '--size',
      '96x48',
      '--seed',
      '4',
    );
    expect(code).toBe(0);
    expect(stdout).toContain(`cityscapes:${root}`);
    for (const split of ['train', 'val']) {
      const dataset = await openDataset(`cityscapes:${root}`, { split });
      expect(dataset.length).toBe(2);
      for (let index = 0; index < 2; index++) {
        const scene = renderScene({ seed: 4, index, split, ...size });
        const { image, label } = await dataset.get(index);
        expect(image).toEqual(scene.image);
        expect(label).toEqual(scene.label);
      }
    }
  });

  test('colours, train ids and outlines agree with the label map', async () => {
    const annotations = join(folder, 'city', 'gtFine', 'train', 'synthetic');
    const frame = join(annotations, 'synthetic_000001_000019_gtFine_');
    const scene = renderScene({ seed: 4, index: 1, ...size, outlines: true });
    expect((await decodeLabels(`${frame}labelTrainIds.png`)).data).toEqual(scene.label);
    const colors = (await decodeImage(`${frame}color.png`)).data;
    scene.label.forEach((id, at) => {
      expect([...colors.subarray(at * 3, at * 3 + 3)]).toEqual(
        id === VOID ? [0, 0, 0] : cityscapes.colors[id],
      );
    });
    const outlines = JSON.parse(await readFile(`${frame}polygons.json`, 'utf8'));
    expect([outlines.imgWidth, outlines.imgHeight]).toEqual([96, 48]);
    const names = [...cityscapes.names, 'static'];
    for (const { label, polygon } of outlines.objects) {
      expect(names).toContain(label);
      for (const [x, y] of polygon) expect(x >= 0 && x <= 96 && y >= 0 && y <= 48).toBe(true);
    }
  });

  test.each([
    [['--size', '96'], /WIDTHxHEIGHT/],
    [['--splits', 'train,vall'], /train, val, test/],
    [['--size', '4x4'], /8 to 8192/],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await hmsa('data', 'synth', '--out', join(folder, 'none'), ...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  });
});

test('hmsa data preview writes sheets and says what they show', async () => {
  const out = join(folder, 'preview');
  const flags = ['--out', out, '--crop', '48x40', '--count', '5', '--sampling', 'class-uniform'];
  const { code, stdout, stderr } = await hmsa('data', 'preview', 'synthetic:count=3,size=96x48', ...flags);
  expect(stderr).toMatch(
    /^showing crops of 3 images, split train of synthetic:count=3,size=96x48; 19 classes \(road, .*\)\.\n$/,
  );
  expect(code).toBe(0);
  // A line for each sheet, one for each sample below it, and one for the classes that so small a set has none of.
  const lines = stdout.trim().split('\n');
  expect(lines).toHaveLength(8);
  expect([lines[0], lines[5]]).toEqual([1, 2].map((sheet) => join(out, `preview-0${sheet}.png`)));
  expect(stdout).toContain('road');
  expect((await readdir(out)).sort()).toEqual(['preview-01.png', 'preview-02.png']);
  const sheet = await decodeImage(join(out, 'preview-01.png'));
  expect([sheet.width, sheet.height]).toEqual([3 * 48 + 8, 4 * 40 + 12]);
});
