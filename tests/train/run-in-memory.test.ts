import { beforeAll, describe, expect, test } from 'vitest';
import { beginRun, resumeRun, type TrainEvent } from '../../dist/training/run/index.js';
import { memoryPlatform, until } from './memory-run.js';
import { MemoryStore } from './memory-store.js';
import { fast, phase, smallConfig } from './tiny.js';

// Two epochs of three steps in the phase `scales`, one in `attention`. No file and no thread takes part.
const config = smallConfig({ phases: [phase('scales', 2, 4e-3), phase('attention', 1, 2e-3)] });
const request = { config, data: 'memory', session: fast };
const platform = (options = {}) => memoryPlatform(config.batch, options);

const whole = new MemoryStore();
beforeAll(async () => {
  const result = await beginRun(request, whole, platform());
  expect(result).toMatchObject({ interrupted: false, step: 9, steps: 9, taken: 9, file: 'memory:model' });
  expect(result.score).toMatchObject({ images: 2, scales: [1, 0.5] });
}, 120_000);

test('a run in memory that is interrupted again and again ends in the same bits as one without a pause', async () => {
  const store = new MemoryStore();
  const first = await beginRun(request, store, platform(), until(1));
  expect(first).toMatchObject({ interrupted: true, step: 2, file: 'memory:interim' });
  expect([...store.files.keys()].sort()).toEqual(['checkpoint', 'interim', 'metrics', 'record']);
  // At the end of the first phase, then within the second.
  for (const step of [5, 7]) expect((await resumeRun(store, platform(), until(step))).step).toBe(step + 1);
  expect((await resumeRun(store, platform())).interrupted).toBe(false);
  expect([...store.files.keys()].sort()).toEqual(['best', 'checkpoint', 'metrics', 'model', 'record']);
  for (const file of ['model', 'best', 'metrics', 'checkpoint'] as const)
    expect(Buffer.compare(store.files.get(file)!, whole.files.get(file)!), file).toBe(0);
  const { parts, finished } = JSON.parse(store.text('record'));
  expect(finished).toBe(true);
  expect(parts.map(({ from, to }: { from: number; to: number }) => [from, to])).toEqual([
    [0, 2],
    [2, 6],
    [6, 8],
    [8, 9],
  ]);
}, 120_000);

test('its clock says when a step within an epoch is saved', async () => {
  const clock = { now: 0 };
  const saved: number[] = [];
  const stop = until(4);
  const onEvent = (event: TrainEvent) => {
    stop.onEvent?.(event);
    if (event.kind === 'saved') saved.push(event.step);
    if (event.kind === 'step') clock.now += 6000;
  };
  await beginRun({ ...request, saveEvery: '10s' }, new MemoryStore(), platform({ clock }), {
    ...stop,
    onEvent,
  });
  // Every second step, the end of the epoch, and the last one before the abort.
  expect(saved).toEqual([2, 3, 5]);
});

describe('refused, and nothing is changed', () => {
  const copy = () => {
    const store = new MemoryStore();
    for (const [file, bytes] of whole.files) store.files.set(file, bytes.slice());
    return store;
  };

  test.each<[string, (store: MemoryStore) => Promise<unknown>, RegExp]>([
    ['a second run', (store) => beginRun(request, store, platform()), /an empty store/],
    [
      'a run whose checkpoint is gone',
      async (store) => {
        await store.remove('checkpoint');
        return resumeRun(store, platform());
      },
      /^memory:checkpoint: expected the checkpoint of step 9/,
    ],
    [
      'other configuration',
      async (store) => {
        await store.write('record', store.text('record').replace('"seed": 1', '"seed": 2'));
        return resumeRun(store, platform());
      },
      /^memory:checkpoint: expected a checkpoint of the configuration/,
    ],
    [
      'views in a phase that trains the trunk',
      (store) => {
        store.files.clear();
        const phases = [{ ...config.phases[0]!, views: 1 }];
        return beginRun({ ...request, config: { ...config, phases } }, store, platform());
      },
      /^config, phases, views: expected no views but in the phase attention, received views in the phase scales/,
    ],
    [
      'no amount of memory',
      (store) => {
        store.files.clear();
        return beginRun({ ...request, featureCache: '8 apples' }, store, platform());
      },
      /^featureCache: expected an amount of memory/,
    ],
    [
      'weights on a platform that cannot read them',
      (store) => {
        store.files.clear();
        return beginRun({ ...request, init: 'x.safetensors' }, store, platform());
      },
      /^init: expected a platform that can read weights/,
    ],
  ])('%s', async (_, work, message) => {
    const store = copy();
    await expect(work(store)).rejects.toThrow(message);
    const model = store.files.get('model');
    if (model !== undefined) expect(Buffer.compare(model, whole.files.get('model')!)).toBe(0);
    // The lock is free again.
    await store.lock();
  });
});
