import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { float32 } from '../../dist/base/arrays.js';
import { HmsaError } from '../../dist/base/errors/index.js';
import { openSession } from '../../dist/node/session/index.js';
// The internal form, whose third argument is the worker's script.
import { openSession as openWith } from '../../dist/node/session/open-session.js';
import { accumulator, longRun } from './models.js';

const fixture = (name: string) => new URL(`./fixtures/${name}`, import.meta.url);
const feeds = () => ({ g: float32(Float32Array.of(1), [1]) });

test('the event loop turns while a run is under way', async () => {
  const side = 400;
  const session = await openSession(longRun(side, 40), { threads: 1 });
  const matrix = () => float32(new Float32Array(side * side), [side, side]);
  let turns = 0;
  let running = true;
  const turn = () => {
    turns++;
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  await session.run({ x0: matrix(), m: matrix() });
  running = false;
  await session.dispose();
  expect(turns).toBeGreaterThan(50);
});

test('a model is transferred on request, and copied otherwise', async () => {
  const model = accumulator(1);
  await (await openSession(model, { threads: 1 })).dispose();
  expect(model.length).toBeGreaterThan(0);
  await (await openSession(model, { threads: 1, transfer: true })).dispose();
  expect(model.length).toBe(0);
});

describe('when the worker ends by itself', () => {
  const open = (how: string) => openWith(accumulator(1), { profile: how }, fixture('crashing-worker.mjs'));

  test.each([
    ['exit', 'its end with exit code 4'],
    ['throw', '"out of luck" inside it'],
  ])('by %s, what is under way and all that follows is rejected', async (how, received) => {
    const session = await open(how);
    const message = `session: expected the session's worker thread to keep running, received ${received}. Open the session`;
    const results = await Promise.allSettled([
      session.run(feeds()),
      session.run(feeds()),
      session.getState(),
    ]);
    for (const result of results) {
      expect(result).toMatchObject({ status: 'rejected', reason: { name: 'HmsaError' } });
      expect((result as PromiseRejectedResult).reason.message).toContain(message);
    }
    await expect(session.run(feeds())).rejects.toBeInstanceOf(HmsaError);
    await session.dispose();
    await expect(session.run(feeds())).rejects.toThrow('one that was disposed');
  });

  test('before it is open, opening is rejected', async () => {
    await expect(open('exit at once')).rejects.toThrow('its end with exit code 3');
  });
});

describe('a process with an open session', () => {
  const side = 500;
  const folder = mkdtempSync(join(tmpdir(), 'hmsa-worker-'));
  const model = join(folder, 'model.onnx');
  beforeAll(() => writeFileSync(model, longRun(side, 60)));
  afterAll(() => rmSync(folder, { recursive: true }));
  const run = (how: string) => {
    const script = fileURLToPath(fixture('end-during-run.mjs'));
    return spawnSync(process.execPath, [script, how, model, String(side)], {
      encoding: 'utf8',
      timeout: 300_000,
    });
  };

  test('ends by itself when nothing is under way', () => {
    expect(run('idle')).toMatchObject({ status: 0, stdout: 'ran', stderr: '' });
  });

  test('ends with its own exit code in the middle of a run', () => {
    expect(run('exit')).toMatchObject({ status: 5, signal: null, stdout: 'during the run', stderr: '' });
  });

  test('reports its own uncaught error in the middle of a run', () => {
    const { status, stderr, stdout } = run('throw');
    expect({ status, stdout }).toEqual({ status: 1, stdout: 'during the run' });
    expect(stderr).toContain('Error: uncaught');
    expect(stderr).not.toContain('Napi');
  });
});
