import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compare, resumeTraining, runAblation, train } from '../../dist/node/index.js';
import { planAblation } from '../../dist/node/jobs/ablation/index.js';
import { fast, phase, tinyConfig } from './tiny.js';

const config = tinyConfig({
  phases: [phase('scales', 2, 4e-3), phase('attention', 1, 2e-3), phase('refinement', 3, 1e-3)],
});
/** The fewest arms that show everything: a network for each scale, each of them trained on, and their attention. */
const short = tinyConfig({ phases: [phase('scales', 1, 4e-3), phase('attention', 1, 2e-3)] });
const request = { config: short, data: 'synthetic:count=4,size=48x48', session: fast, workers: 0 };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-ablation-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('the plan trains rivals for as many epochs as the hierarchy, each arm from the one before', () => {
  const { tasks, contenders } = planAblation(config, {
    seeds: 2,
    scales: [
      [0.5, 1],
      [0.5, 1, 2],
    ],
  });
  const arms = new Map(tasks.flatMap((task) => ('config' in task ? [[task.path, task] as const] : [])));
  const equal = arms.get('seed-1/single-0.5/equal')!;
  expect(equal).toMatchObject({ from: 'seed-1/single-0.5/step1', epochs: 6 });
  // With the rate and the batch norms of the last phase, for as long as both.
  expect(equal.config.phases).toEqual([
    { ...config.phases[2], kind: 'scales', epochs: 4, batchNorm: 'fixedStatistics' },
  ]);
  expect(equal.config.model).toMatchObject({ scales: [0.5], attention: { name: 'none' } });
  const refined = arms.get('seed-2/per-scale-0.5-1-2/step3-refinement')!;
  expect(refined).toMatchObject({ from: 'seed-2/per-scale-0.5-1-2/step2-attention', epochs: 6 });
  expect(refined.config).toMatchObject({ seed: 2, model: { weights: 'perScale', scales: [0.5, 1, 2] } });
  expect(arms.get('seed-1/per-scale-0.5-1/step2-attention')!.from).toBe(
    'seed-1/joined-0.5-1/step1.safetensors',
  );
  expect(arms.get('seed-1/explicit-0.5-1/step2-attention')).toMatchObject({
    from: 'seed-1/shared-0.5-1/step1',
    config: { model: { attention: { name: 'explicit', channels: 8 } } },
  });
  // A network of one scale serves all sets: 3 of them twice, then per set 2 + 2 + 2 + 2, with each seed.
  expect(arms.size).toBe(2 * (3 * 2 + 2 * 8));
  const named = new Set(contenders.map(({ name }) => name));
  for (const { reference } of contenders) expect(reference === undefined || named.has(reference)).toBe(true);
  expect(contenders.every(({ models }) => models.length === 2)).toBe(true);
  // What an arm starts from is made before it.
  const made = new Set<string>();
  for (const task of tasks) {
    for (const needed of 'config' in task ? [task.from] : task.arms)
      expect(needed === undefined || made.has(needed)).toBe(true);
    made.add(task.path);
  }
});

test('there must be attention to train, and sets of scales', () => {
  const bare = tinyConfig({ phases: [phase('scales', 1, 1e-3)] });
  expect(() => planAblation(bare)).toThrow('--ablation: expected a configuration with attention');
  expect(() => planAblation(config, { scales: [[0.5, 2]] })).toThrow('1 among them');
});

test('arms that end early would not be trained for equally long', () => {
  const rule = { earlyStop: { patience: 1 } };
  const own = tinyConfig({ phases: [phase('scales', 1, 1e-3), { ...phase('attention', 2, 1e-3), ...rule }] });
  for (const early of [{ ...config, ...rule }, own])
    expect(() => planAblation(early)).toThrow('received earlyStop');
});

test('each arm writes events for TensorBoard into a folder of its own', async () => {
  const asked: unknown[] = [];
  const tensorboard = join(folder, 'events');
  const out = join(folder, 'shown');
  await runAblation({ ...request, tensorboard }, out, {}, {}, async (task) => {
    if (task.kind === 'train') asked.push(task.request.tensorboard);
    await expect(runAblation(request, out)).rejects.toThrow(`process ${process.pid}`);
    return true;
  });
  expect(asked).toEqual([join(tensorboard, 'seed-1/single-0.5/step1')]);
});

test('with a budget of memory, what fits is chosen once for all arms', async () => {
  const out = join(folder, 'memory');
  const asked: unknown[] = [];
  const budget = { ...request, config: { ...short, memory: '8GB' } };
  const go = () =>
    runAblation(budget, out, { parts: ['shared'] }, {}, async (task) => {
      if (task.kind === 'train') asked.push(task.request.config);
      return true;
    });
  await go();
  await go();
  expect(asked).toHaveLength(2);
  for (const config of asked) expect(config).toMatchObject({ batch: short.batch, crop: short.crop });
  expect(asked.some((config) => 'memory' in (config as object))).toBe(false);
});

test('an ablation is interrupted, goes on, keeps what is finished, and is compared', async () => {
  const out = join(folder, 'out');
  const parts = ['perScale'] as const;
  const controller = new AbortController();
  // The first arm in a process of its own, ended after its first step.
  const finished = await runAblation(
    request,
    out,
    { parts },
    {
      signal: controller.signal,
      onEvent: ({ kind }) => kind === 'step' && controller.abort(),
    },
  );
  expect(finished).toBe(false);
  const first = JSON.parse(await readFile(join(out, 'seed-1/single-0.5/step1/run.json'), 'utf8'));
  expect(first.step).toBeGreaterThan(0);
  // The process may have taken its last step before the word to end reached it.
  const left = first.finished ? 'is kept' : 'goes on';

  const told: string[] = [];
  const here: Parameters<typeof runAblation>[4] = async (task, hooks) =>
    (task.kind === 'train'
      ? await train(task.request, task.out, hooks)
      : await resumeTraining(task.out, hooks)
    ).interrupted;
  const go = () => runAblation(request, out, { parts }, { onArm: ({ what }) => void told.push(what) }, here);
  expect(await go()).toBe(true);
  expect(told).toEqual([left, ...new Array(4).fill('trains')]);
  told.length = 0;
  const at = (await stat(join(out, 'seed-1/single-1/equal/model.safetensors'))).mtimeMs;
  expect(await go()).toBe(true);
  expect(told).toEqual(new Array(5).fill('is kept'));
  expect((await stat(join(out, 'seed-1/single-1/equal/model.safetensors'))).mtimeMs).toBe(at);

  const { rows } = await compare({ data: request.data, models: [out], session: fast }, { timedImages: 0 });
  const weighed = rows.find(
    ({ combine, contender }) => combine === 'hierarchical' && contender.endsWith('after attention'),
  )!;
  expect(weighed.overSingle!.contender).toBe('single-scale networks {0.5, 1}, equally trained');
  expect(weighed.training).toMatchObject({ epochs: 2 });
  const alone = rows.filter(({ combine }) => combine === 'single');
  for (const { training } of alone) expect(training!.secondsPerEpoch).toBeGreaterThan(0);

  const record = await readFile(join(out, 'ablation.json'), 'utf8');
  const others = [
    { config: { ...short, batch: 1 } },
    { moreData: [{ data: 'synthetic:count=2,size=48x48', share: 0.5 }] },
    { samplesPerEpoch: 2 },
    { init: join(out, 'seed-1/single-1/step1/model.safetensors') },
  ];
  for (const other of others)
    await expect(runAblation({ ...request, ...other }, out, {}, {}, here)).rejects.toThrow(
      'received one that was trained with another configuration',
    );
  expect(await readFile(join(out, 'ablation.json'), 'utf8')).toBe(record);

  const arm = join(out, 'seed-1/single-1/equal');
  const whole = await readFile(join(arm, 'run.json'), 'utf8');
  await writeFile(join(arm, 'run.json'), whole.replace(/"train": ?"[^"]+"/, '"train":"other"'));
  await expect(go()).rejects.toThrow('other data for seed-1/single-1/equal than for seed-1/single-0.5/step1');
  await writeFile(join(arm, 'run.json'), whole);
  const model = join(out, 'seed-1/joined-0.5-1/equal.safetensors');
  const bytes = await readFile(model);
  await writeFile(model, bytes.subarray(0, bytes.length - 9));
  const onData = () => expect.unreachable('the data are not read');
  await expect(compare({ data: request.data, models: [out] }, {}, { onData })).rejects.toThrow(model);
  await writeFile(model, bytes);

  // Of two seeds one is trained.
  await runAblation(request, out, { parts, seeds: 2 }, {}, async () => true);
  const warnings: string[] = [];
  await compare(
    { data: request.data, models: [out], session: fast },
    { timedImages: 0, blockLength: 4 },
    { onData: (_, all) => void warnings.push(...all) },
  );
  expect(warnings).toContain(`${out} is not finished: 3 of its 6 models are not trained yet and left out`);
});

test('a folder with something else is left as it is', async () => {
  const out = join(folder, 'other');
  await mkdir(out);
  await writeFile(join(out, 'mine.txt'), 'mine');
  await expect(runAblation(request, out)).rejects.toThrow('--out: expected a new or empty folder');
  expect(await readdir(out)).toEqual(['mine.txt']);
  await writeFile(join(folder, 'ablation.json'), '{"format": "other"}');
  await expect(compare({ data: request.data, models: [folder] })).rejects.toThrow('ablation.json, format');
});
