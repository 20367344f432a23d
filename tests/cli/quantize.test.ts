import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeModel } from '../../dist/node/index.js';
import { bands, randomPhoto, writeTree } from '../data/files.js';
import { hmsa } from '../support/hmsa.js';
import { untrained, writeModel } from './model.js';

let folder: string;
let model: string;
let data: string[];
const at = (...path: string[]) => join(folder, ...path);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-quantize-'));
  model = await writeModel(at('model.safetensors'), untrained());
  const frame = (split: string, name: string) => ({
    [`${split}/${name}.png`]: randomPhoto(name, 48, 40),
    [`${split}annot/${name}.png`]: bands([0, 3, 8, 11], 48, 40),
  });
  await writeTree(at('camvid'), { ...frame('train', 'one'), ...frame('val', 'two') });
  data = ['--data', `camvid:${at('camvid')}`, '--threads', '1'];
});
afterAll(() => rm(folder, { recursive: true }));

test('a quantised model is a file that other commands take; it replaces and is made from no other', async () => {
  const { code, stdout, stderr } = await hmsa(
    'quantize',
    '--model',
    model,
    ...data,
    '--aim',
    '100',
    '--allow-loss',
    '100',
    '--json',
  );
  expect(stderr).not.toMatch(/error|expected/i);
  expect(code).toBe(0);
  const report = JSON.parse(stdout);
  const file = at('model.int8.safetensors');
  expect(report).toMatchObject({ file, float: [], images: 1, calibrationImages: 1, skipped: [] });
  expect(report.perClass).toHaveLength(11);
  expect(report.meanIoU.lost).toBeCloseTo(100 * (report.meanIoU.float - report.meanIoU.quantized));
  expect((await stat(file)).size).toBe(report.bytes);

  const evaluated = await hmsa('evaluate', '--model', file, ...data, '--json', at('result.json'));
  expect(evaluated.code).toBe(0);
  const { meanIoU } = JSON.parse(await readFile(at('result.json'), 'utf8'));
  expect(meanIoU).toBeCloseTo(report.meanIoU.quantized, 6);
  expect(await describeModel(file)).toMatchObject({ format: 3, quantizedLayers: report.quantizedLayers });

  const again = await hmsa('quantize', '--model', file, ...data);
  expect(again).toMatchObject({ code: 1, stdout: '' });
  expect(again.stderr).toContain('expected a model that is not quantised, received a quantised one');
  const over = await hmsa('quantize', '--model', model, ...data, '--out', at('camvid', 'val', 'two.png'));
  expect(over.stderr).toContain('expected a new file, or a quantised model to replace');
});
