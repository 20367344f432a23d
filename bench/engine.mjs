// A training step and an inference of MobileNetV2 + DeepLabV3+ (dense, 256 channels) at 480×352 in ONNX Runtime, beside
// eager PyTorch where it is installed: in one run, in turns, so that a machine whose speed drifts favours neither.
//
//   npm run build && node bench/engine.mjs [--rounds 10] [--threads 2] [--python python3] [--channels-last] [--profile]
//
// Quote the ratios. `--profile` says where the time of a training step goes, summed by operator.
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { compile, input, ops } from '../dist/engine/index.js';
import {
  Builder,
  crossEntropy,
  imagenetPixels,
  inferenceGraph,
  initialState,
  initialWeights,
  normalizePixels,
  predictAtScale,
  sgd,
  stepSession,
  trainingStep,
} from '../dist/index.js';
import { openSessionInThread } from '../dist/node/index.js';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' },
    threads: { type: 'string', default: String(availableParallelism()) },
    python: { type: 'string', default: 'python3' },
    'channels-last': { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
  },
});
const rounds = Number(options.rounds);
const threads = Number(options.threads);
const [height, width, classes, asppRates] = [352, 480, 19, [6, 12, 18]];
const config = {
  classes,
  trunk: { name: 'mobilenetv2', width: 1, outputStride: 16 },
  head: { name: 'deeplabv3plus', asppRates, channels: 256, lowLevelChannels: 48, separable: false },
  attention: { name: 'transposed', depthwise: true },
  scales: [1],
  weights: 'shared',
  ...imagenetPixels,
};
const weights = initialWeights(config, 1);

/** The training step as a session, with its multiply-adds. */
async function openTraining(profile) {
  const builder = new Builder();
  const images = normalizePixels(input('images', [2, height, width, 3], 'uint8'), config);
  const { logits } = predictAtScale(builder.root, images, config, 1);
  const loss = crossEntropy(logits, input('labels', [2, height, width], 'uint8'));
  const { parameters, bufferUpdates } = builder;
  const step = trainingStep({
    loss,
    parameters,
    bufferUpdates,
    optimizer: sgd({ momentum: 0.9 }),
    weightDecay: 1e-4,
  });
  const file = compile({ outputs: step.outputs });
  const started = performance.now();
  const session = await openSessionInThread(file, {
    threads,
    ...stepSession(step),
    ...(profile ? { profile } : {}),
  });
  const opened = performance.now() - started;
  await session.setState(initialState(step, weights));
  const count = parameters.reduce(
    (sum, { attributes }) => sum + attributes.shape.reduce((a, b) => a * b, 1),
    0,
  );
  return { session, opened, parameters: count, multiplyAdds: ops.multiplyAdds(Object.values(step.outputs)) };
}

const random = (length, below) => Uint8Array.from({ length }, (_, i) => (i * 2654435761) % below);
const feeds = {
  images: { dtype: 'uint8', shape: [2, height, width, 3], data: random(2 * height * width * 3, 256) },
  labels: { dtype: 'uint8', shape: [2, height, width], data: random(2 * height * width, classes) },
  learningRate: { dtype: 'float32', shape: [], data: Float32Array.of(0.01) },
};
const photo = {
  image: { dtype: 'uint8', shape: [1, height, width, 3], data: random(height * width * 3, 256) },
};

async function timed(body) {
  const started = performance.now();
  await body();
  return performance.now() - started;
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const range = (values) =>
  `${median(values).toFixed(0)} ms (${Math.min(...values).toFixed(0)} … ${Math.max(...values).toFixed(0)})`;

/** The rate of one large matrix product in ONNX Runtime, multiply-adds a second: what the machine can do. */
async function matrixRate() {
  const [m, k, n] = [1024, 2048, 2048];
  const product = compile({ outputs: { y: ops.sum(ops.matmul(input('a', [m, k]), input('b', [k, n]))) } });
  const session = await openSessionInThread(product, { threads });
  const matrix = (rows, columns) => ({
    dtype: 'float32',
    shape: [rows, columns],
    data: new Float32Array(rows * columns).fill(0.5),
  });
  const operands = { a: matrix(m, k), b: matrix(k, n) };
  const times = [];
  for (let i = 0; i < 12; i++) times.push(await timed(() => session.run(operands)));
  await session.dispose();
  return (m * k * n) / (Math.min(...times) / 1000);
}

/** PyTorch in a process of its own; undefined, with a line that says so, where it is not installed. */
async function openPyTorch() {
  const script = new URL('./engine_pytorch.py', import.meta.url).pathname;
  const size = [
    '--threads',
    threads,
    '--height',
    height,
    '--width',
    width,
    '--classes',
    classes,
    '--rates',
    asppRates,
  ];
  const flags = options['channels-last'] ? ['--channels-last'] : [];
  const child = spawn(options.python, [script, ...size.map(String), ...flags], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  child.on('error', () => {});
  const ask = async (job) => {
    child.stdin.write(`${job}\n`);
    return Number((await lines.next()).value);
  };
  const { value: first, done } = await lines.next();
  if (!done) return { ask, name: first, close: () => child.stdin.end() };
  console.log(`PyTorch is not installed for ${options.python}: only ONNX Runtime is timed.`);
  return undefined;
}

const training = await openTraining();
const inference = await openSessionInThread(
  inferenceGraph(config, weights, { scales: [1], combine: 'single' }),
  { threads },
);
const pytorch = await openPyTorch();
console.log(
  `${threads} threads, 480×352; training: batch 2, SGD; inference: batch 1, any size, uint8 in and out`,
);
console.log(
  `parameters ${training.parameters}, session of the training step opened in ${training.opened.toFixed(0)} ms`,
);
if (pytorch)
  console.log(`beside ${pytorch.name} parameters, eager${options['channels-last'] ? ', channels last' : ''}`);

const times = { train: [], infer: [], torchTrain: [], torchInfer: [] };
for (let round = -1; round < rounds; round++) {
  // The first round warms up.
  const keep = (name, value) => (round < 0 ? undefined : times[name].push(value));
  keep('train', await timed(() => training.session.run(feeds)));
  if (pytorch) keep('torchTrain', await pytorch.ask('train'));
  keep('infer', await timed(() => inference.run(photo)));
  if (pytorch) keep('torchInfer', await pytorch.ask('infer'));
}
const rate = await matrixRate();
const reached = training.multiplyAdds / (median(times.train) / 1000) / rate;
console.log(`training step  ${range(times.train)}`);
if (pytorch)
  console.log(
    `  PyTorch      ${range(times.torchTrain)}; ratio of medians ${(median(times.train) / median(times.torchTrain)).toFixed(2)} (below 1: faster than PyTorch)`,
  );
console.log(`inference      ${range(times.infer)}`);
if (pytorch)
  console.log(
    `  PyTorch      ${range(times.torchInfer)}; ${(median(times.torchInfer) / median(times.infer)).toFixed(2)} times as fast as PyTorch`,
  );
console.log(
  `matrix products reach ${(rate / 1e9).toFixed(0)} G multiply-adds/s; the training step (${(training.multiplyAdds / 1e9).toFixed(1)} G) runs at ${(100 * reached).toFixed(0)}% of that`,
);
console.log(`peak memory    ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB (both sessions)`);
if (pytorch) {
  console.log(`  PyTorch      ${(await pytorch.ask('memory')).toFixed(0)} MiB`);
  pytorch.close();
}
await inference.dispose();
await training.session.dispose();
if (options.profile) await printProfile();

/** One training step's kernel time by operator. */
async function printProfile() {
  const prefix = join(tmpdir(), `hmsa-profile-${process.pid}`);
  const { session } = await openTraining(prefix);
  for (let i = 0; i < 3; i++) await session.run(feeds);
  await session.dispose();
  const { readdirSync } = await import('node:fs');
  const name = readdirSync(tmpdir()).find((file) => file.startsWith(`hmsa-profile-${process.pid}`));
  const events = JSON.parse(readFileSync(join(tmpdir(), name), 'utf8'));
  rmSync(join(tmpdir(), name));
  const totals = new Map();
  for (const { cat, name: event, dur, args } of events) {
    if (cat !== 'Node' || !event.endsWith('_kernel_time')) continue;
    const known = totals.get(args.op_name) ?? { time: 0, count: 0 };
    totals.set(args.op_name, { time: known.time + dur / 3000, count: known.count + 1 / 3 });
  }
  const sum = [...totals.values()].reduce((total, { time }) => total + time, 0);
  console.log(`\nwhere a training step goes, ms of ${sum.toFixed(0)} in kernels:`);
  for (const [operator, { time, count }] of [...totals].sort((a, b) => b[1].time - a[1].time).slice(0, 15)) {
    console.log(
      `${operator.padEnd(24)} ${time.toFixed(1).padStart(7)}  ${((100 * time) / sum).toFixed(1).padStart(5)}%  ${Math.round(count)} nodes`,
    );
  }
}
