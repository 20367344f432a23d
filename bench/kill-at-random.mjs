// Kills a training with SIGKILL at random moments, over and over, and goes on with it each time: the model, the metrics
// and what lies in the folder have to be those of a run that nobody killed. After `npm run build`:
//
//   node bench/kill-at-random.mjs --kills 50 --seed 1
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { generator } from '../dist/base/random/index.js';

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '50' }, seed: { type: 'string', default: '1' } },
});
const kills = Number(values.kills);
const random = generator(Number(values.seed), 'kill-at-random');
const bin = new URL('../bin/hmsa.js', import.meta.url).pathname;
const folder = await mkdtemp(join(tmpdir(), 'hmsa-kill-'));
const at = (...names) => join(folder, ...names);

const phase = (kind, epochs) => ({ kind, epochs, schedule: { kind: 'constant', rate: 2e-3 } });
await writeFile(
  at('tiny.json'),
  JSON.stringify({
    batch: 2,
    crop: [32, 32],
    validateEvery: 1,
    model: {
      trunk: { width: 0.1, outputStride: 8 },
      head: { asppRates: [1], channels: 8, lowLevelChannels: 8 },
    },
    phases: [phase('scales', 2), phase('attention', 1)],
  }),
);
const request = ['--data', 'synthetic:count=12,size=48x48', '--config', at('tiny.json'), '--threads', '1'];

/** Starts a training or goes on with it, and kills it after so many milliseconds if it is still there. */
function attempt(args, killAfter) {
  const child = spawn(process.execPath, [bin, 'train', '--quiet', ...args]);
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (said += text));
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter);
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code !== 0 && signal !== 'SIGKILL')
        throw new Error(`${args.join(' ')} ended with ${code}: ${said}`);
      resolve(signal === 'SIGKILL');
    });
  });
}

const files = async (run) => (await readdir(at(run), { recursive: true })).sort();
const bytes = (run, name) => readFile(at(run, name));

async function compare(run) {
  for (const name of ['model.safetensors', 'metrics.jsonl', 'checkpoints/last.safetensors']) {
    if (Buffer.compare(await bytes(run, name), await bytes('undisturbed', name)) !== 0)
      throw new Error(`${name} differs from that of the run that nobody killed; see ${folder}`);
  }
  const [found, wanted] = [await files(run), await files('undisturbed')];
  if (String(found) !== String(wanted)) throw new Error(`left in the folder: ${found}; expected ${wanted}`);
}

const began = performance.now();
await attempt([...request, '--out', at('undisturbed')]);
const whole = performance.now() - began;
let [killed, runs, resumed] = [0, 0, 0];
while (killed < kills) {
  const out = at('killed');
  await rm(out, { recursive: true, force: true });
  for (let isOver = false; !isOver; ) {
    const isBegun = (await readdir(out).catch(() => [])).includes('run.json');
    const args = isBegun ? ['--resume', out] : [...request, '--save-every', '1', '--out', out];
    const wasKilled = await attempt(args, killed < kills ? random.uniform(0, whole) : undefined);
    if (wasKilled) killed++;
    if (isBegun) resumed++;
    isOver = !wasKilled;
  }
  await compare('killed');
  runs++;
}
process.stdout.write(`${killed} kills in ${runs} runs, gone on ${resumed} times: the same bits each time\n`);
await rm(folder, { recursive: true });
