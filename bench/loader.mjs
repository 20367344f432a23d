/**
 * Benchmark of the loader: full-resolution Cityscapes-like photographs (2048×1024 PNG, rendered and written once)
 * to augmented crops of 1024×512. The photographs are softened and their rows filtered, as a camera's are: about as
 * many bytes as Cityscapes' then, and dearer to decode than the renderer's own noisy and unfiltered files.
 *
 *   npm run build && node bench/loader.mjs [--samples 96] [--preset NAME] [--step 250] [--soak 10000] [--folder DIR]
 *
 * Prints samples a second by augmentation preset and number of workers, unless --samples is 0. For one preset
 * (replication where left out) also, with --step, the wait share of a consumer that is busy for so many ms a batch and,
 * with --soak, the memory along that many samples.
 */
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { augmentPresets } from '../dist/index.js';
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

await mkdir(values.folder, { recursive: true });
const done = join(values.folder, 'softened');
if (!(await stat(done).catch(() => undefined))) {
  process.stderr.write(`Rendering ${PHOTOGRAPHS} photographs of 2048×1024 into ${values.folder} …\n`);
  const size = { count: PHOTOGRAPHS, width: 2048, height: 1024, seed: 1, splits: ['train'] };
  await writeSyntheticDataset(values.folder, size);
  for (const path of await photographs()) {
    await writeFile(path, await sharp(path).blur(0.9).png({ adaptiveFiltering: true }).toBuffer());
  }
  await mkdir(done);
}
const dataset = await openDataset(`cityscapes:${values.folder}`, { split: 'train' });

async function photographs() {
  const folder = join(values.folder, 'leftImg8bit', 'train', 'synthetic');
  return (await readdir(folder)).map((name) => join(folder, name));
}

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
const sizes = await Promise.all((await photographs()).map(async (path) => (await stat(path)).size));
const average = sizes.reduce((sum, size) => sum + size, 0) / sizes.length / 1e6;
console.log(`${cores} cores, Node ${process.version}, photographs of ${average.toFixed(1)} MB on average`);
console.log(`batches of ${BATCH}, ${values.samples} samples`);
for (const [name, preset] of Object.entries(augmentPresets)) {
  if (Number(values.samples) === 0) break;
  const rows = [];
  for (const workers of [...new Set([1, 2, cores])])
    rows.push(await measure(workers, preset(crop), Number(values.samples), 0));
  console.log(name);
  console.table(rows);
}
if (Number(values.step) > 0) {
  console.log(`a consumer of ${values.step} ms a batch, preset ${values.preset}`);
  console.table([
    await measure(
      Math.max(1, cores - 1),
      augmentPresets[values.preset](crop),
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
    augment: augmentPresets[values.preset](crop),
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
