import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hmsa, start } from '../support/hmsa.js';
import { phase, tinyChanges } from '../train/tiny.js';

let folder: string;
const at = (...path: string[]) => join(folder, ...path);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-signals-'));
  await writeFile(at('long.json'), JSON.stringify({ ...tinyChanges, phases: [phase('scales', 500, 1e-3)] }));
});
afterAll(() => rm(folder, { recursive: true }));

/** Starts a run that would go on for long, and waits for its first checkpoint. */
async function training(out: string) {
  const args = [
    '--data',
    'synthetic:count=4,size=48x48',
    '--config',
    at('long.json'),
    '--validation',
    'none',
  ];
  const run = start(['train', ...args, '--threads', '1', '--quiet', '--out', out]);
  while (JSON.parse(await readFile(join(out, 'run.json'), 'utf8').catch(() => '{}')).step === undefined)
    await setTimeout(50);
  while (JSON.parse(await readFile(join(out, 'run.json'), 'utf8')).step === 0) await setTimeout(50);
  return run;
}

/** On Windows a signal ends a process at once, without a word to it. */
const signalled = test.skipIf(process.platform === 'win32');

signalled.each([
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s saves and ends with %d', async (signal, code) => {
  const { child, outcome } = await training(at(signal));
  const args = ['--data', 'synthetic:count=4,size=48x48', '--quiet', '--out', at(signal)];
  const before = await hmsa('train', ...args);
  expect(before.code).toBe(1);
  expect(before.stderr).toMatch(
    new RegExp(
      `^hmsa: .*: expected a folder that no other process writes into, received process ${child.pid}, `,
    ),
  );
  child.kill(signal);
  const ended = await outcome;
  expect(ended.code).toBe(code);
  expect(ended.stderr).toMatch(
    /hmsa: interrupted and saved after step (\d+) of 1000; resume with: npx hmsa train --resume /,
  );
  const { step } = JSON.parse(await readFile(at(signal, 'run.json'), 'utf8'));
  expect(ended.stderr).toContain(`after step ${step} of`);
  expect((await readdir(at(signal))).sort()).toEqual([
    'checkpoints',
    'interim.safetensors',
    'metrics.jsonl',
    'run.json',
  ]);
});

test('two trainings that are started at once into one folder: one trains, the other is refused', async () => {
  const args = [
    '--data',
    'synthetic:count=4,size=48x48',
    '--config',
    at('long.json'),
    '--validation',
    'none',
  ];
  const runs = [1, 2].map((seed) =>
    start(['train', ...args, '--threads', '1', '--seed', String(seed), '--quiet', '--out', at('both')]),
  );
  const refused = await Promise.race(runs.map(async ({ outcome }, i) => ({ i, ...(await outcome) })));
  expect(refused.code).toBe(1);
  const other = runs[1 - refused.i]!;
  expect(refused.stderr).toMatch(
    new RegExp(
      `^hmsa: .*both: expected a folder that no other process writes into, received process ${other.child.pid}, `,
    ),
  );
  while (!(await readdir(at('both'))).includes('run.json')) await setTimeout(50);
  const { config } = JSON.parse(await readFile(at('both', 'run.json'), 'utf8'));
  expect(config.seed).toBe(2 - refused.i);
  other.child.kill('SIGKILL');
  await other.outcome;
});

signalled('a signal that comes three times at once is one, and a fourth ends at once', async () => {
  const body = `
    import { interruptible } from ${JSON.stringify(new URL('../../dist/cli/run.js', import.meta.url).href)};
    const waiting = setInterval(() => {}, 1000);
    await interruptible((signal) => {
      for (let i = 0; i < process.argv[2]; i++) process.kill(process.pid, 'SIGINT');
      return new Promise((resolve) => signal.addEventListener('abort', () => setTimeout(resolve, 100)));
    });
    clearInterval(waiting);
    process.exitCode = 130;`;
  await writeFile(at('computing.mjs'), body);
  const [three, four] = ['3', '4'].map((count) => start([at('computing.mjs'), count], [process.execPath]));
  expect(await three!.outcome).toMatchObject({ code: 130, stderr: '' });
  expect(await four!.outcome).toMatchObject({ code: 'SIGINT', stderr: 'hmsa: ended at once\n' });
});

signalled(
  'an end that waits for ONNX Runtime is cut short by a signal, and leaves no half file',
  async () => {
    const body = `
    import { nativeCallFlags, waitAtExit } from ${JSON.stringify(new URL('../../dist/node/session/native-calls.js', import.meta.url).href)};
    import { writeFileAtomic } from ${JSON.stringify(new URL('../../dist/node/files/index.js', import.meta.url).href)};
    const inside = nativeCallFlags();
    Atomics.store(inside, 0, 1);
    waitAtExit(inside);
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => {});
    async function* endless() { yield 'half'; process.stdout.write('begun'); await new Promise(() => {}); }
    void writeFileAtomic(${JSON.stringify(at('left', 'file'))}, endless());
    setInterval(() => {}, 1000);
    process.stdin.on('data', () => process.exit(5));`;
    await writeFile(at('ending.mjs'), body);
    const { child, outcome } = start([at('ending.mjs')], [process.execPath]);
    const seen = (text: string) =>
      new Promise<void>((resolve) => {
        child.stdout.on('data', (piece: string) => {
          if (piece.includes(text)) resolve();
        });
      });
    await seen('begun');
    child.stdin.write('end');
    // Until its listeners are gone, a signal does nothing.
    const again = setInterval(() => child.kill('SIGINT'), 50);
    expect((await outcome).code).toBe('SIGINT');
    clearInterval(again);
    expect(await readdir(at('left'))).toEqual([]);
  },
);

signalled('a second Ctrl-C ends at once, by the signal itself', async () => {
  const body = `
    import { interruptible } from ${JSON.stringify(new URL('../../dist/cli/run.js', import.meta.url).href)};
    import { writeFileAtomic } from ${JSON.stringify(new URL('../../dist/node/files/index.js', import.meta.url).href)};
    // What holds the process back: an exit that never comes, and a file that is half written.
    process.on('exit', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
    async function* endless() { yield 'half'; process.stderr.write('begun'); await new Promise(() => {}); }
    setInterval(() => {}, 1000);
    await interruptible(() => writeFileAtomic(${JSON.stringify(at('half', 'file'))}, endless()));`;
  await writeFile(at('body.mjs'), body);
  const { child, outcome } = start([at('body.mjs')], [process.execPath]);
  while (!(await readdir(at('half')).catch(() => [])).some((name) => name.startsWith('.hmsa-')))
    await setTimeout(50);
  child.kill('SIGINT');
  await setTimeout(800);
  expect(child.exitCode).toBe(null);
  child.kill('SIGINT');
  const { code, stderr } = await outcome;
  expect(code).toBe('SIGINT');
  // Node may warn that it closes the file, if it collects garbage just then.
  expect(stderr.replace(/\(node:\d+\)[^\n]*\n(\(Use [^\n]*\n)?/g, '')).toBe('begunhmsa: ended at once\n');
  expect(await readdir(at('half'))).toEqual([]);
});
