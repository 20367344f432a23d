import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { smallModels } from '../../tests/contract/small-models.js';
import { randomWeights } from '../../tests/support/random-weights.js';
import { encodeModel, type Model } from '../model/file/index.js';
import { describeModel } from './info.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-info-'));
});
afterAll(() => rm(folder, { recursive: true }));

const [config] = Object.values(smallModels) as [Model['config']];
const names = Array.from({ length: config.classes }, (_, i) => `class ${i}`);
const classes = { names, colors: names.map((_, i) => [i, 2 * i, 0] as const), ignore: 255 as const };

test.each(['float32', 'float16'] as const)('a model file in %s', async (precision) => {
  const weights = randomWeights(config);
  const content = encodeModel({ config, classes, weights }, precision);
  const file = join(folder, `${precision}.safetensors`);
  await writeFile(file, content);
  const { parameters, buffers, ...report } = await describeModel(file);
  expect(report).toEqual({
    file,
    bytes: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
    format: 2,
    precision,
    config,
    classes: { names, colors: classes.colors },
  });
  const sizes = [...weights].map(([name, { data }]) => [name.includes('.running_'), data.length] as const);
  const total = (running: boolean) =>
    sizes.filter(([each]) => each === running).reduce((sum, [, size]) => sum + size, 0);
  expect([parameters, buffers]).toEqual([total(false), total(true)]);
});

test('a damaged or missing file is named', async () => {
  const file = join(folder, 'damaged.safetensors');
  await writeFile(file, 'no model');
  await expect(describeModel(file)).rejects.toThrow(file);
  await expect(describeModel(join(folder, 'missing.safetensors'))).rejects.toThrow(
    /missing.safetensors: .*no such file/,
  );
});
