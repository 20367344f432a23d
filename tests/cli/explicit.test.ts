import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { evaluate, loadModel, openDataset } from '../../dist/node/index.js';
import { randomPhoto, writeTree } from '../data/files.js';
import { hmsa } from '../support/hmsa.js';
import { phase, tinyChanges } from '../train/tiny.js';

// Attention to scale (arXiv 1511.03339) as people use it. Its own loss for each scale weighs 1, as in its paper.
const config = {
  ...tinyChanges,
  model: {
    ...tinyChanges.model,
    trunk: { name: 'small' },
    attention: { name: 'explicit', channels: 8 },
    scales: [0.5, 1, 1.5],
  },
  loss: { perScale: 1 },
  phases: [phase('scales', 1, 4e-3), phase('attention', 1, 2e-3), phase('joint', 1, 1e-3)],
};

let folder: string;
const at = (...path: string[]) => join(folder, ...path);
const scenes = 'synthetic:count=2,size=48x48';
const threads = ['--threads', '1'];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-explicit-'));
  await writeFile(at('explicit.json'), JSON.stringify(config));
  await writeTree(at('photos'), { 'a.png': randomPhoto('a', 70, 45) });
  const flags = ['--data', scenes, '--config', at('explicit.json'), '--out', at('run'), ...threads];
  const { code, stderr, stdout } = await hmsa('train', '--quiet', ...flags);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('mean IoU');
});
afterAll(() => rm(folder, { recursive: true }));

const model = () => at('run', 'model.safetensors');

test('it trains in all phases, and its shares of a place sum to 1', async () => {
  const segmenter = await loadModel(model(), { threads: 1 });
  expect(segmenter.model.config.attention).toEqual({ name: 'explicit', channels: 8 });
  const data = Uint8Array.from({ length: 3 * 64 * 48 }, (_, i) => (i * 37) % 256);
  const { scales } = await segmenter.segment({ width: 64, height: 48, data }, { details: true });
  await segmenter.dispose();
  expect(scales!.map(({ scale }) => scale)).toEqual([1.5, 1, 0.5]);
  const maps = scales!.map(({ attention }) => attention!);
  const sums = maps[0]!.map((_, i) => maps.reduce((sum, map) => sum + map[i]!, 0));
  for (const sum of sums) expect(sum).toBeCloseTo(1, 4);
  // No longer even: it has learned.
  expect(Math.max(...maps[0]!.map((share) => Math.abs(share - 1 / 3)))).toBeGreaterThan(1e-4);
});

test('it segments, and shows a map of each scale', async () => {
  const out = ['--out', at('out'), '--save', 'labels,attention', ...threads];
  const { code } = await hmsa('segment', at('photos'), '--model', model(), ...out);
  expect(code).toBe(0);
  const names = ['a.attention@0.5.png', 'a.attention@1.5.png', 'a.attention@1.png', 'a.labels.png'];
  expect((await readdir(at('out'))).filter((name) => name.endsWith('.png')).sort()).toEqual(names);
});

test('it is scored at its own scales, and by averages at any', async () => {
  const segmenter = await loadModel(model(), { threads: 1 });
  const dataset = await openDataset(scenes, { split: 'val' });
  expect((await evaluate(segmenter, dataset)).scales).toEqual([1.5, 1, 0.5]);
  const averaged = await evaluate(segmenter, dataset, { scales: [1, 2], combine: 'average' });
  expect(averaged.scales).toEqual([2, 1]);
  await expect(evaluate(segmenter, dataset, { scales: [0.5, 1, 2] })).rejects.toThrow(
    /^scales: expected the scales 0\.5, 1, 1\.5, which the model's attention was trained to weigh, received 0\.5, 1, 2\. /,
  );
  await segmenter.dispose();
});

test.each([
  ['segment', '0.5,1'],
  ['segment', '1'],
  ['evaluate', '0.5,1,2'],
])('%s refuses other scales: %s', async (command, scales) => {
  const given = command === 'segment' ? [at('photos'), '--out', at('none')] : ['--data', scenes];
  const { code, stdout, stderr } = await hmsa(command, ...given, '--model', model(), '--scales', scales);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^hmsa: scales: expected the scales 0\.5, 1, 1\.5, [^\n]*"average"[^\n]*\n$/);
});
