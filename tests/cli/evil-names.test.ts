import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cityscapes } from '../../dist/data/index.js';
import { bands, randomPhoto, writeTree } from '../data/files.js';
import { hmsa } from '../support/hmsa.js';
import { phase, tinyChanges } from '../train/tiny.js';
import { untrained, writeModel } from './model.js';

// A line break that would forge a line, the title and colour of a terminal, a mark that turns text around.
const EVIL = 'x\nhmsa: forged\u001b]0;title\u0007\u001b[31m\u202egnp';
const classes = {
  names: ['road', `sky ${EVIL}`, 'never', `void ${EVIL}`],
  colors: [
    [128, 64, 128],
    [0, 0, 255],
    [0, 255, 0],
    [9, 9, 9],
  ] as const,
  ignore: 255 as const,
};

let folder: string;
const at = (...path: string[]) => join(folder, ...path);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-evil-'));
  const pairs = ['train', 'val'].flatMap((split) =>
    ['a', 'b', EVIL].flatMap((name) => [
      [`data/images/${split}/${name}.png`, randomPhoto(`${split}${name}`, 64, 64)] as const,
      [`data/masks/${split}/${name}.png`, bands([0, 1], 64, 64)] as const,
    ]),
  );
  await writeTree(folder, {
    ...Object.fromEntries(pairs),
    [`data/images/val/bad ${EVIL}.png`]: 'damaged',
    [`data/masks/val/bad ${EVIL}.png`]: bands([0, 1], 64, 64),
    [`data/images/train/alone ${EVIL}.png`]: randomPhoto('alone', 64, 64),
    'data/classes.json': JSON.stringify({
      classes: classes.names.map((name, id) => ({ name, id, color: classes.colors[id] })),
    }),
    'config.json': JSON.stringify({
      ...tinyChanges,
      model: { ...tinyChanges.model, scales: [1] },
      classUniform: 0.5,
      phases: [phase('scales', 1, 1e-3)],
    }),
    [`city/leftImg8bit/test/t ${EVIL}/t ${EVIL}_000000_000000_leftImg8bit.png`]: randomPhoto('t', 64, 64),
  });
  await writeModel(at('model.safetensors'), untrained({}, classes));
  await writeModel(at('city.safetensors'), untrained({}, cityscapes));
});
afterAll(() => rm(folder, { recursive: true }));

const common = ['--threads', '1'];
test.each<[string, number, () => string[]]>([
  ['data inspect', 1, () => ['data', 'inspect', `folder:${at('data')}`, '--json', at('inspect.json')]],
  ['data preview', 0, () => ['data', 'preview', `folder:${at('data')}`, '--out', at('preview')]],
  [
    'evaluate',
    2,
    () => [
      'evaluate',
      '--data',
      `folder:${at('data')}`,
      '--split',
      'val',
      '--skip-bad',
      '--json',
      at('score.json'),
      '--model',
      at('model.safetensors'),
      ...common,
    ],
  ],
  [
    'evaluate, to its end by the damaged one',
    1,
    () => [
      'evaluate',
      '--data',
      `folder:${at('data')}`,
      '--split',
      'val',
      '--model',
      at('model.safetensors'),
      ...common,
    ],
  ],
  [
    'train',
    2,
    () => [
      'train',
      '--data',
      `folder:${at('data')}`,
      '--config',
      at('config.json'),
      '--skip-bad',
      '--out',
      at(`out ${EVIL}`),
      ...common,
    ],
  ],
  [
    'submission',
    0,
    () => [
      'submission',
      '--data',
      `cityscapes:${at('city')}`,
      '--model',
      at('city.safetensors'),
      '--out',
      at('sub'),
      ...common,
    ],
  ],
  [
    'submission with other classes',
    1,
    () => [
      'submission',
      '--data',
      `cityscapes:${at('city')}`,
      '--model',
      at('model.safetensors'),
      '--out',
      at('sub'),
      ...common,
    ],
  ],
  ['info', 0, () => ['info', '--model', at('model.safetensors')]],
  [
    'segment',
    0,
    () => [
      'segment',
      at('data/images/train'),
      '--model',
      at('model.safetensors'),
      '--out',
      at('seg'),
      ...common,
    ],
  ],
])('%s prints no name raw', async (_, code, args) => {
  const found = await hmsa(...args());
  const text = `${found.stdout}${found.stderr}`;
  expect(text).not.toMatch(/[^\P{C}\n]/u);
  expect(text).not.toMatch(/^hmsa: forged/m);
  expect(found.code).toBe(code);
});

test('JSON has the names as they are', async () => {
  const json = async (name: string) => JSON.parse(await readFile(at(name), 'utf8'));
  const score = await json('score.json');
  expect(score.perClass.map(({ name }: { name: string }) => name)).toEqual(classes.names);
  expect(JSON.stringify(score.skipped)).toContain('forged');
  const report = await json('inspect.json');
  expect(report.classes.map(({ name }: { name: string }) => name)).toEqual(classes.names);
  const record = await json(`out ${EVIL}/run.json`);
  expect(record.classes).toEqual(classes.names);
});
