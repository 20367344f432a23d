import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { camvid } from '../../dist/data/index.js';
import { readSafetensors, writeSafetensors } from '../../dist/model/weights/index.js';
import { decodeImage, decodeLabels, loadModel, openSession } from '../../dist/node/index.js';
import { Segmenter } from '../../dist/prediction/index.js';
import { randomPhoto, writeTree } from '../data/files.js';
import { hmsa, said, start } from '../support/hmsa.js';
import { untrained, writeModel } from './model.js';

let folder: string;
let model: string;
const at = (...path: string[]) => join(folder, ...path);
const sizes = { a: [70, 45], b: [33, 64], c: [48, 48] } as const;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-segment-'));
  model = await writeModel(at('model.safetensors'), untrained());
  await writeTree(at('photos'), {
    'a.png': randomPhoto('a', ...sizes.a),
    'b.jpg': randomPhoto('b', ...sizes.b),
    'c.PNG': randomPhoto('c', ...sizes.c),
    'garbage.jpg': 'no picture at all',
    'notes.txt': 'left alone',
  });
});
afterAll(() => rm(folder, { recursive: true }));

const segment = (...args: string[]) => hmsa('segment', '--model', model, '--threads', '1', ...args);

describe('a folder of mixed sizes with garbage in it', () => {
  const kinds = [
    ...['labels', 'color', 'overlay', 'attention@0.5'],
    ...['labels@0.5', 'labels@1', 'color@0.5', 'color@1'],
  ];

  beforeAll(async () => {
    const { code, stdout, stderr } = await segment(
      at('photos'),
      '--quiet',
      '--out',
      at('out'),
      '--save',
      'labels,color,overlay,attention,scales',
    );
    expect(code).toBe(2);
    const [failure, summary, ...rest] = stderr.split('\n');
    expect(failure).toMatch(/^hmsa: .*garbage\.jpg: expected /);
    expect(summary).toBe('hmsa: 3 labelled, 1 failed');
    expect(rest).toEqual(['']);
    const written = Object.keys(sizes).flatMap((name) =>
      kinds.map((kind) => at('out', `${name}.${kind}.png`)),
    );
    const lines = stdout.trim().split('\n');
    expect(lines.filter((line) => !line.includes(': ')).sort()).toEqual(written.sort());
    const summaries = lines.filter((line) => line.includes(': '));
    expect(summaries).toHaveLength(3);
    // Of each image, its classes and their shares.
    for (const line of summaries)
      expect(line).toMatch(/^.*\.(png|jpg|PNG): [a-z ]+ \d+\.\d%(, [a-z0-9 ]+ \d+\.\d%)*$/);
  });

  test('every picture is there in the size of its photograph, and nothing else', async () => {
    const names = Object.keys(sizes).flatMap((name) => kinds.map((kind) => `${name}.${kind}.png`));
    expect((await readdir(at('out'))).sort()).toEqual(names.sort());
    for (const [name, [width, height]] of Object.entries(sizes)) {
      for (const kind of kinds) {
        const { width: w, height: h, depth } = decode(await readFile(at('out', `${name}.${kind}.png`)));
        expect([w, h, depth]).toEqual([width, height, 8]);
      }
    }
  });

  test('the labels are the train ids that the library gives, the colours those of the classes', async () => {
    const segmenter = await loadModel(model, { threads: 1 });
    const photo = await decodeImage(at('photos', 'b.jpg'));
    const { labels, scales } = await segmenter.segment(photo, { details: true });
    await segmenter.dispose();
    expect((await decodeLabels(at('out', 'b.labels.png'))).data).toEqual(labels);
    const colors = (map: Uint8Array) => Uint8Array.from([...map].flatMap((id) => camvid.colors[id]!));
    expect((await decodeImage(at('out', 'b.color.png'))).data).toEqual(colors(labels));
    expect((await decodeImage(at('out', 'b.color@0.5.png'))).data).toEqual(colors(scales![1]!.labels));
    expect((await decodeLabels(at('out', 'b.labels@0.5.png'))).data).toEqual(scales![1]!.labels);
    // Viewers show label maps in the same colours.
    expect((await decodeImage(at('out', 'b.labels.png'))).data).toEqual(colors(labels));
    const colored = colors(labels);
    expect((await decodeImage(at('out', 'b.overlay.png'))).data).toEqual(
      photo.data.map((value, i) => Math.round((value + colored[i]!) / 2)),
    );
    // Brighter where the attention is higher.
    const heat = (await decodeImage(at('out', 'b.attention@0.5.png'))).data;
    const { attention } = scales![1]!;
    const brightness = (i: number) => heat[3 * i]! + heat[3 * i + 1]! + heat[3 * i + 2]!;
    const order = [...attention!.keys()].sort((i, j) => attention![i]! - attention![j]!);
    expect(new Set(attention).size).toBeGreaterThan(10);
    for (const [i, pixel] of order.entries()) {
      if (i > 0) expect(brightness(pixel)).toBeGreaterThanOrEqual(brightness(order[i - 1]!) - 3);
    }
  });
});

test('pictures of an earlier run are no input; without --out they lie beside the photographs', async () => {
  await writeTree(at('beside'), { 'd.png': randomPhoto('d', 40, 40) });
  for (let run = 0; run < 2; run++) expect((await segment(at('beside'))).code).toBe(0);
  expect((await readdir(at('beside'))).sort()).toEqual(['d.labels.png', 'd.overlay.png', 'd.png']);
});

test('--max-side labels larger images reduced and writes them at their own size; smaller ones are as ever', async () => {
  const [large, small] = [randomPhoto('large', 160, 96), randomPhoto('small', 72, 80)];
  await writeTree(at('sides'), { 'large.png': large, 'small.png': small });
  const save = ['--save', 'labels,attention,scales'];
  expect((await segment(at('sides'), ...save, '--out', at('whole'))).code).toBe(0);
  expect((await segment(at('sides'), ...save, '--out', at('reduced'), '--max-side', '80')).code).toBe(0);
  for (const kind of ['labels', 'attention@0.5', 'labels@0.5', 'labels@1']) {
    const picture = await decodeImage(at('reduced', `large.${kind}.png`));
    expect([picture.width, picture.height]).toEqual([160, 96]);
    const name = `small.${kind}.png`;
    expect(await readFile(at('reduced', name))).toEqual(await readFile(at('whole', name)));
  }
});

test.each([
  [
    'scales without 1',
    ['--scales', '0.5,2'],
    /^hmsa: scales: expected 1 among the scales .*received \[0\.5, 2\]\. /,
  ],
  [
    'two scales for single',
    ['--combine', 'single'],
    /^hmsa: scales: expected exactly one scale for "single"/,
  ],
  ['a missing device', ['--device', 'cuda'], /^hmsa: device cuda: expected .*received .*/],
  [
    'an unknown picture',
    ['--save', 'labels,atention'],
    /^hmsa: option '--save <LIST>' argument 'labels,atention' is invalid\. Did you mean attention\?/,
  ],
  ['an unknown option', ['--modle', 'x'], /^hmsa: unknown option '--modle'\. \(Did you mean --model\?\)/],
  ['no scale', ['--scales', '0'], /^hmsa: option '--scales <LIST>' argument '0' is invalid\. /],
])('%s is one line, told once, and nothing is written', async (_, flags, message) => {
  const { code, stdout, stderr } = await segment(at('photos'), '--out', at('none'), ...flags);
  expect(code).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toMatch(message);
  expect(stderr.trimEnd()).not.toContain('\n');
  expect(await readdir(folder)).not.toContain('none');
});

test('an image too small is named, no image is an error, a missing one is named', async () => {
  await writeTree(at('small'), { 'e.png': randomPhoto('e', 40, 20) });
  const small = await segment(at('small'));
  expect(small.code).toBe(1);
  expect(small.stderr).toMatch(
    /^hmsa: .*e\.png: expected an image of at least 32×32 pixels for scale 0\.5, received 40×20\./,
  );
  await writeTree(at('empty'), { 'notes.txt': '' });
  const empty = await segment(at('empty'));
  expect(empty.code).toBe(1);
  expect(empty.stderr).toMatch(/^hmsa: segment: expected image files .*received none in .*empty\. [^\n]*\n$/);
  const missing = await segment(at('nobody.png'));
  expect(missing.code).toBe(1);
  expect(missing.stderr).toMatch(/^hmsa: .*nobody\.png: expected /);
});

describe('a model that is none', () => {
  const refused = async (file: string) => {
    const { code, stderr } = await hmsa('segment', '--model', file, at('photos', 'a.png'));
    expect(code).toBe(1);
    expect(stderr.trimEnd()).not.toContain('\n');
    return stderr;
  };

  test('cut short, of a newer format, missing, something else: each is named', async () => {
    const bytes = await readFile(model);
    await writeFile(at('short'), bytes.subarray(0, bytes.length - 1000));
    expect(await refused(at('short'))).toMatch(/^hmsa: .*short: expected .*received /);
    await writeFile(at('stub'), bytes.subarray(0, 5));
    expect(await refused(at('stub'))).toMatch(/^hmsa: .*stub: expected /);
    const { tensors, metadata } = readSafetensors(bytes, model);
    const newer = writeSafetensors({ tensors, metadata: new Map([...metadata, ['formatVersion', '9']]) });
    await writeFile(at('newer'), newer);
    expect(await refused(at('newer'))).toMatch(
      /^hmsa: .*newer: expected a model of format 3 or earlier, received format 9\. Install a newer hmsa\.\n$/,
    );
    expect(await refused(at('nowhere'))).toMatch(
      /^hmsa: .*nowhere: expected a model file, received no such file\. /,
    );
    expect(await refused(at('photos', 'a.png'))).toMatch(/^hmsa: .*a\.png: expected /);
  });
});

test.skipIf(process.platform === 'win32')(
  'Ctrl-C ends it with 130, and what was written is told',
  async () => {
    const photo = randomPhoto('many', 64, 64);
    await writeTree(
      at('many'),
      Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`${i}.png`, photo])),
    );
    const { child, outcome } = start(['segment', '--model', model, '--out', at('many-out'), at('many')]);
    await said(child, /Segmenting 1\/60/);
    child.kill('SIGINT');
    const { code, stdout, stderr } = await outcome;
    expect(code).toBe(130);
    expect(stderr).toMatch(/hmsa: interrupted\n$/);
    const told = stdout
      .trim()
      .split('\n')
      .filter((line) => !line.includes(': '))
      .sort();
    const there = (await readdir(at('many-out'))).map((name) => at('many-out', name)).sort();
    expect(told).toEqual(there);
    expect(there.length).toBeLessThan(120);
  },
);

test('graphs are opened once for a choice of scales, and the surplus ones closed', async () => {
  let [opened, open] = [0, 0];
  const segmenter = new Segmenter(untrained(), async (graph, options) => {
    const session = await openSession(graph, options);
    [opened, open] = [opened + 1, open + 1];
    const dispose = session.dispose.bind(session);
    session.dispose = async () => {
      open--;
      await dispose();
    };
    return session;
  });
  const photo = randomPhoto(1, 40, 40);
  const scales = [[1], [1, 0.5], [1, 0.75], [1, 1.5], [1, 2], [1, 1.25]];
  // All at once: none may be closed under the one that waits for it.
  const results = await Promise.all(scales.map((set) => segmenter.segment(photo, { scales: set })));
  for (const { labels } of results) expect(labels).toHaveLength(1600);
  expect([opened, open]).toEqual([6, 4]);
  expect(await segmenter.segment(photo, { scales: [1.25, 1] })).toEqual(results[5]);
  expect(opened).toBe(6);
  await segmenter.dispose();
  expect(open).toBe(0);
  await expect(segmenter.segment(photo)).rejects.toThrow(/disposed/);
});

test('one file that is missing is one line', async () => {
  const { code, stdout, stderr } = await hmsa('segment', join(folder, 'none.jpg'), '--model', model);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^hmsa: [^\n]*none\.jpg: expected an image file, received no such file\. [^\n]*\n$/);
});
