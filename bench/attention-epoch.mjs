// The cost of an epoch of the phase attention beside an end-to-end one (phase joint): with new crops in each epoch, in the
// epochs that compute features (as many as there are views), and in those that read them. Ratios of the processor times of a batch,
// which other work on the machine changes little, least with `--threads 1`.
//
//   npm run build && node bench/attention-epoch.mjs [--crop 240x320] [--batch 2] [--scales 0.5,1] [--classes 19] [--rounds 5]
//       [--attention transposed,paper,adjacent] [--threads 2]
//
// The steps of all ways take turns, so that a machine whose speed drifts favours none.
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openScratchFile } from '../dist/node/files/index.js';
import { openSessionInThread } from '../dist/node/index.js';
import { initialWeights, mergeConfig, PhaseRunner, presets } from '../dist/training/index.js';

const { values: options } = parseArgs({
  options: {
    crop: { type: 'string', default: '240x320' },
    batch: { type: 'string', default: '2' },
    scales: { type: 'string', default: '0.5,1' },
    classes: { type: 'string', default: '19' },
    rounds: { type: 'string', default: '5' },
    attention: { type: 'string', default: 'transposed,paper,adjacent' },
    threads: { type: 'string', default: String(availableParallelism()) },
  },
});
const classes = Number(options.classes);
const folder = await mkdtemp(join(tmpdir(), 'hmsa-bench-'));

function runnerOf(attention, kind, views) {
  const phase = { kind, epochs: 1, schedule: { kind: 'constant', rate: 1e-4 }, ...(views && { views }) };
  const own =
    attention === 'transposed'
      ? { name: attention, depthwise: true, edges: 'replicate', evenPhases: true }
      : { name: attention, channels: 256 };
  const training = mergeConfig(
    presets['replication-2scale'],
    {
      model: { attention: own, scales: options.scales.split(',').map(Number) },
      batch: Number(options.batch),
      crop: options.crop.split('x').map(Number),
      phases: [phase],
    },
    'bench',
  );
  const model = { ...training.model, classes };
  const sessionOptions = { threads: Number(options.threads) };
  const values = initialWeights(model, 1);
  const runner = new PhaseRunner({
    model,
    training,
    phase,
    values,
    openSession: openSessionInThread,
    sessionOptions,
  });
  return { runner, training };
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
console.log(`scales ${options.scales}, crop ${options.crop}, batch ${options.batch}, ${classes} classes`);
console.log('attention    end-to-end s   new crops   first epoch   later epochs   kept KB an image');
for (const attention of options.attention.split(',')) {
  const joint = runnerOf(attention, 'joint');
  const fresh = runnerOf(attention, 'attention');
  const kept = runnerOf(attention, 'attention', 1);
  const size = [joint.training.batch, ...joint.training.crop];
  const pixels = size.reduce((product, side) => product * side, 1);
  const random = (length, below) => Uint8Array.from({ length }, (_, i) => (i * 2654435761) % below);
  const batch = { images: random(3 * pixels, 256), labels: random(pixels, classes), size };
  let step = 0;
  const take = (runner, one) => runner.step([one], { step: step++, learningRate: 1e-4, scale: 1 });
  const scratch = await openScratchFile(folder, 1e9);
  let read;
  const ways = {
    joint: () => take(joint.runner, batch),
    fresh: () => take(fresh.runner, batch),
    first: async () => {
      read = await kept.runner.features(batch);
      let at = 0;
      for (const { data } of Object.values(read.features)) {
        await scratch.write(at, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
        at += data.byteLength;
      }
      await take(kept.runner, read);
    },
    later: async () => {
      let at = 0;
      const features = {};
      for (const [name, one] of Object.entries(read.features)) {
        const bytes = await scratch.read(at, one.data.byteLength);
        features[name] = { ...one, data: new Uint16Array(bytes.buffer) };
        at += bytes.length;
      }
      await take(kept.runner, { ...read, features });
    },
  };
  const times = { joint: [], fresh: [], first: [], later: [] };
  for (let round = -1; round < Number(options.rounds); round++) {
    for (const [name, way] of Object.entries(ways)) {
      const before = process.cpuUsage();
      await way();
      const { user, system } = process.cpuUsage(before);
      // The first round opens the sessions.
      if (round >= 0) times[name].push((user + system) / 1000);
    }
  }
  const bytes = Object.values(read.features).reduce(
    (sum, { data }) => sum + data.byteLength,
    read.labels.length,
  );
  const whole = median(times.joint);
  const ratio = (name, width) => (median(times[name]) / whole).toFixed(3).padStart(width);
  console.log(
    attention.padEnd(11),
    (whole / 1000).toFixed(2).padStart(13),
    ratio('fresh', 11),
    ratio('first', 13),
    ratio('later', 14),
    (bytes / size[0] / 1e3).toFixed(0).padStart(18),
  );
  await scratch.close();
  for (const { runner } of [joint, fresh, kept]) await runner.dispose();
}
await rm(folder, { recursive: true });
