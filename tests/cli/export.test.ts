import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { onnxMetadata } from '../../dist/engine/index.js';
import { describeModel, version } from '../../dist/node/index.js';
import { hmsa } from '../support/hmsa.js';
import { untrained, writeModel } from './model.js';

let folder: string;
let model: string;
const at = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-export-'));
  model = await writeModel(at('model.safetensors'), untrained());
});
afterAll(() => rm(folder, { recursive: true }));

test('a model becomes an ONNX file beside it, which says where it is from; a second export replaces it', async () => {
  const first = await hmsa('export', '--model', model, '--to', 'onnx');
  expect(first).toMatchObject({ code: 0, stdout: `${at('model.onnx')}\n` });
  expect(first.stderr).toMatch(
    /^ONNX file of \d\.\d MB: takes RGB images of any size, gives labels; hierarchical over 1, 0\.5\n$/,
  );
  const { sha256 } = await describeModel(model);
  expect(onnxMetadata(await readFile(at('model.onnx')))).toMatchObject({
    hmsa_version: version,
    model_sha256: sha256,
    scales: '[1,0.5]',
  });
  const flags = ['--size', '64x96', '--scales', '1,0.5,2', '--output', 'all', '--json', '--quiet'];
  const again = await hmsa('export', '--model', model, ...flags);
  expect(again).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(again.stdout)).toMatchObject({
    file: at('model.onnx'),
    model: { file: model, sha256 },
    scales: [2, 1, 0.5],
    combine: 'hierarchical',
    size: { width: 96, height: 64 },
    outputs: 'all',
  });
});

test('nothing else is replaced, and the model never', async () => {
  await writeFile(at('notes.onnx'), 'notes');
  const refused = await hmsa('export', '--model', model, '--out', at('notes.onnx'));
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toMatch(/^hmsa: .*notes\.onnx: expected a new file.*--overwrite\.\n$/);
  expect(await readFile(at('notes.onnx'), 'utf8')).toBe('notes');
  expect(await hmsa('export', '--model', model, '--out', at('notes.onnx'), '--overwrite')).toMatchObject({
    code: 0,
  });
  const onto = await hmsa('export', '--model', model, '--out', model, '--overwrite');
  expect(onto).toMatchObject({ code: 1, stderr: expect.stringContaining('received a file that is read') });
});

test.each([
  [['--size', '96'], 'The height, an x and the width are needed'],
  [['--size', '8x8'], 'size: expected at least 32 pixels on each side for scale 0.5'],
  [['--scales', '0.5,2'], 'scales: expected 1 among the scales'],
  [['--to', 'onxx'], "argument 'onxx' is invalid"],
])('%j is an error in one line', async (flags, text) => {
  const { code, stderr, stdout } = await hmsa('export', '--model', model, '--out', at('none.onnx'), ...flags);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^hmsa: [^\n]*\n$/);
  expect(stderr).toContain(text);
});
