import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { camvid, cityscapes } from '../../dist/data/index.js';
import {
  decodeLabels,
  describeModel,
  loadModel,
  readModel,
  readShippedModel,
  shippedModel,
} from '../../dist/node/index.js';
import { bands, randomPhoto, writeTree } from '../data/files.js';
import { hmsa } from '../support/hmsa.js';
import { untrained, writeModel } from './model.js';

let folder: string;
const at = (...path: string[]) => join(folder, ...path);
const photo = randomPhoto('a', 64, 48);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-shipped-'));
  await writeTree(at('camvid'), { 'val/a.png': photo, 'valannot/a.png': bands([0, 1, 3], 64, 48) });
});
afterAll(() => rm(folder, { recursive: true }));

describe('the model in models/', () => {
  test('is what shipped.json says, float16, of at most 12 MB, one network of CamVid classes for all scales', async () => {
    const { file, bytes, sha256, name } = await shippedModel();
    expect((await stat(file)).size).toBe(bytes);
    expect(bytes).toBeLessThanOrEqual(12_000_000);
    const report = await describeModel();
    expect(report).toMatchObject({ file, bytes, sha256, precision: 'float16' });
    expect(report.classes.names).toEqual(camvid.names);
    expect(report.config).toMatchObject({ weights: 'shared', scales: [0.5, 1] });
    expect(report.imageSize).toEqual({ width: 480, height: 360 });
    const [card, notice] = await Promise.all(
      ['README.md', 'NOTICE.md'].map((text) => readFile(join(file, '..', text), 'utf8')),
    );
    expect(card).toContain(name);
    expect(notice).toContain(`${name}.safetensors`);
  });

  test('is what segment, evaluate and loadModel take where no model is named', async () => {
    const image = at('camvid', 'val', 'a.png');
    const segmented = await hmsa('segment', image, '--out', at('labelled'), '--threads', '1');
    expect(segmented).toMatchObject({ code: 0, stdout: expect.stringContaining('a.overlay.png') });
    const model = await loadModel(undefined, { threads: 1 });
    const { labels } = await model.segment(photo);
    await model.dispose();
    expect((await decodeLabels(at('labelled', 'a.labels.png'))).data).toEqual(labels);

    const scored = await hmsa('evaluate', '--data', `camvid:${at('camvid')}`, '--threads', '1');
    expect(scored.code).toBe(0);
    expect(scored.stdout).toContain(', hierarchical over 1, 0.5');
  });

  test('is described by info, which describes another model in its place', async () => {
    const { name, sha256, terms } = await shippedModel();
    const { code, stdout } = await hmsa('info');
    expect(code).toBe(0);
    for (const part of [`shipped model ${name}`, sha256, terms, 'models/NOTICE.md', '0.5, 1', 'bicyclist'])
      expect(stdout).toContain(part);
    const own = await writeModel(at('own.safetensors'), untrained());
    const other = JSON.parse((await hmsa('info', '--model', own, '--json')).stdout);
    expect(other.model.file).toBe(own);
    expect(other).not.toHaveProperty('shipped');
  });

  test('is none for a Cityscapes submission', async () => {
    const { code, stderr } = await hmsa('submission', '--data', `cityscapes:${folder}`, '--out', at('none'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^hmsa: required option '--model <MODEL>' not specified/);
  });
});

describe('tools/ship-model.mjs', () => {
  const tool = fileURLToPath(new URL('../../tools/ship-model.mjs', import.meta.url));
  const ship = (...args: string[]) => promisify(execFile)(process.execPath, [tool, ...args]);
  const file = () => at('camvid-mobilenetv2-2scale.safetensors');

  beforeAll(async () => {
    await copyFile(new URL('../../models/shipped.json', import.meta.url), at('shipped.json'));
  });

  test('writes float16 and its hash, the same bytes each time', async () => {
    const model = { ...untrained(), imageSize: { width: 64, height: 48 } };
    const run = await writeModel(at('model.safetensors'), model);
    await ship(folder, folder);
    const [first, manifest] = [await readFile(file()), await readFile(at('shipped.json'), 'utf8')];
    await ship(run, folder);
    expect(await readFile(file())).toEqual(first);
    expect(await readFile(at('shipped.json'), 'utf8')).toBe(manifest);
    expect(Buffer.from((await readShippedModel(folder)).content)).toEqual(first);
    expect((await describeModel(file())).precision).toBe('float16');
    const { config, classes, imageSize, weights } = await readModel(file());
    expect([config, classes, imageSize]).toEqual([model.config, model.classes, model.imageSize]);
    for (const [name, { data }] of weights) {
      const before = model.weights.get(name)!.data;
      for (const [i, value] of data.entries())
        expect(Math.abs(value - before[i]!)).toBeLessThanOrEqual(Math.abs(before[i]!) * 2 ** -11 + 2 ** -25);
    }
  });

  test('a file that has changed since, or is gone, is named with what to do', async () => {
    const bytes = await readFile(file());
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(file(), bytes);
    const { sha256 } = await shippedModel(folder);
    const message = (error: Error) => error.message;
    const changed = await readShippedModel(folder).then(() => '', message);
    expect(changed).toContain(`${file()}: expected SHA-256 ${sha256}, received `);
    expect(changed).toMatch(/received [0-9a-f]{64}: .*Reinstall hmsa\. .*hmsa train --data/);
    await rm(file());
    const missing = await readShippedModel(folder).then(() => '', message);
    expect(missing).toContain(
      `${file()}: expected the model that is shipped with hmsa, received none there.`,
    );
    expect(missing).toMatch(/Reinstall hmsa\. .*--model FILE.*hmsa train --data/);
  });

  test('refuses what the documents do not speak of', async () => {
    const other = await writeModel(at('other.safetensors'), untrained({}, cityscapes));
    await expect(ship(other, folder)).rejects.toThrow(/not a model of CamVid's 11 classes/);
    const many = await writeModel(at('many.safetensors'), untrained({ weights: 'perScale' }));
    await expect(ship(many, folder)).rejects.toThrow(/not one network for all scales/);
    const old = await writeModel(at('old.safetensors'), untrained());
    await expect(ship(old, folder)).rejects.toThrow(/does not say the size of its photographs/);
    await ship(old, folder, '--image-size', '80x60');
    expect((await readModel(file())).imageSize).toEqual({ width: 80, height: 60 });
  });
});
