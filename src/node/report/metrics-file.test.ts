import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { MetricsFile } from './metrics-file.js';

test('metrics are read as they grow; cut lines are left out, and of many steps means of one phase are kept', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hmsa-metrics-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'metrics.jsonl');
  const file = new MetricsFile(path);
  expect(await file.look()).toEqual({ points: [], validations: [] });
  await writeFile(path, '{"step":0,"phase":"scales","loss":3,"learningRate":0.1}\nnull\n{"step":1,"lo');
  expect((await file.look()).points).toEqual([
    { step: 0, loss: 3, learningRate: 0.1, metrics: { loss: 3, learningRate: 0.1 } },
  ]);
  const validation = { meanIoU: null, pixelAccuracy: 0.5, combine: 'single', scales: [1] };
  await appendFile(path, `ss":2}\n${JSON.stringify({ step: 2, epoch: 0, validation })}\n`);
  const { points, validations } = await file.look();
  expect(points.map(({ step, loss }) => [step, loss])).toEqual([
    [0, 3],
    [1, 2],
  ]);
  expect(validations).toEqual([{ ...validation, meanIoU: Number.NaN, step: 2, epoch: 0 }]);

  // Another file in its place, of 20000 steps in two phases.
  await rm(path);
  const lines = Array.from({ length: 20_000 }, (_, step) =>
    JSON.stringify({ step, phase: step < 5001 ? 'scales' : 'joint', loss: step < 5001 ? 8 : 2 }),
  );
  await writeFile(path, `${lines.join('\n')}\n`);
  const many = (await file.look()).points;
  expect(many.length).toBeLessThan(8192);
  expect(many.at(-1)!.step).toBe(19_999);
  expect(new Set(many.map(({ loss }) => loss))).toEqual(new Set([8, 2]));
  expect(many.find(({ loss }) => loss === 2)!.step).toBeLessThan(5010);
});
