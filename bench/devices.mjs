// Every device that computes here beside the CPU: prediction with the shipped model and one training step of its
// preset's last phase, their time, and how far their results are from the CPU's.
//
//   npm run build && node bench/devices.mjs [--devices cpu,webgpu,cuda,wasm] [--rounds 10] [--fast]
//
// Each device runs in a process of its own. Quote ratios.
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compile } from '../dist/engine/index.js';
import {
  imagenetPixels,
  inferenceGraph,
  initialState,
  initialWeights,
  phaseGraph,
  renderScene,
  sgd,
  stepSession,
  trainingStep,
} from '../dist/index.js';
import { describeSystem, loadModel, openSessionInThread } from '../dist/node/index.js';

const { values: options } = parseArgs({
  options: {
    devices: { type: 'string' },
    rounds: { type: 'string', default: '10' },
    fast: { type: 'boolean', default: false },
    child: { type: 'string' },
    result: { type: 'string' },
  },
});
const rounds = Number(options.rounds);
const classes = 19;
const size = options.fast ? [1, 96, 128] : [4, 352, 480];
const sizes = options.fast
  ? [[480, 360]]
  : [
      [480, 360],
      [1024, 512],
      [2048, 1024],
    ];
const scaleSets = [
  [0.5, 1],
  [0.5, 1, 2],
];

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

async function timed(body) {
  const started = performance.now();
  const result = await body();
  return { result, ms: performance.now() - started };
}

async function repeated(body) {
  const first = await timed(body);
  const times = [];
  for (let i = 0; i < rounds; i++) times.push((await timed(body)).ms);
  return { result: first.result, first: first.ms, ms: median(times) };
}

async function predictions(device, report) {
  const shipped = await loadModel();
  const { config, weights } = shipped.model;
  for (const scales of scaleSets) {
    const graph = inferenceGraph(config, weights, { scales, combine: 'hierarchical' });
    const session = await openSessionInThread(graph, { device });
    for (const [width, height] of sizes) {
      if (device === 'wasm' && width > 1024) continue;
      const { image } = renderScene({ seed: 1, split: 'val', index: 2, width, height });
      const feeds = { image: { dtype: 'uint8', shape: [1, height, width, 3], data: image } };
      const { result, first, ms } = await repeated(() => session.run(feeds));
      const name = `${width}×${height}, {${scales.join(', ')}}`;
      report.rows.push({ name, first, ms, labels: Buffer.from(result.labels.data).toString('base64') });
    }
    await session.dispose();
  }
  await shipped.dispose();
}

async function training(device, report) {
  const config = {
    classes,
    trunk: { name: 'mobilenetv2', width: 1, outputStride: 16 },
    head: {
      name: 'deeplabv3plus',
      asppRates: [1, 2, 3],
      channels: 256,
      lowLevelChannels: 48,
      separable: true,
    },
    attention: { name: 'transposed', depthwise: true },
    scales: [0.5, 1],
    weights: 'shared',
    ...imagenetPixels,
  };
  const { loss, builder } = phaseGraph(config, {
    kind: 'joint',
    batch: size,
    loss: { perScale: 0.05, auxiliary: 0 },
  });
  const { parameters, bufferUpdates } = builder;
  const step = trainingStep({
    loss,
    parameters,
    bufferUpdates,
    optimizer: sgd({ momentum: 0.9 }),
    weightDecay: 5e-4,
  });
  const { ms: opening, result: session } = await timed(() =>
    openSessionInThread(compile({ outputs: step.outputs }), { device, ...stepSession(step) }),
  );
  await session.setState(initialState(step, initialWeights(config, 1)));
  const [n, height, width] = size;
  const images = new Uint8Array(n * height * width * 3);
  const labels = new Uint8Array(n * height * width);
  for (let i = 0; i < n; i++) {
    const scene = renderScene({ seed: 1, split: 'train', index: i, width, height });
    images.set(scene.image, i * height * width * 3);
    labels.set(scene.label, i * height * width);
  }
  const feeds = {
    images: { dtype: 'uint8', shape: [...size, 3], data: images },
    labels: { dtype: 'uint8', shape: size, data: labels },
    learningRate: { dtype: 'float32', shape: [], data: Float32Array.of(0.01) },
  };
  const losses = [];
  const times = [];
  for (let i = 0; i < (options.fast ? 3 : 6); i++) {
    const { result, ms } = await timed(() => session.run(feeds, { outputs: ['loss'] }));
    losses.push(result.loss.data[0]);
    times.push(ms);
  }
  report.training = {
    opening,
    first: times[0],
    ms: median(times.slice(1)),
    losses,
    partlyOnCpu: session.partlyOnCpu,
  };
  await session.dispose();
}

if (options.child) {
  const report = { device: options.child, rows: [] };
  try {
    await predictions(options.child, report);
    await training(options.child, report);
  } catch (error) {
    report.error = String(error?.message ?? error);
  }
  writeFileSync(options.result, JSON.stringify(report));
} else {
  const system = await describeSystem();
  console.log(`${system.cpu.cores} cores, ${system.cpu.model}; node ${system.node}`);
  for (const { device, usable, reason } of system.devices)
    console.log(`${device}: ${usable ? 'usable' : reason}`);
  const wanted = options.devices?.split(',') ?? system.devices.filter((d) => d.usable).map((d) => d.device);
  const reports = wanted.map((device) => {
    const result = join(tmpdir(), `hmsa-devices-${process.pid}-${device}.json`);
    const args = [
      fileURLToPath(import.meta.url),
      '--child',
      device,
      '--result',
      result,
      '--rounds',
      options.rounds,
    ];
    try {
      execFileSync(process.execPath, options.fast ? [...args, '--fast'] : args, {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      const report = JSON.parse(readFileSync(result, 'utf8'));
      rmSync(result);
      return report;
    } catch (error) {
      return { device, rows: [], error: `its process ended: ${error.message}` };
    }
  });
  const cpu = reports.find(({ device }) => device === 'cpu');
  for (const { device, rows, training: step, error } of reports) {
    console.log(`\n${device}${error ? `: failed: ${error}` : ''}`);
    rows.forEach(({ name, first, ms, labels }, i) => {
      const [mine, theirs] = [labels, cpu?.rows[i]?.labels ?? labels].map((text) =>
        Buffer.from(text, 'base64'),
      );
      const equal = mine.reduce((sum, label, k) => sum + (label === theirs[k] ? 1 : 0), 0) / mine.length;
      const ratio = cpu?.rows[i] ? `${(cpu.rows[i].ms / ms).toFixed(2)}× CPU` : '';
      console.log(
        `  ${name.padEnd(26)} ${ms.toFixed(1).padStart(8)} ms (first ${first.toFixed(0)})  ${ratio}  labels ${(100 * equal).toFixed(4)}% as the CPU's`,
      );
    });
    if (step === undefined) continue;
    const far = Math.max(
      ...step.losses.map((loss, i) => Math.abs(loss / (cpu?.training?.losses[i] ?? loss) - 1)),
    );
    const ratio = cpu?.training ? `${(cpu.training.ms / step.ms).toFixed(2)}× CPU` : '';
    console.log(
      `  training step, ${size.join('×')}, {0.5, 1} ${step.ms.toFixed(1).padStart(8)} ms (first ${step.first.toFixed(0)}, opened in ${step.opening.toFixed(0)})  ${ratio}  losses within ${far.toExponential(1)}${step.partlyOnCpu ? ', partly on the CPU' : ''}`,
    );
  }
}
