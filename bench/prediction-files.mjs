// Files in, pictures out: the time for each photograph by --batch, in turns in one process; and photographs of mixed sizes.
//
//   node bench/prediction-files.mjs --photos FOLDER [--files 40] [--batches 1,4,8] [--mixed 200] [--scales 0.5,1,2] [--threads 2] [--model FILE]
//     [--device cuda] [--precision float16]
//
// FOLDER holds photographs of one size. --mixed makes that many of them, 320 to 2048 pixels wide, upright and not, as JPEG, PNG and
// WebP. Processor time and time on the clock; the processor's is hardly changed by other processes. Quote ratios.
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadModel, segmentFiles } from 'hmsa/node';
import sharp from 'sharp';

const { values } = parseArgs({
  options: {
    photos: { type: 'string' },
    files: { type: 'string', default: '40' },
    batches: { type: 'string', default: '1,4,8' },
    mixed: { type: 'string', default: '0' },
    scales: { type: 'string' },
    threads: { type: 'string', default: '2' },
    model: { type: 'string' },
    device: { type: 'string', default: 'cpu' },
    precision: { type: 'string', default: 'float32' },
  },
});
const photos = (await readdir(values.photos)).sort().map((name) => join(values.photos, name));
const folder = await mkdtemp(join(tmpdir(), 'hmsa-bench-'));
const { device, precision } = values;
const model = await loadModel(values.model, { device, precision, threads: Number(values.threads) });
const way = values.scales === undefined ? {} : { scales: values.scales.split(',').map(Number) };

/** Labels files, and returns the milliseconds of processor and of clock for each. */
async function timed(files, options = {}) {
  const [before, started] = [process.cpuUsage(), performance.now()];
  const { done, failed } = await segmentFiles(model, files, { out: join(folder, 'out'), ...way, ...options });
  const { user, system } = process.cpuUsage(before);
  if (failed.length > 0) throw new Error(failed[0].message);
  return { cpu: (user + system) / 1000 / done.length, clock: (performance.now() - started) / done.length };
}

try {
  const count = Number(values.files);
  if (count > 0) {
    const batches = values.batches.split(',').map(Number);
    const sums = batches.map(() => ({ cpu: 0, clock: 0 }));
    for (const batch of batches) await timed(photos.slice(0, batch), { batch });
    const piece = Math.max(...batches);
    for (let at = 0; at < count; at += piece) {
      for (const [i, batch] of batches.entries()) {
        const { cpu, clock } = await timed(photos.slice(at, Math.min(count, at + piece)), { batch });
        sums[i].cpu += cpu;
        sums[i].clock += clock;
      }
    }
    for (const [i, { cpu, clock }] of sums.entries())
      console.log(
        `--batch ${batches[i]}: ${(cpu / sums[0].cpu).toFixed(2)} of the processor time, ${(clock / sums[0].clock).toFixed(2)} of the clock time of --batch ${batches[0]}, ${count} files`,
      );
  }
  const mixed = Number(values.mixed);
  if (mixed > 0) {
    await mkdir(join(folder, 'in'));
    const files = [];
    for (let i = 0; i < mixed; i++) {
      const width = Math.round(320 * 6.4 ** ((i * 0.618) % 1));
      const height = Math.round(width * [0.75, 0.5625, 1.3333, 1][i % 4]);
      const file = join(folder, 'in', `${i}.${['jpg', 'png', 'webp'][i % 3]}`);
      await sharp(photos[i % photos.length])
        .resize(width, height, { fit: 'cover' })
        .toFile(file);
      files.push(file);
    }
    await timed(files.slice(0, 2));
    const { cpu, clock } = await timed(files);
    console.log(
      `${mixed} mixed photographs: ${(1000 / clock).toFixed(2)} a second, ${cpu.toFixed(0)} ms of the processor each, peak ${Math.round(process.resourceUsage().maxRSS / 1000)} MB`,
    );
  }
} finally {
  await model.dispose();
  await rm(folder, { recursive: true });
}
