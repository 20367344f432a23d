import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cityscapes, VOID } from '../../dist/data/index.js';
import {
  type AutolabelHooks,
  type AutolabelRequest,
  autolabel,
  decodeLabels,
  type LoadedModel,
  loadModel,
  openDataset,
  openSessionInThread,
} from '../../dist/node/index.js';
import { inferenceGraph } from '../../dist/prediction/index.js';
import { untrained, writeModel } from '../cli/model.js';
import { bands, randomPhoto, writeTree } from './files.js';
import {
  ade20kFiles,
  camvidColorFiles,
  camvidIndexFiles,
  cityscapesFiles,
  mapillaryFiles,
} from './layouts.js';

let root: string;
let model: string;
let segmenter: LoadedModel;
const at = (...path: string[]) => join(root, ...path);
const session = { threads: 1 };

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'hmsa-autolabel-'));
  model = await writeModel(at('model.safetensors'), untrained());
  segmenter = await loadModel(model, session);
});
afterAll(async () => {
  await segmenter.dispose();
  await rm(root, { recursive: true });
});

const label = (out: string, request: Omit<AutolabelRequest, 'model'>, hooks: AutolabelHooks = {}) =>
  autolabel({ model, session, ...request }, at(out), hooks);

/** What the model says of each photograph of a set, void below the threshold. */
async function expected(spec: string, split: string, threshold: number): Promise<Uint8Array[]> {
  const dataset = await openDataset(spec, { split });
  const maps: Uint8Array[] = [];
  for (let i = 0; i < dataset.length; i++) {
    const { image: data, width, height, label: truth } = await dataset.get(i);
    const { labels, confidence } = await segmenter.segment({ data, width, height }, { confidence: true });
    maps.push(
      labels.map((id, at) =>
        truth !== undefined && truth[at] !== VOID ? truth[at]! : confidence![at]! >= threshold ? id : VOID,
      ),
    );
  }
  return maps;
}

async function labelsOf(spec: string, split: string): Promise<Uint8Array[]> {
  const dataset = await openDataset(spec, { split });
  return Promise.all(Array.from({ length: dataset.length }, async (_, i) => (await dataset.get(i)).label!));
}

test.each(['hierarchical', 'max'] as const)(
  'the confidence is the probability of the label: %s',
  async (combine) => {
    const { config, weights } = segmenter.model;
    const graph = inferenceGraph(config, weights, {
      scales: [1, 0.5],
      combine,
      logits: true,
      confidence: true,
      channelBlocks: true,
    });
    const opened = await openSessionInThread(graph, session);
    const { data } = randomPhoto('sure', 48, 32);
    const { logits, labels, confidence } = await opened.run({
      image: { dtype: 'uint8', shape: [1, 32, 48, 3], data },
    });
    await opened.dispose();
    const pixels = 48 * 32;
    for (const pixel of [0, 700, pixels - 1]) {
      const scores = segmenter.classes.names.map((_, id) => Number(logits!.data[id * pixels + pixel]));
      const powers = scores.map(Math.exp);
      const sum = powers.reduce((a, b) => a + b, 0);
      const probabilities = combine === 'max' ? scores : powers.map((power) => power / sum);
      expect(confidence!.data[pixel]).toBeCloseTo(probabilities[Number(labels!.data[pixel])]!, 5);
    }
    const found = await segmenter.segment({ data, width: 48, height: 32 }, { combine, confidence: true });
    expect(found.confidence).toEqual(confidence!.data);
  },
);

test('CamVid: the result opens as CamVid, with the labels that there were and those that the model is sure of', async () => {
  await writeTree(at('camvid'), camvidIndexFiles());
  const data = `camvid:${at('camvid')}`;
  const sure = await expected(data, 'train', 0);
  const { confidence } = await segmenter.segment(
    { data: (await (await openDataset(data, { split: 'train' })).get(0)).image, width: 48, height: 32 },
    { confidence: true },
  );
  // The median, so that about half of the pixels are sure enough.
  const threshold = [...confidence!].sort((a, b) => a - b)[confidence!.length >> 1]!;
  const report = await label('camvid-auto', { data, threshold });
  expect(report).toMatchObject({ data: `camvid:${at('camvid-auto')}`, done: 12, before: 0, failed: [] });
  expect(report.photographs).toEqual({ linked: 12, copied: 0 });
  const found = await labelsOf(report.data, 'train');
  expect(found).toEqual(await expected(data, 'train', threshold));
  expect(found).not.toEqual(sure);
  const { summary } = report;
  expect(summary.pixels).toBe(12 * 48 * 32);
  expect(summary.truth + summary.kept + summary.unsure).toBe(summary.pixels);
  expect(summary.classes.map(({ truth }) => truth > 0)[0]).toBe(true);
  const record = JSON.parse(await readFile(at('camvid-auto', 'autolabel.json'), 'utf8'));
  expect(record).toMatchObject({ format: 1, finished: true, combine: 'hierarchical', scales: [1, 0.5] });
});

test('Cityscapes: coarse truth stays, down to the ids that are void with a meaning', async () => {
  const files = cityscapesFiles({ extra: true, merged: false });
  const coarse = Object.keys(files).filter((path) => /train_extra.*labelIds/.test(path));
  // Nothing, the car that took the photograph, a road, parking.
  for (const path of coarse) files[path] = bands([0, 1, 7, 9], 48, 32);
  await writeTree(at('cityscapes'), files);
  const file = await writeModel(at('cityscapes.safetensors'), untrained({}, cityscapes));
  const data = `cityscapes:${at('cityscapes')}`;
  const report = await label('cityscapes-auto', {
    data,
    dataOptions: { split: 'train_extra' },
    threshold: 0,
    ...{ model: file },
  });
  expect(report.summary).toMatchObject({
    photographs: 2,
    truth: 2 * 24 * 48,
    kept: 2 * 8 * 48,
    unsure: 0,
  });
  const { data: ids } = await decodeLabels(
    at('cityscapes-auto/gtCoarse/train_extra/bayreuth/bayreuth_000000_000000_gtCoarse_labelIds.png'),
  );
  expect([ids[8 * 48], ids[16 * 48], ids[24 * 48]]).toEqual([1, 7, 9]);
  expect(cityscapes.ids).toContain(ids[0]);
  const [one] = await labelsOf(report.data, 'train_extra');
  expect([one![8 * 48], one![16 * 48], one![24 * 48]]).toEqual([VOID, 0, VOID]);
  await expect(label('test', { data, dataOptions: { split: 'test' }, ...{ model: file } })).rejects.toThrow(
    /split test of cityscapes: .*--data folder:/,
  );
});

test('photographs without any label become a folder with the classes of the model', async () => {
  await writeTree(at('photos'), {
    'a/one.png': randomPhoto('a', 48, 32),
    'b/one.jpg': randomPhoto('b', 48, 32),
    'b/two.png': randomPhoto('c', 48, 32),
  });
  const report = await label('photos-auto', {
    data: `folder:${at('photos')}`,
    threshold: 0,
    photographs: 'copy',
  });
  expect(report).toMatchObject({ done: 3, photographs: { linked: 0, copied: 3 } });
  const dataset = await openDataset(report.data, { split: 'all' });
  expect(dataset.classes.names).toEqual(segmenter.classes.names);
  const { image: data, label: found, id } = await dataset.get(0);
  expect(id).toBe('images/a/one');
  expect(found).toEqual((await segmenter.segment({ data, width: 48, height: 32 })).labels);
  expect((await stat(at('photos-auto/images/a/one.png'))).nlink).toBe(1);
});

test('a folder of own classes keeps its splits and its labels; classes that the model lacks are told', async () => {
  await writeTree(at('own'), {
    'images/a.png': randomPhoto('a', 48, 32),
    'images/b.png': randomPhoto('b', 48, 32),
    'images/c.png': randomPhoto('c', 48, 32),
    'masks/a.png': bands([5, 255], 48, 32),
    'masks/c.png': bands([5, 255], 48, 32),
    'train.txt': 'a\nb\n',
    'val.txt': 'c\n',
    'classes.json': '{"classes": [{"name": "Road", "id": 5}, {"name": "goat", "id": 6}]}',
  });
  const warned: string[] = [];
  const report = await label(
    'own-auto',
    { data: `folder:${at('own')}`, threshold: 0 },
    { onFound: (_, warnings) => warned.push(...warnings) },
  );
  expect(warned.join('\n')).toMatch(/no class for sky, .*\n.*does not know goat/);
  expect(report.done).toBe(2);
  const [a, b] = await labelsOf(report.data, 'train');
  expect([a![0], a!.length, b!.length]).toEqual([0, 48 * 32, 48 * 32]);
  expect(new Set([...a!, ...b!])).toEqual(new Set([0, VOID]));
});

test('other layouts: the result is read by its own kind', async () => {
  await writeTree(at('colors'), camvidColorFiles());
  await writeTree(at('ade'), ade20kFiles());
  await writeTree(at('vistas'), mapillaryFiles('config_v2.0.json', 'v2.0/labels'));
  const sky = await writeModel(
    at('sky.safetensors'),
    untrained({}, { ...segmenter.classes, names: [...segmenter.classes.names.slice(1), 'sky'] }),
  );
  for (const [kind, split] of [
    ['camvid', 'train'],
    ['ade20k', 'val'],
  ] as const) {
    const from = kind === 'camvid' ? 'colors' : 'ade';
    const report = await label(`${from}-auto`, {
      data: `${kind}:${at(from)}`,
      dataOptions: { split },
      threshold: 0,
      ...{ model: sky },
    });
    const [before, after] = [
      await labelsOf(`${kind}:${at(from)}`, split),
      await labelsOf(report.data, split),
    ];
    for (const [i, map] of before.entries())
      expect(after[i]!.map((id, at) => (map[at] === VOID ? VOID : id))).toEqual(map);
  }
  const names = ['construction--flat--road', 'nature--sky'];
  const vistas = await writeModel(
    at('vistas.safetensors'),
    untrained({ classes: 2 }, { names, colors: names.map(() => [0, 0, 0]), ignore: VOID }),
  );
  const report = await label('vistas-auto', {
    data: `mapillary:${at('vistas')}`,
    threshold: 0,
    ...{ model: vistas },
  });
  expect(await labelsOf(report.data, 'train')).toEqual(await labelsOf(`mapillary:${at('vistas')}`, 'train'));
});

test('an interrupted run goes on: what is finished stays, what somebody changed is theirs, other options are refused', async () => {
  await writeTree(at('again'), camvidIndexFiles());
  const request = { data: `camvid:${at('again')}`, threshold: 0 };
  const stop = new Error('stopped');
  const hooks: AutolabelHooks = {
    onImage: (done) => {
      if (done === 5) throw stop;
    },
  };
  await expect(label('again-auto', request, hooks)).rejects.toBe(stop);
  const maps = (await readdir(at('again-auto/trainannot'))).sort();
  expect(maps).toHaveLength(5);
  const times = await Promise.all(
    maps.map(async (name) => (await stat(at('again-auto/trainannot', name))).mtimeMs),
  );
  // A line and a file that were cut off.
  const journal = at('again-auto/autolabel-files.jsonl');
  await writeFile(journal, (await readFile(journal, 'utf8')).slice(0, -20));
  await writeFile(at('again-auto/trainannot/.hmsa-0123456789ab.tmp'), 'half');
  const own = Buffer.concat([await readFile(at('again-auto/trainannot', maps[0]!)), Buffer.of(0)]);
  await writeFile(at('again-auto/trainannot', maps[0]!), own);
  await expect(label('again-auto', { ...request, threshold: 0.5 })).rejects.toThrow(
    /expected --threshold with which it was begun, 0, received 0\.5\..*another --out/,
  );
  const report = await label('again-auto', request);
  expect(report).toMatchObject({ before: 4, done: 8, changed: [`trainannot/${maps[0]}`] });
  expect(await readFile(at('again-auto/trainannot', maps[0]!))).toEqual(own);
  const after = await Promise.all(
    maps.map(async (name) => (await stat(at('again-auto/trainannot', name))).mtimeMs),
  );
  expect(after.slice(1, 4)).toEqual(times.slice(1, 4));
  expect(await readdir(at('again-auto/trainannot'))).toHaveLength(12);
  const whole = await label('again-whole', request);
  expect(report.summary).toEqual(whole.summary);
});

test('keep: at least that share of each class is labelled, also by a run that goes on, which measures once', async () => {
  await writeTree(at('kept'), camvidIndexFiles());
  const request = { data: `camvid:${at('kept')}`, threshold: 1, keep: 0.5 };
  const stop = new Error('stopped');
  let measured = 0;
  const onMeasured = () => {
    measured++;
  };
  const onImage = (done: number) => {
    if (done === 5) throw stop;
  };
  await expect(label('kept-auto', request, { onImage, onMeasured })).rejects.toBe(stop);
  expect(measured).toBe(12);
  const { summary } = await label('kept-auto', request, { onMeasured });
  expect(measured).toBe(12);
  const seen = summary.classes.filter(({ predicted }) => predicted > 0);
  expect(seen.length).toBeGreaterThan(0);
  for (const { shareKept, threshold } of seen) {
    expect(shareKept).toBeGreaterThanOrEqual(0.5);
    expect(threshold).toBeLessThan(1);
  }
  await expect(label('kept-auto', { ...request, keep: 0.6 })).rejects.toThrow(
    'expected --keep with which it was begun, 0.5, received 0.6',
  );
});

test('a photograph that cannot be read is listed; nothing of others is replaced', async () => {
  await writeTree(at('bad'), {
    ...camvidIndexFiles({ lists: false }),
    'train/0001TP_006690.png': 'no picture',
  });
  const request = { data: `camvid:${at('bad')}`, threshold: 0 };
  const report = await label('bad-auto', request);
  expect(report).toMatchObject({ done: 11 });
  expect(report.failed).toEqual([
    { file: at('bad/train/0001TP_006690.png'), message: expect.stringContaining('0001TP_006690.png') },
  ]);
  await writeTree(at('mine'), { 'notes.txt': 'mine' });
  await expect(label('mine', request)).rejects.toThrow(/a new or empty folder.*notes\.txt/);
  await expect(label('bad/inside', request)).rejects.toThrow('a folder outside of the data set');
});
