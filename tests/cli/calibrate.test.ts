import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeModel } from '../../dist/model/file/index.js';
import { bands, randomPhoto, writeTree } from '../data/files.js';
import { hmsa } from '../support/hmsa.js';
import { untrained, writeModel } from './model.js';

let folder: string;
let model: string;
let data: string[];
const at = (...path: string[]) => join(folder, ...path);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-calibrate-'));
  model = await writeModel(at('model.safetensors'), untrained());
  const frame = (split: string, name: string) => ({
    [`${split}/${name}.png`]: randomPhoto(name, 48, 40),
    [`${split}annot/${name}.png`]: bands([0, 3, 8, 11], 48, 40),
  });
  await writeTree(at('camvid'), { ...frame('val', 'one'), ...frame('val', 'two') });
  data = ['--data', `camvid:${at('camvid')}`, '--threads', '1'];
});
afterAll(() => rm(folder, { recursive: true }));

test('a calibration goes into the model file, and segment --adaptive uses it', async () => {
  const before = await readFile(model);
  const photo = at('camvid', 'val', 'one.png');
  const early = await hmsa(
    'segment',
    photo,
    '--model',
    model,
    '--threads',
    '1',
    '--adaptive',
    '0.1',
    '--out',
    at('out'),
  );
  expect(early).toMatchObject({ code: 1, stdout: '' });
  expect(early.stderr).toContain(
    'received one without calibration. Calibrate it with: npx hmsa calibrate --model ',
  );

  const out = at('calibrated.safetensors');
  const { code, stdout, stderr } = await hmsa(
    'calibrate',
    '--model',
    model,
    ...data,
    '--loss',
    '100',
    '--out',
    out,
    '--json',
  );
  expect(stderr).not.toMatch(/error|expected/i);
  expect(code).toBe(0);
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({
    file: out,
    images: 2,
    scales: [1, 0.5],
    combine: 'hierarchical',
    skipped: [],
  });
  expect(report.curve[0]).toEqual({ threshold: 0, loss: 0, work: 1 });
  // With a loss of 100 points nothing of the decoder of the higher scale is computed.
  expect(report.chosen.work).toBeCloseTo(0.959, 2);
  expect(await readFile(model)).toEqual(before);

  const [plain, read] = [decodeModel(before, 'plain'), decodeModel(await readFile(out), 'calibrated')];
  expect(read.adaptive!.ways).toMatchObject([
    { scales: [1, 0.5], loss: 100, gate: report.gate, curve: report.curve },
  ]);
  expect(read.weights).toEqual(plain.weights);

  const again = await hmsa(
    'segment',
    photo,
    '--model',
    out,
    '--threads',
    '1',
    '--out',
    at('out'),
    '--adaptive',
  );
  expect(again.code).toBe(0);
  expect(again.stdout).toContain('one.png: 96% of the work of all scales\n');
  const scored = await hmsa('evaluate', '--model', out, ...data, '--adaptive', '--quiet');
  expect(scored).toMatchObject({ code: 0, stderr: '' });
  expect(scored.stdout).toContain('96% of the work of all scales\n');
  const over = await hmsa('calibrate', '--model', model, ...data, '--out', photo);
  expect(over).toMatchObject({ code: 1, stdout: '' });
  expect(over.stderr).toContain('expected a new file');
  // Without --model it is the shipped one, of which a copy is written; the package stays as it is.
  const copy = at('copy.safetensors');
  const shipped = await hmsa('calibrate', ...data, '--images', '1', '--out', copy, '--json');
  expect(shipped.code).toBe(0);
  expect(decodeModel(await readFile(copy), 'copy').adaptive!.ways[0]!.scales).toEqual([1, 0.5]);
});
