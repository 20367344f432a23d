import { access, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeModel, loadModel } from '../../dist/node/index.js';
import { bands, randomPhoto, writeTree } from '../data/files.js';
import { hmsa, said, start } from '../support/hmsa.js';
import { untrained, writeModel } from './model.js';

/** The last layer of its head. */
const BIAS = 'head.classifier.bias';

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

test('images that cannot be read are listed: exit code 2; Ctrl-C ends with 130 and writes nothing', async () => {
  await writeTree(at('bad'), {
    ...Object.fromEntries(
      ['train', 'val'].flatMap((split) => [
        [`${split}/good.png`, randomPhoto(split, 48, 40)],
        [`${split}/torn.png`, 'none'],
        ...['good', 'torn'].map((name) => [`${split}annot/${name}.png`, bands([0, 3, 8, 11], 48, 40)]),
      ]),
    ),
  });
  const args = ['quantize', '--model', model, '--data', `camvid:${at('bad')}`, '--threads', '1'];
  const out = ['--out', at('bad.int8.safetensors'), '--aim', '100', '--allow-loss', '100'];
  const listed = await hmsa(...args, ...out, '--skip-bad', '--json');
  expect(listed.code).toBe(2);
  expect(JSON.parse(listed.stdout).skipped).toEqual([
    expect.stringMatching(/train.torn\.png/),
    expect.stringMatching(/val.torn\.png/),
  ]);
  expect(listed.stderr).toContain('torn.png');
  await access(at('bad.int8.safetensors'));

  if (process.platform === 'win32') return;
  const stopped = at('stopped.safetensors');
  const { child, outcome } = start(['quantize', '--model', model, ...data, '--out', stopped]);
  await said(child, /two|val|image/);
  child.kill('SIGINT');
  expect(await outcome).toMatchObject({ code: 130, stdout: '' });
  await expect(access(stopped)).rejects.toThrow('ENOENT');
});

test('a model that loses more than is allowed is told and not written; more is allowed with --allow-loss', async () => {
  const { own, labelled } = await modelThatIsRight();
  const quantize = (out: string, ...args: string[]) =>
    hmsa(
      'quantize',
      '--model',
      own,
      '--data',
      `camvid:${labelled}`,
      '--threads',
      '1',
      '--aim',
      '100',
      '--out',
      at(out),
      '--json',
      ...args,
    );
  const refused = await quantize('new/folder/refused.safetensors', '--allow-loss', '0');
  const { meanIoU, file } = JSON.parse(refused.stdout);
  expect(meanIoU.float).toBe(1);
  expect(meanIoU.lost).toBeGreaterThan(0.5);
  expect(file).toBeUndefined();
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(
    /quantize: expected a loss of at most 0 points, received \d+\.\d\d points; nothing was written\. .*--allow-loss/,
  );
  await expect(access(at('new/folder/refused.safetensors'))).rejects.toThrow('ENOENT');
  const allowed = await quantize('new/folder/allowed.safetensors', '--allow-loss', '100');
  expect(allowed.code).toBe(0);
  expect(JSON.parse(allowed.stdout)).toMatchObject({
    meanIoU: { lost: meanIoU.lost },
    bytes: (await stat(at('new/folder/allowed.safetensors'))).size,
  });
  const nowhere = await quantize('model.safetensors/inside/x.safetensors');
  expect(nowhere).toMatchObject({ code: 1, stdout: '' });
  expect(nowhere.stderr).toContain('model.safetensors');
});

/** A model whose classes are all near each other, and images that are labelled as it labels them: 8 bits lose some of that. */
async function modelThatIsRight(): Promise<{ own: string; labelled: string }> {
  const { weights, ...rest } = untrained();
  const photos = { train: randomPhoto('five', 96, 80), val: randomPhoto('six', 96, 80) };
  const logitsOf = async (file: string, image: (typeof photos)['val']) => {
    const loaded = await loadModel(file, { threads: 1 });
    const { logits, labels } = await loaded.segment(image, { logits: true });
    await loaded.dispose();
    return { logits, labels };
  };
  const { logits } = await logitsOf(model, photos.val);
  const pixels = 96 * 80;
  const bias = weights.get(BIAS)!;
  const middle = (id: number) => logits.slice(id * pixels, (id + 1) * pixels).sort()[pixels >> 1]!;
  const centred = { ...bias, data: bias.data.map((value, id) => value - middle(id)) };
  const own = await writeModel(at('own.safetensors'), {
    ...rest,
    weights: new Map([...weights, [BIAS, centred]]),
  });
  const labelled = at('labelled');
  for (const [split, photo] of Object.entries(photos)) {
    const { labels } = await logitsOf(own, photo);
    const annotation = { data: labels, width: 96, height: 80 };
    await writeTree(labelled, { [`${split}/a.png`]: photo, [`${split}annot/a.png`]: annotation });
  }
  return { own, labelled };
}
