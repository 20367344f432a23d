import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeLabels, loadModel, resumeTraining } from '../../dist/node/index.js';
import { hmsa } from '../support/hmsa.js';

/** What version 0.1 has left; see the README there. */
const fixture = (...path: string[]) =>
  new URL(`../fixtures/v0.1/${path.join('/')}`, import.meta.url).pathname;

let folder: string;
const at = (...path: string[]) => join(folder, ...path);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-v0.1-'));
  await cp(fixture(), folder, { recursive: true });
});
afterAll(() => rm(folder, { recursive: true }));

test('a model of version 0.1 labels as it did there', async () => {
  const model = await loadModel(at('finished', 'model.safetensors'), { threads: 1 });
  try {
    const { labels } = await model.segment(at('photo.png'));
    const then = await decodeLabels(at('photo.labels.png'));
    expect(new Set(then.data).size).toBeGreaterThan(3);
    // Where two classes are next to equal, another processor may take the other.
    expect(labels.filter((label, i) => label !== then.data[i]).length).toBeLessThan(10);
  } finally {
    await model.dispose();
  }
});

test('a finished run of version 0.1 is done and stays as it is', async () => {
  const before = await readdir(at('finished'), { recursive: true });
  const { code, stdout, stderr } = await hmsa('train', '--resume', at('finished'));
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${at('finished', 'model.safetensors')}\n` });
  expect(stderr).toContain('the run was already finished, at step 480; try: npx hmsa segment ');
  expect(await readdir(at('finished'), { recursive: true })).toEqual(before);
  for (const name of ['model.safetensors', 'metrics.jsonl', 'checkpoints/last.safetensors'])
    expect(
      Buffer.compare(await readFile(at('finished', name)), await readFile(fixture('finished', name))),
    ).toBe(0);
});

test('an interrupted run of version 0.1 goes on to its end', async () => {
  const result = await resumeTraining(at('stopped'));
  expect(result).toMatchObject({ interrupted: false, step: 480, steps: 480 });
  const lines = async (run: string) =>
    (await readFile(join(run, 'metrics.jsonl'), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  // The same steps on the same data as those of the run that was not interrupted, and close to its numbers: other
  // processors round otherwise.
  const [now, then] = [await lines(at('stopped')), await lines(fixture('finished'))];
  expect(now.map(({ step, epoch }) => [step, epoch])).toEqual(then.map(({ step, epoch }) => [step, epoch]));
  const losses = (all: typeof now) => all.flatMap(({ loss }) => (loss === undefined ? [] : [loss]));
  for (const [i, loss] of losses(now).entries()) expect(loss).toBeCloseTo(losses(then)[i], 1);
});
