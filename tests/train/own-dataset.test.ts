import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Dataset } from '../../dist/data/index.js';
import {
  openDatasetModule,
  openLoader,
  resumeTraining,
  type TrainEvent,
  type TrainRequest,
  type TrainResult,
  train,
} from '../../dist/node/index.js';
import { hmsa } from '../support/hmsa.js';
import { fast, phase, smallConfig } from './tiny.js';

/** A class of somebody's own, which knows nothing of hmsa. Its label is the brightest colour. */
const program = `
export class Stripes {
  #count;
  #seed;
  classes = { names: ['red', 'green', 'blue'], colors: [[255, 0, 0], [0, 255, 0], [0, 0, 255]], ignore: 255 };
  constructor({ count, seed = 1 }) {
    this.#count = count;
    this.#seed = seed;
  }
  get length() {
    return this.#count;
  }
  async get(index) {
    const label = Uint8Array.from({ length: 48 * 40 }, (_, at) => Math.floor(at / (5 + this.#seed + index)) % 3);
    const image = new Uint8Array(3 * label.length).fill(30);
    label.forEach((id, at) => { image[3 * at + id] = 200; });
    return { image, label, width: 48, height: 40, id: 'stripes-' + index };
  }
}
export const stripes = (options) => new Stripes(options);
export const nothing = () => ({});
export const failing = () => { throw new Error('out of stripes'); };
`;

let folder: string;
let module: string;
let Stripes: new (options: object) => Dataset;
const at = (...path: string[]) => join(folder, ...path);
const model = (run: string) => readFile(at(run, 'model.safetensors'));
const record = async (run: string) => JSON.parse(await readFile(at(run, 'run.json'), 'utf8'));
const stripes = (options: object) => ({ module, export: 'stripes', options });

// An epoch of two steps in each phase; scores after each.
const STEPS = 4;
const config = smallConfig({ phases: [phase('scales', 1, 4e-3), phase('attention', 1, 2e-3)] });
const shared = { config, session: fast };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-own-'));
  module = at('stripes.mjs');
  await writeFile(module, program);
  ({ Stripes } = await import(pathToFileURL(module).href));
});
afterAll(() => rm(folder, { recursive: true }));

/** Trains until the step of that number is taken. */
function until(step: number, request: TrainRequest, out: string): Promise<TrainResult> {
  const controller = new AbortController();
  const onEvent = (event: TrainEvent) => {
    if (event.kind === 'step' && event.step === step) controller.abort();
  };
  return train(request, out, { signal: controller.signal, onEvent });
}

test('a data set of one’s own is trained on in this process and in threads, with the same bits, and resumes', async () => {
  const [data, validationData] = [new Stripes({ count: 4 }), new Stripes({ count: 2, seed: 7 })];
  const said: string[] = [];
  const onEvent = (event: TrainEvent) => {
    if (event.kind === 'preparing' || event.kind === 'warning') said.push(event.what);
  };
  const whole = await train({ ...shared, data, validationData }, at('object'), { onEvent });
  expect(whole).toMatchObject({
    interrupted: false,
    steps: STEPS,
    model: { imageSize: { width: 48, height: 40 } },
  });
  expect(whole.score).toMatchObject({ images: 2 });
  expect(said).toEqual(
    expect.arrayContaining([
      'training on 4 photographs of an object (Stripes); 3 classes.',
      'scoring on 2 photographs of an object (Stripes).',
    ]),
  );
  expect((await record('object')).data).toEqual({ object: 'Stripes' });

  const sources = { data: stripes({ count: 4 }), validationData: stripes({ count: 2, seed: 7 }) };
  const first = await until(1, { ...shared, ...sources, workers: 2 }, at('module'));
  expect(first.interrupted).toBe(true);
  expect((await record('module')).data).toEqual({
    module: pathToFileURL(module).href,
    export: 'stripes',
    options: { count: 4 },
  });
  // From the folder alone, as the command line does it.
  const { code, stderr } = await hmsa('train', '--resume', at('module'));
  expect(code).toBe(0);
  expect(stderr).toContain(`running stripes of ${pathToFileURL(module).href}, which gives the data.`);
  expect(stderr).toContain('the training data have no fingerprint');
  expect(Buffer.compare(await model('module'), await model('object'))).toBe(0);

  expect((await until(1, { ...shared, data, validationData }, at('halted'))).interrupted).toBe(true);
  await expect(resumeTraining(at('halted'))).rejects.toThrow(
    /^resume: expected an object \(Stripes\) as validationData, .*Give the same object again: resumeTraining\(/,
  );
  await expect(resumeTraining(at('halted'), {}, { validationData })).rejects.toThrow(
    /^resume: expected an object \(Stripes\) as data, /,
  );
  await resumeTraining(at('halted'), {}, { data, validationData });
  expect(Buffer.compare(await model('halted'), await model('object'))).toBe(0);
  await expect(resumeTraining(at('module'), {}, { data })).rejects.toThrow(
    /^resumeTraining, data: expected none/,
  );
}, 240_000);

test('a loader has the same batches from an object and from its module', async () => {
  const options = { batchSize: 2, seed: 5, augment: { crop: { width: 32, height: 32 }, flip: 0.5 } };
  const ids: string[][] = [];
  const batches: Uint8Array[] = [];
  for (const [data, workers] of [
    [new Stripes({ count: 5 }), 0],
    [stripes({ count: 5 }), 2],
  ] as const) {
    const loader = await openLoader(data, { ...options, workers });
    for await (const batch of loader.epoch(0)) {
      ids.push([...batch.ids]);
      batches.push(batch.images, batch.labels);
    }
    await loader.close();
  }
  expect(ids.slice(3)).toEqual(ids.slice(0, 3));
  expect(batches.slice(6)).toEqual(batches.slice(0, 6));
});

test('a loader in threads is closed in the middle of its batches', async () => {
  const loader = await openLoader(stripes({ count: 5 }), { batchSize: 2, seed: 5, workers: 2 });
  const stream = loader.stream();
  await stream.next();
  const waiting = Promise.allSettled([stream.next(), stream.next()]);
  await loader.close();
  await waiting;
  await expect(loader.stream().next()).rejects.toThrow('the loader is closed');
});

test.each([
  [
    'a missing module',
    { module: 'nowhere.mjs', export: 'stripes' },
    /nowhere\.mjs: expected a module that can be imported/,
  ],
  [
    'a module that is no file',
    { module: 'https://example.org/x.mjs', export: 'x' },
    /the file: URL or path of a module/,
  ],
  [
    'a misspelt name',
    { export: 'nothin' },
    /^nothin of .*received no export of that name\. Did you mean nothing\?/,
  ],
  ['a function that gives none', { export: 'nothing' }, /^nothing of .*expected a data set/],
  [
    'a function that throws',
    { export: 'failing' },
    /^failing of .*expected a data set, received "out of stripes"/,
  ],
])('%s is said', async (_, source, message) => {
  await expect(openDatasetModule({ module, ...source })).rejects.toThrow(message);
});

test.each([
  ['dataOptions', { dataOptions: { split: 'train' } }, /expected dataOptions only with KIND:PATH/],
  ['a split to score', { validationSplit: 'val' }, /expected validationSplit only with KIND:PATH/],
  [
    'no data set',
    { data: { module: 'x.mjs' } as never },
    /^train, data: expected a text KIND:PATH, a data set, or \{ module/,
  ],
  [
    'another kind of data',
    { data: 'synthetic:count=2', validationData: { module: 'x.mjs', export: 'x' } },
    /validationSplit/,
  ],
  ['an empty data set', { data: () => new Stripes({ count: 0 }) }, /expected at least one photograph/],
])('%s is refused, and the folder left as it was', async (_, change, message) => {
  const data = 'data' in change && typeof change.data === 'function' ? change.data() : undefined;
  const request = {
    ...shared,
    data: new Stripes({ count: 2 }),
    ...change,
    ...(data && { data }),
  } as TrainRequest;
  await expect(train(request, at('refused'))).rejects.toThrow(message);
  await expect(readFile(at('refused', 'run.json'))).rejects.toThrow('ENOENT');
});
