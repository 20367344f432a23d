/**
 * Benchmark of the loader: full-resolution Cityscapes-like photographs (2048×1024 PNG, rendered and written once)
 * to augmented crops of 1024×512.
 *
 *   npm run build && node bench/loader.mjs [--samples 96] [--soak 10000] [--step 250] [--folder DIR]
 *
 * Prints samples a second by number of workers; the wait share of a consumer that is busy for STEP ms a batch; and
 * with --soak the memory along that many samples.
 */
import { mkdir, stat } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openDataset, openLoader, writeSyntheticDataset } from '../dist/node/index.js';

const { values } = parseArgs({
  options: {
    samples: { type: 'string', default: '96' },
    soak: { type: 'string', default: '0' },
    step: { type: 'string', default: '0' },
    folder: { type: 'string', default: join(tmpdir(), 'hmsa-bench-loader') },
    preset: { type: 'string', default: 'replication' },
  },
});
const PHOTOGRAPHS = 24;
const BATCH = 4;
const crop = { width: 1024, height: 512 };
const augments = {
  none: { crop },
  replication: { crop, flip: 0.5, contrast: 0.3, noise: 8 },
  paper: {
    crop,
    scale: [0.5, 2],
    flip: 0.5,
    brightness: 0.25,
    contrast: 0.25,
    saturation: 0.25,
    hue: 0.05,
    blur: { probability: 0.5, deviation: 1.5 },
  },
};

await mkdir(values.folder, { recursive: true });
const isThere = await stat(join(values.folder, 'done')).catch(() => undefined);
if (isThere === undefined) {
  process.stderr.write(`Rendering ${PHOTOGRAPHS} photographs of 2048×1024 into ${values.folder} …\n`);
  const size = { count: PHOTOGRAPHS, width: 2048, height: 1024, seed: 1, splits: ['train'] };
  await writeSyntheticDataset(values.folder, size);
  await mkdir(join(values.folder, 'done'));
}
const dataset = await openDataset(`cityscapes:${values.folder}`, { split: 'train' });
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const megabytes = () => Math.round(process.memoryUsage().rss / 2 ** 20);

async function measure(workers, augment, samples, step) {
  const loader = await openLoader(dataset, { batchSize: BATCH, seed: 1, workers, augment });
  // Warm up: threads, caches, compiled code.
  for await (const _ of loader.stream({ to: 4 }));
  const cpu = process.cpuUsage();
  const started = performance.now();
  const before = loader.report;
  for await (const _ of loader.stream({ from: 4, to: 4 + samples / BATCH })) if (step > 0) await sleep(step);
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const { waitSeconds } = loader.report;
  await loader.close();
  return {
    workers,
    'samples/s': (samples / seconds).toFixed(1),
    'CPU s/sample': ((user + system) / 1e6 / samples).toFixed(3),
    'samples/s/core': (samples / ((user + system) / 1e6)).toFixed(1),
    'wait %': ((100 * (waitSeconds - before.waitSeconds)) / seconds).toFixed(1),
    'RSS MB': megabytes(),
  };
}

const cores = availableParallelism();
console.log(`${cores} cores, Node ${process.version}, batches of ${BATCH}, ${values.samples} samples`);
for (const [name, augment] of Object.entries(augments)) {
  const rows = [];
  for (const workers of [...new Set([1, 2, cores])])
    rows.push(await measure(workers, augment, Number(values.samples), 0));
  console.log(name);
  console.table(rows);
}
if (Number(values.step) > 0) {
  console.log(`a consumer of ${values.step} ms a batch, preset ${values.preset}`);
  console.table([
    await measure(
      Math.max(1, cores - 1),
      augments[values.preset],
      Number(values.samples),
      Number(values.step),
    ),
  ]);
}

if (Number(values.soak) > 0) {
  const loader = await openLoader(dataset, {
    batchSize: BATCH,
    seed: 1,
    workers: cores,
    augment: augments[values.preset],
  });
  const total = Number(values.soak);
  const rows = [];
  for await (const batch of loader.stream({ to: total / BATCH })) {
    const done = (batch.epoch * loader.batchesPerEpoch + batch.index + 1) * BATCH;
    if (done % Math.max(BATCH, Math.round(total / 10 / BATCH) * BATCH) === 0)
      rows.push({ samples: done, 'RSS MB': megabytes() });
  }
  console.log(`memory along ${total} samples, preset ${values.preset}`);
  console.table(rows);
  await loader.close();
}
