import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { resumeTraining, type TrainEvent, type TrainResult, train } from '../../dist/node/index.js';
import { trainingBase } from '../../dist/node/training-memory.js';
import { phaseMemory } from '../../dist/training/memory/index.js';
import { hmsa, said, start } from '../support/hmsa.js';
import { fast, phase, smallConfig, tinyConfig } from './tiny.js';

// Two epochs of six steps in the phase `scales`, one in `attention`; scores after each.
const data = 'synthetic:count=12,size=48x48';
const STEPS = 18;

let folder: string;
const at = (...path: string[]) => join(folder, ...path);
const model = (run: string) => readFile(at(run, 'model.safetensors'));
const metrics = (run: string) => readFile(at(run, 'metrics.jsonl'), 'utf8');
const record = async (run: string) => JSON.parse(await readFile(at(run, 'run.json'), 'utf8'));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-resume-'));
  const request = { config: tinyConfig(), data, dataOptions: {}, session: fast, workers: 0 };
  expect((await train(request, at('undisturbed'))).interrupted).toBe(false);
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

/** Goes on until the step of that number is taken, or to the end. */
async function until(last: number, work: (hooks: object) => Promise<TrainResult>): Promise<TrainResult> {
  const controller = new AbortController();
  const onEvent = (event: TrainEvent) => {
    if (event.kind === 'step' && event.step === last) controller.abort();
  };
  return work({ signal: controller.signal, onEvent });
}

test('a run that is interrupted again and again ends with the bytes of one that is not', async () => {
  const request = { config: tinyConfig(), data, session: fast, workers: 1 };
  // Within an epoch of the phase with sibling sessions, at the end of that phase, and within the next.
  const first = await until(1, (hooks) => train(request, at('halting'), hooks));
  expect(first.interrupted).toBe(true);
  for (const stop of [11, 14, STEPS]) {
    const { interrupted } = await until(stop, (hooks) => resumeTraining(at('halting'), hooks));
    expect(interrupted).toBe(stop < STEPS);
  }
  expect(Buffer.compare(await model('halting'), await model('undisturbed'))).toBe(0);
  // Scores included: the one that was due when the run was interrupted is made up for.
  expect(await metrics('halting')).toBe(await metrics('undisturbed'));
  const { parts, finished, step, steps, stepsPerEpoch } = await record('halting');
  expect(parts.map(({ from, to }: { from: number; to: number }) => [from, to])).toEqual([
    [0, 2],
    [2, 12],
    [12, 15],
    [15, 18],
  ]);
  expect({ finished, step, steps, stepsPerEpoch }).toEqual({
    finished: true,
    step: STEPS,
    steps: STEPS,
    stepsPerEpoch: 6,
  });
}, 120_000);

test('a run that fits a budget of memory keeps its choice, and ends with the same bytes when it is interrupted', async () => {
  const config = smallConfig({ batch: 4, crop: [64, 64], phases: [phase('joint', 2, 2e-3)] });
  const model19 = { ...config.model, classes: 19 };
  const chosen = { recompute: 'scales', batch: 2, accumulate: 2 } as const;
  const bytes = phaseMemory(model19, { ...config, ...chosen })[0]!.bytes;
  const memory = String(Math.ceil(1.1 * (trainingBase(0) + bytes)));
  const request = {
    config: { ...config, memory },
    data,
    session: fast,
    workers: 0,
    validationSplit: 'none',
  };
  await train(request, at('within'));
  expect((await record('within')).config).toMatchObject(chosen);
  expect((await until(1, (hooks) => train(request, at('within-halting'), hooks))).interrupted).toBe(true);
  expect((await resumeTraining(at('within-halting'))).interrupted).toBe(false);
  expect(Buffer.compare(await model('within-halting'), await model('within'))).toBe(0);
  expect((await record('within-halting')).config).toEqual((await record('within')).config);
}, 60_000);

test('a finished run that is resumed stays as it is', async () => {
  await cp(at('undisturbed'), at('again'), { recursive: true });
  const { interrupted } = await resumeTraining(at('again'));
  expect(interrupted).toBe(false);
  expect(Buffer.compare(await model('again'), await model('undisturbed'))).toBe(0);
  expect(await metrics('again')).toBe(await metrics('undisturbed'));
  expect(await record('again')).toEqual(await record('undisturbed'));
});

test('the record says where the numbers come from', async () => {
  const found = await record('undisturbed');
  expect(found).toMatchObject({
    config: tinyConfig(),
    data,
    session: fast,
    fingerprints: {
      train: expect.stringContaining('split=train'),
      validation: expect.stringContaining('split=val'),
    },
    versions: { hmsa: expect.any(String), 'onnxruntime-node': expect.any(String), node: process.version },
    images: 12,
    validation: { epoch: 2, images: 12, combine: 'hierarchical', scales: [1, 0.5] },
  });
  expect(found.validation.perClass).toHaveLength(19);
  expect(Date.parse(found.parts[0].started)).toBeGreaterThan(Date.parse('2020-01-01'));
});

test('data that are others are refused', async () => {
  await cp(at('undisturbed'), at('changed'), { recursive: true });
  await writeFile(
    at('changed', 'run.json'),
    JSON.stringify({ ...(await record('changed')), data: `${data},seed=2` }),
  );
  await expect(resumeTraining(at('changed'))).rejects.toThrow(
    /^resume: expected the training data of synthetic:.* as they were when the run began, received others\./,
  );
  expect(Buffer.compare(await model('changed'), await model('undisturbed'))).toBe(0);
});

/** Resolves once the record tells of that step. */
async function noted(out: string, step: number): Promise<void> {
  for (;;) {
    const text = await readFile(join(out, 'run.json'), 'utf8').catch(() => '{}');
    if (JSON.parse(text).step >= step) return;
    await setTimeout(50);
  }
}

test.skipIf(process.platform === 'win32')(
  'the command line: killed, it goes on from its last checkpoint; Ctrl-C saves and says how to go on',
  async () => {
    const out = at('command');
    const request = { config: tinyConfig(), data, session: fast };
    await until(0, (hooks) => train(request, out, hooks));
    const first = start(['train', '--resume', out]);
    await noted(out, 6);
    first.child.kill('SIGKILL');
    expect((await first.outcome).code).toBe('SIGKILL');
    // As if it had come further, and had been cut off while it wrote.
    await writeFile(at('command', 'metrics.jsonl'), `${await metrics('command')}{"step":10,"loss":1}\n{"st`);

    const second = start(['train', '--resume', out]);
    await said(
      second.child,
      /took over .* from process \d+, which locked it at .* and ended without releasing it/,
    );
    await noted(out, 12);
    second.child.kill('SIGINT');
    const { code, stdout, stderr } = await second.outcome;
    expect(code).toBe(130);
    expect(stdout).toBe('');
    expect(stderr).toMatch(
      new RegExp(
        `hmsa: interrupted and saved after step 1\\d of 18; resume with: npx hmsa train --resume ${out}\\n`,
      ),
    );

    const third = await hmsa('train', '--resume', out, '--quiet');
    expect(third).toMatchObject({ code: 0, stderr: '' });
    expect(third.stdout).toContain('mean IoU');
    expect(Buffer.compare(await model('command'), await model('undisturbed'))).toBe(0);
    expect(await metrics('command')).toBe(await metrics('undisturbed'));
  },
  180_000,
);

test.each([
  ['--seed', '2'],
  ['--data', data],
  ['--threads', '1'],
])('--resume beside %s is refused', async (flag, value) => {
  const { code, stderr } = await hmsa('train', '--resume', at('undisturbed'), flag, value);
  expect(code).toBe(1);
  expect(stderr).toMatch(new RegExp(`^hmsa: --resume: .*received ${flag}\\. [^\\n]*\\n$`));
});
