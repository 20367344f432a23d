// The time of a training step with each loss beside one with cross-entropy: in one run, in turns, so that a machine whose
// speed drifts favours none. Quote the ratios. On a machine with other work the ratio of the processor times of one thread
// (`--threads 1`) says more than that of the times.
//
//   npm run build && node bench/losses.mjs [--preset replication-2scale] [--phase joint] [--scale 1] [--crop 480x352]
//       [--batch 2] [--classes 19] [--only rmi] [--rounds 10] [--threads 2] [--profile]
//
// `--phase scales` trains one scale, `--scale`; the other phases train those of the preset. `--profile` says for each loss
// where the time in kernels goes, summed by operator, beside cross-entropy.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openSessionInThread } from '../dist/node/index.js';
import { initialWeights, mergeConfig, PhaseRunner, presets } from '../dist/training/index.js';

const { values: options } = parseArgs({
  options: {
    preset: { type: 'string', default: 'replication-2scale' },
    phase: { type: 'string', default: 'joint' },
    scale: { type: 'string', default: '1' },
    crop: { type: 'string', default: '480x352' },
    batch: { type: 'string', default: '2' },
    classes: { type: 'string', default: '19' },
    only: { type: 'string' },
    rounds: { type: 'string', default: '10' },
    threads: { type: 'string', default: String(availableParallelism()) },
    profile: { type: 'boolean', default: false },
  },
});

/** What each loss changes in the key `loss` of a configuration. */
const losses = {
  crossEntropy: {},
  rmi: { main: 'rmi' },
  imageWeights: { imageWeights: { of: 'image', upperBound: 1 } },
  hardExamples: { hardExamples: { probability: 0.7, least: 0.0625 } },
  relaxBorders: { relaxBorders: { radius: 1 } },
};
const others = Object.keys(losses).filter(
  (name) => name !== 'crossEntropy' && (options.only === undefined || name === options.only),
);
const threads = Number(options.threads);
const [width, height] = options.crop.split('x').map(Number);
const classes = Number(options.classes);
const size = [Number(options.batch), height, width];

function open(name, profile) {
  const training = mergeConfig(
    presets[options.preset],
    {
      batch: size[0],
      crop: [height, width],
      classWeights: 'equal',
      accumulate: 1,
      loss: { main: 'crossEntropy', ...losses[name] },
    },
    'bench',
  );
  const model = { ...training.model, classes };
  return new PhaseRunner({
    model,
    training,
    phase: { kind: options.phase, epochs: 1, schedule: { kind: 'constant', rate: 1e-4 } },
    values: initialWeights(model, 1),
    openSession: openSessionInThread,
    sessionOptions: { threads, ...(profile ? { profile } : {}) },
  });
}

/** Noise, labelled in blocks of 24 × 24 pixels, one in nine of them void. */
function batch() {
  const random = (i) => ((i * 2654435761) >>> 8) % 65_521;
  const images = Uint8Array.from({ length: size[0] * height * width * 3 }, (_, i) => random(i) % 256);
  const labels = Uint8Array.from({ length: size[0] * height * width }, (_, i) => {
    const [y, x] = [Math.floor(i / width), i % width];
    const block = random(Math.floor(y / 24) * 1000 + Math.floor(x / 24));
    return block % 9 === 0 ? 255 : block % classes;
  });
  return { images, labels, size };
}

const data = batch();
const stepOf = (runner, step) =>
  runner.step([data], { step, learningRate: 1e-4, scale: Number(options.scale) });
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** Wall and processor time of a step, in ms. */
async function timed(runner, step) {
  const [started, used] = [performance.now(), process.cpuUsage()];
  await stepOf(runner, step);
  const { user, system } = process.cpuUsage(used);
  return { wall: performance.now() - started, processor: (user + system) / 1000 };
}

console.log(
  `${options.preset}, phase ${options.phase}, batch ${size[0]} at ${width}×${height}, ${classes} classes, ${threads} threads`,
);
for (const name of others) {
  // Two at a time, because each holds a network with its activations.
  const runners = [open('crossEntropy'), open(name)];
  const rounds = [];
  // The first round opens the sessions, the second warms up.
  for (let round = 0; round < Number(options.rounds) + 2; round++) {
    const [base, own] = [await timed(runners[0], round), await timed(runners[1], round)];
    if (round >= 2) rounds.push({ base, own });
  }
  for (const runner of runners) await runner.dispose();
  const line = (kind) => {
    const ratio = median(rounds.map(({ base, own }) => own[kind] / base[kind]));
    const times = ['own', 'base'].map((who) => median(rounds.map((round) => round[who][kind])).toFixed(0));
    return `${ratio.toFixed(3)} (${times[0]} against ${times[1]} ms)`;
  };
  console.log(`${name.padEnd(13)} time ${line('wall')}, processor ${line('processor')}`);
}
if (options.profile) for (const name of ['crossEntropy', ...others]) await printProfile(name);

/** The kernel time of a step by operator. */
async function printProfile(name) {
  const prefix = `hmsa-profile-${process.pid}-${name}`;
  const runner = open(name, join(tmpdir(), prefix));
  for (let i = 0; i < 4; i++) await stepOf(runner, i);
  await runner.dispose();
  const file = join(
    tmpdir(),
    readdirSync(tmpdir()).find((one) => one.startsWith(prefix)),
  );
  const events = JSON.parse(readFileSync(file, 'utf8'));
  rmSync(file);
  const totals = new Map();
  for (const { cat, name: event, dur, args } of events) {
    if (cat !== 'Node' || !event.endsWith('_kernel_time')) continue;
    const known = totals.get(args.op_name) ?? { time: 0, count: 0 };
    totals.set(args.op_name, { time: known.time + dur / 4000, count: known.count + 1 / 4 });
  }
  const sum = [...totals.values()].reduce((total, { time }) => total + time, 0);
  console.log(`\n${name}, ms of ${sum.toFixed(0)} in kernels:`);
  for (const [operator, { time, count }] of [...totals].sort((a, b) => b[1].time - a[1].time).slice(0, 24)) {
    console.log(`${operator.padEnd(24)} ${time.toFixed(1).padStart(7)}  ${Math.round(count)} nodes`);
  }
}
