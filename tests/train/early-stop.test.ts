import { beforeAll, describe, expect, test } from 'vitest';
import { decodeModel } from '../../dist/model/file/index.js';
import { decodeCheckpoint, weightsOf } from '../../dist/training/index.js';
import { beginRun, resumeRun, type TrainEvent, type TrainResult } from '../../dist/training/run/index.js';
import { memoryPlatform, until } from './memory-run.js';
import { MemoryStore } from './memory-store.js';
import { fast, phase, smallConfig } from './tiny.js';

// No epoch gains half of the mean IoU, so none but the first of a phase is an improvement. An epoch has three steps.
const config = smallConfig({
  phases: [
    phase('scales', 3, 4e-3),
    { ...phase('attention', 2, 1e-2), earlyStop: false },
    phase('refinement', 3, 4e-3),
  ],
  validateEvery: 1,
  earlyStop: { patience: 1, minimumImprovement: 0.5 },
});
const request = { config, data: 'memory', session: fast };
const ends = [
  { phase: 0, epochs: 2 },
  { phase: 2, epochs: 2 },
];
// 2 of 3 epochs, both, 2 of 3.
const STEPS = 18;

const whole = new MemoryStore();
const told: TrainEvent[] = [];
let result: TrainResult;
beforeAll(async () => {
  const hooks = { onEvent: (event: TrainEvent) => void told.push(event) };
  result = await beginRun(request, whole, memoryPlatform(config.batch), hooks);
}, 120_000);

const record = (store: MemoryStore) => JSON.parse(store.text('record'));
const lines = (store: MemoryStore) =>
  store
    .text('metrics')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

test('a phase ends after its patience, and the run is done with the last of them', () => {
  expect(result).toMatchObject({ interrupted: false, step: STEPS, steps: STEPS, earlyEnds: ends });
  expect(record(whole)).toMatchObject({ finished: true, step: STEPS, steps: STEPS, earlyEnds: ends });
  const early = told.filter((event) => event.kind === 'endedEarly');
  expect(early.map(({ phase: { kind }, epoch, since }) => [kind, epoch, since])).toEqual([
    ['scales', 1, 0],
    ['refinement', 5, 4],
  ]);
  const steps = told.filter((event) => event.kind === 'step');
  expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: STEPS }, (_, i) => i));
  expect(steps.map(({ phase: { kind } }) => kind[0]).join('')).toBe('ssssssaaaaaarrrrrr');
});

test('the best model is that of the best validation since they are made in the same way', () => {
  const scores = lines(whole).filter((line) => line.validation);
  expect(scores.map(({ epoch, validation: { combine } }) => `${epoch} ${combine}`)).toEqual([
    ...['0 single', '1 single'],
    ...['2', '3', '4', '5'].map((epoch) => `${epoch} hierarchical`),
  ]);
  const comparable = scores.slice(2);
  const most = Math.max(...comparable.map(({ validation: { meanIoU } }) => meanIoU));
  const { epoch, step } = comparable.find(({ validation: { meanIoU } }) => meanIoU === most);
  const best = { epoch, step, meanIoU: most, scales: [1, 0.5], combine: 'hierarchical' };
  expect(record(whole).best).toEqual(best);
  expect(result.best).toEqual({ ...best, file: 'memory:best' });
  const chosen = told.filter((event) => event.kind === 'validation' && event.isBest);
  expect(chosen.at(-1)).toMatchObject({ epoch, step });
});

test('wherever it is interrupted, a run ends in the same files', async () => {
  const store = new MemoryStore();
  // At the end of the phase that ends early, and within the last phase.
  await beginRun(request, store, memoryPlatform(config.batch), until(5));
  await resumeRun(store, memoryPlatform(config.batch), until(13));
  expect(await resumeRun(store, memoryPlatform(config.batch))).toMatchObject({ earlyEnds: ends });
  for (const file of ['model', 'best', 'metrics', 'checkpoint'] as const)
    expect(Buffer.compare(store.files.get(file)!, whole.files.get(file)!), file).toBe(0);
  const { parts: _, peakMemoryBytes: __, loader: ___, ...rest } = record(store);
  expect(record(whole)).toMatchObject(rest);
  // A run that is done stays as it is.
  const before = new Map(store.files);
  expect(await resumeRun(store, memoryPlatform(config.batch))).toMatchObject({ taken: 0, step: STEPS });
  expect([...store.files]).toEqual([...before]);
}, 120_000);

/** A store whose process is killed when it writes a file for the n-th time, before or after the write. */
class KilledStore extends MemoryStore {
  writes = 0;
  constructor(readonly at: number) {
    super();
  }
  override async write(...[file, content]: Parameters<MemoryStore['write']>): Promise<void> {
    if (this.writes++ === this.at) throw new Error('killed');
    await super.write(file, content);
  }
}

test('killed at every second write around the early end, it decides the same', async () => {
  const short = { ...request, config: { ...config, phases: config.phases.slice(0, 1) } };
  const undisturbed = new KilledStore(Number.POSITIVE_INFINITY);
  await beginRun(short, undisturbed, memoryPlatform(config.batch));
  expect(record(undisturbed)).toMatchObject({ steps: 6, earlyEnds: [{ phase: 0, epochs: 2 }] });
  // Five writes up to the best model of the first epoch; then checkpoint, record, scores of the second, model, record.
  expect(undisturbed.writes).toBeGreaterThanOrEqual(10);
  for (let at = 5; at < undisturbed.writes; at += 2) {
    const store = new KilledStore(at);
    await expect(beginRun(short, store, memoryPlatform(config.batch))).rejects.toThrow('killed');
    await resumeRun(store, memoryPlatform(config.batch));
    for (const file of ['model', 'best', 'metrics', 'checkpoint'] as const)
      expect(Buffer.compare(store.files.get(file)!, undisturbed.files.get(file)!), `${file}, ${at}`).toBe(0);
  }
}, 120_000);

describe('resumed', () => {
  const halted = async (step: number) => {
    const store = new MemoryStore();
    await beginRun(request, store, memoryPlatform(config.batch), until(step));
    return store;
  };

  test('without its best model, it chooses anew and says so', async () => {
    const store = await halted(4);
    await store.remove('best');
    const warnings: string[] = [];
    await resumeRun(store, memoryPlatform(config.batch), {
      onEvent: (event) => void (event.kind === 'warning' && warnings.push(event.what)),
    });
    expect(warnings).toContain('memory:best is gone: it will be the best of the validations that follow');
    const { best } = record(store);
    expect(decodeModel(store.files.get('best')!, 'best').config.scales).toEqual([0.5, 1]);
    expect(best).toEqual(record(whole).best);
  }, 60_000);

  test('with other validation data, no earlier score counts', async () => {
    const store = await halted(4);
    const warnings: string[] = [];
    const controller = new AbortController();
    await resumeRun(store, memoryPlatform(config.batch, { validation: 200 }), {
      signal: controller.signal,
      onEvent(event) {
        if (event.kind === 'warning') warnings.push(event.what);
        if (event.kind === 'validation') controller.abort();
      },
    });
    expect(warnings.join()).toMatch(/the best model is chosen anew; phases may end at other epochs/);
    // Its second epoch is the first that counts, so the phase goes on.
    expect(record(store).waiting).toMatchObject({ phase: 0, epoch: 1 });
    expect(record(store).earlyEnds).toBeUndefined();
  }, 60_000);
});

test('the model is that of the last step, the best one that of its own', async () => {
  const last = decodeModel(whole.files.get('model')!, 'model').weights;
  const { values } = decodeCheckpoint(whole.files.get('checkpoint')!, 'checkpoint');
  const model = { ...config.model, classes: 3 };
  for (const [name, { data }] of weightsOf(model, values)) expect(last.get(name)!.data).toEqual(data);
});

test.each<[string, Record<string, unknown>, object, RegExp]>([
  ['no validation', { validateEvery: 0 }, {}, /^config, earlyStop: expected validations/],
  ['no validation data', {}, { validation: undefined }, /^earlyStop: expected validation data/],
])('early stop with %s is refused', async (_, changes, data, message) => {
  const platform = memoryPlatform(config.batch);
  const openData: typeof platform.openData = async (...given) => {
    const opened = await platform.openData(...given);
    return { ...opened, check: async (signal) => ({ ...(await opened.check(signal)), ...data }) };
  };
  const run = beginRun({ ...request, config: { ...config, ...changes } }, new MemoryStore(), {
    ...platform,
    openData,
  });
  await expect(run).rejects.toThrow(message);
});
