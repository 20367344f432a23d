import { expect, test } from 'vitest';
import { decodeModel } from '../../dist/model/file/index.js';
import { decodeCheckpoint, weightsOf } from '../../dist/training/index.js';
import { beginRun, resumeRun } from '../../dist/training/run/index.js';
import { memoryPlatform, until } from './memory-run.js';
import { MemoryStore } from './memory-store.js';
import { fast, phase, smallConfig } from './tiny.js';

// Averages and statistics that are measured anew, after each phase. An epoch has three steps.
const config = smallConfig({
  phases: [
    { ...phase('scales', 1, 4e-3), recalibrate: 2 },
    { ...phase('attention', 1, 1e-2), recalibrate: 1 },
  ],
  ema: { decay: 0.9, warmUp: true },
  freeze: ['trunk.features.0'],
  validateEvery: 1,
});
const request = { config, data: 'memory', session: fast };

test('models have statistics that fit their weights, also where a run is interrupted', async () => {
  const whole = new MemoryStore();
  await beginRun(request, whole, memoryPlatform(config.batch));
  const [model, raw] = (['model', 'raw'] as const).map(
    (file) => decodeModel(whole.files.get(file)!, file).weights,
  );
  const { values } = decodeCheckpoint(whole.files.get('checkpoint')!, 'checkpoint');
  const described = { ...config.model, classes: 3 };
  const [running, averaged] = [false, true].map((average) => weightsOf(described, values, { average }));
  const data = (weights: typeof model, name: string) => weights!.get(name)!.data;
  // The model has the averages, the raw one the weights of the last step.
  const classifier = 'head.classifier.weight';
  expect(data(model, classifier)).toEqual(data(averaged, classifier));
  expect(data(raw, classifier)).toEqual(data(running, classifier));
  expect(data(raw, classifier)).not.toEqual(data(model, classifier));
  // What the second phase cannot have shifted is as the end of the first has measured it; the attention is measured again.
  const ofHead = [...running!.keys()].find((name) => /^head\..*running_mean$/.test(name))!;
  expect(data(raw, ofHead)).toEqual(data(running, ofHead));
  const attention = [...running!.keys()].find((name) => /^attention\..*running_mean$/.test(name))!;
  expect(data(raw, attention)).not.toEqual(data(running, attention));
  // The frozen layer has its first statistics.
  expect(data(raw, 'trunk.features.0.1.running_mean').every((value) => value === 0)).toBe(true);

  const store = new MemoryStore();
  // At the end of the first phase, and within the second.
  await beginRun(request, store, memoryPlatform(config.batch), until(2));
  await resumeRun(store, memoryPlatform(config.batch), until(3));
  await resumeRun(store, memoryPlatform(config.batch));
  for (const file of ['model', 'raw', 'best', 'metrics', 'checkpoint'] as const)
    expect(Buffer.compare(store.files.get(file)!, whole.files.get(file)!), file).toBe(0);
}, 60_000);
