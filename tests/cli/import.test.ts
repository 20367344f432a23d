import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NdArray } from '../../dist/index.js';
import { imagenetPixels, type ModelConfig, publishedWeights, writeSafetensors } from '../../dist/index.js';
import { readModel } from '../../dist/node/index.js';
import { randomPhoto, writeTree } from '../data/files.js';
import { hmsa } from '../support/hmsa.js';
import { randomWeights } from '../support/random-weights.js';

/** A network of NVIDIA's, with few channels. */
const config: ModelConfig = {
  classes: 19,
  trunk: { name: 'hrnetv2', width: 4 },
  head: { name: 'ocr', channels: 12, keyChannels: 8, dropout: 0.05 },
  attention: { name: 'paper', channels: 8, scoreBias: false },
  scales: [0.5, 1],
  weights: 'shared',
  ...imagenetPixels,
};
const ARCH = 'nvidia-ocrnet-hrnet-mscale';
const weights = randomWeights(config);

let folder: string;
let published: ReadonlyMap<string, NdArray>;
const at = (name: string) => join(folder, name);
const save = async (name: string, tensors: ReadonlyMap<string, NdArray>) => {
  await writeFile(at(name), writeSafetensors({ tensors, metadata: new Map() }));
  return at(name);
};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-import-'));
  published = publishedWeights({ config, weights }).tensors;
  await save('net.safetensors', new Map([...published].map(([name, array]) => [`module.${name}`, array])));
});
afterAll(() => rm(folder, { recursive: true }));

test('published weights become a model that segments and is given back as it was', async () => {
  const first = await hmsa('import', at('net.safetensors'), '--classes', 'cityscapes');
  const model = at('net.hmsa.safetensors');
  expect(first).toMatchObject({ code: 0, stdout: `${model}\n` });
  expect(first.stderr).toContain(`HRNet_Mscale of NVIDIA's semantic-segmentation (${ARCH})`);
  expect(first.stderr).toContain('took module. off every name');
  expect(first.stderr).toContain('classes: 19: road, sidewalk, ');
  const read = await readModel(model);
  expect(read.config).toEqual(config);
  expect([...read.weights]).toEqual([...weights]);

  await writeTree(at('photos'), { 'a.png': randomPhoto('a', 96, 64) });
  const segmented = await hmsa(
    'segment',
    at('photos'),
    '--model',
    model,
    '--out',
    at('out'),
    '--threads',
    '1',
  );
  expect(segmented).toMatchObject({ code: 0, stdout: expect.stringContaining('a.overlay.png') });

  const back = await hmsa(
    'export',
    '--model',
    model,
    '--to',
    'torch',
    '--out',
    at('back.safetensors'),
    '--json',
  );
  expect(JSON.parse(back.stdout)).toMatchObject({ source: { name: ARCH }, tensors: published.size });
  // The same weights again: nothing changes, and nothing need be overwritten.
  const again = await hmsa(
    'import',
    at('back.safetensors'),
    '--classes',
    'cityscapes',
    '--to',
    model,
    '--json',
  );
  expect(again.code).toBe(0);
  expect(JSON.parse(again.stdout)).toMatchObject({
    file: model,
    source: { name: ARCH },
    config,
    missing: [],
  });
  expect([...(await readModel(model)).weights]).toEqual([...weights]);
});

describe('weights that are not what their architecture needs', () => {
  const flags = ['--classes', 'cityscapes', '--to'];
  let file: string;
  beforeAll(async () => {
    const content = new Map(published);
    content.delete('ocr.cls_head.bias');
    content.set('extra', content.get('scale_attn.bn0.weight')!);
    file = await save('cut.safetensors', content);
  });

  test('are listed and refused', async () => {
    const { code, stdout, stderr } = await hmsa('import', file, ...flags, at('cut.hmsa'));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^missing +ocr\.cls_head\.bias +\[19\]$/m);
    expect(stderr).toMatch(/^unexpected +extra +\[8\]$/m);
    expect(stderr).toMatch(/^hmsa: .*1 missing, 1 unexpected, such as .*--partial[^\n]*\n$/m);
    const json = await hmsa('import', file, ...flags, at('cut.hmsa'), '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      source: { name: ARCH },
      missing: [{ name: 'ocr.cls_head.bias', shape: [19] }],
      unexpected: [{ name: 'extra' }],
    });
    await expect(readFile(at('cut.hmsa'))).rejects.toThrow('ENOENT');
  });

  test('are taken in part with --partial, which says so', async () => {
    const { code, stderr } = await hmsa('import', file, ...flags, at('part.safetensors'), '--partial');
    expect(code).toBe(0);
    expect(stderr).toContain('warning: 1 tensor starts from its initial value');
    const { weights: taken } = await readModel(at('part.safetensors'));
    expect(taken.get('head.cls_head.weight')).toEqual(weights.get('head.cls_head.weight'));
  });
});

test('nothing is replaced, nor guessed', async () => {
  await writeFile(at('mine'), 'mine');
  const refused = async (...args: string[]) => {
    const { code, stdout, stderr } = await hmsa('import', ...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    return stderr;
  };
  const file = at('net.safetensors');
  expect(await refused(file, '--classes', 'cityscapes', '--to', at('mine'))).toContain('--overwrite');
  expect(await refused(file, '--classes', 'cityscapes', '--to', file, '--overwrite')).toContain(
    'a file that is read',
  );
  expect(await readFile(at('mine'), 'utf8')).toBe('mine');
  expect(await refused(file)).toMatch(/19 classes.*--classes cityscapes/);
  expect(await refused(file, '--classes', 'citiscapes')).toContain('Did you mean cityscapes?');
});
