// Peak memory of a training step at one, two and three scales, above that of the process before it, beside the predicted
// one, and its time: with every scale's
// activations held at once, and with `recompute: "scales"`.
//
//   npm run build && node bench/training-memory.mjs [--phase joint] [--trunk mobilenetv2] [--crop 176x240] [--batch 2]
//       [--width 1] [--rounds 5] [--threads 2]
//
// --width is that of MobileNetV2; other trunks have their standard form.
//
// Every setting has a process of its own; the two ways of one set of scales take their steps in turns, so that a machine
// whose speed drifts favours neither. Quote the ratios of the times.
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: {
    phase: { type: 'string', default: 'joint' },
    crop: { type: 'string', default: '176x240' },
    batch: { type: 'string', default: '2' },
    trunk: { type: 'string', default: 'mobilenetv2' },
    width: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '5' },
    threads: { type: 'string', default: String(availableParallelism()) },
    child: { type: 'string' },
  },
});

if (options.child === undefined) await compare();
else await serve(JSON.parse(options.child));

/** In the child: opens the phase, then takes a step whenever it is asked to. */
async function serve({ scales, recompute }) {
  const { initialWeights, mergeConfig, PhaseRunner, presets } = await import('../dist/training/index.js');
  const { openSessionInThread } = await import('../dist/node/index.js');
  const { phaseMemory } = await import('../dist/training/memory/index.js');
  const { trunks } = await import('../dist/model/index.js');
  const phase = { kind: options.phase, epochs: 1, schedule: { kind: 'constant', rate: 1e-4 } };
  const changes = {
    model: {
      scales,
      trunk:
        options.trunk === 'mobilenetv2'
          ? { width: Number(options.width) }
          : trunks.get(options.trunk).standard,
    },
    batch: Number(options.batch),
    crop: options.crop.split('x').map(Number),
    recompute,
    phases: [phase],
  };
  const training = mergeConfig(presets['joint-2scale'], changes, 'bench');
  const model = { ...training.model, classes: 19 };
  const predicted = phaseMemory(model, training)[0].bytes;
  const runner = new PhaseRunner({
    model,
    training,
    phase,
    values: initialWeights(model, 1),
    openSession: openSessionInThread,
    sessionOptions: { threads: Number(options.threads) },
  });
  const size = [training.batch, ...training.crop];
  const pixels = size.reduce((product, side) => product * side, 1);
  const random = (length, below) => Uint8Array.from({ length }, (_, i) => (i * 2654435761) % below);
  const batch = { images: random(3 * pixels, 256), labels: random(pixels, 19), size };
  let step = 0;
  process.on('message', async () => {
    const before = process.memoryUsage().rss;
    const started = performance.now();
    await runner.step([batch], { step: step++, learningRate: 1e-4, scale: 1 });
    const time = performance.now() - started;
    process.send({ time, predicted, before, peak: process.resourceUsage().maxRSS * 1024 });
  });
  process.send('ready');
}

/** A process for one setting, and the function that has it take a step. */
async function open(setting) {
  const script = fileURLToPath(import.meta.url);
  const child = fork(script, [...process.argv.slice(2), '--child', JSON.stringify(setting)]);
  const next = () =>
    new Promise((resolve, reject) => {
      child.once('message', resolve);
      child.once('exit', (code) => reject(new Error(`${JSON.stringify(setting)} ended with ${code}`)));
    });
  await next();
  const step = () => {
    const answer = next();
    child.send('step');
    return answer;
  };
  return { step, close: () => child.disconnect() };
}

async function compare() {
  const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
  console.log(
    `phase ${options.phase}, crop ${options.crop}, batch ${options.batch}, ${options.trunk}, ${options.threads} threads`,
  );
  console.log('scales      recompute  peak MB  above start  predicted  ratio  time of whole');
  // One scale has no attention to train.
  const alone = options.phase === 'attention' ? [] : [[1]];
  for (const scales of [...alone, [0.5, 1], [0.5, 1, 2]]) {
    const ways = [];
    for (const recompute of scales.length > 1 ? ['none', 'scales'] : ['none']) {
      ways.push({ recompute, times: [], ...(await open({ scales, recompute })) });
    }
    for (let round = -1; round < Number(options.rounds); round++) {
      for (const way of ways) {
        const { time, predicted, before, peak } = await way.step();
        // The first step opens the sessions and warms up.
        if (round < 0) way.start = before;
        else way.times.push(time);
        Object.assign(way, { predicted, peak });
      }
    }
    for (const way of ways) {
      const above = way.peak - way.start;
      console.log(
        [
          `{${scales.join(', ')}}`.padEnd(11),
          way.recompute.padEnd(9),
          (way.peak / 1e6).toFixed(0).padStart(8),
          (above / 1e6).toFixed(0).padStart(12),
          (way.predicted / 1e6).toFixed(0).padStart(10),
          (way.predicted / above).toFixed(2).padStart(6),
          (median(way.times) / median(ways[0].times)).toFixed(2).padStart(14),
        ].join(' '),
      );
      way.close();
    }
  }
}
