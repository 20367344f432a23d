// Prediction with the shipped model (or --model): seconds an image beside PyTorch with the same weights and threads, eager and
// compiled, in turns; the share of the time that is not convolution; and how long `hmsa segment` takes for one photograph.
//
//   npm run build && node bench/prediction.mjs [--model FILE] [--sizes 480x360,1024x512] [--scales 1 --scales 0.5,1,2]
//     [--threads 1,2] [--rounds 3] [--python python3] [--no-compile]
//
// The tables on stdout are Markdown. Times are the best of the rounds, behind one that is not counted. Quote ratios.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { inferenceGraph, Segmenter } from '../dist/index.js';
import { encodePng, openSession, readModel, shippedModel, writeFileAtomic } from '../dist/node/index.js';

const { values: options } = parseArgs({
  options: {
    model: { type: 'string' },
    sizes: { type: 'string', default: '480x360,1024x512' },
    scales: { type: 'string', multiple: true, default: ['1', '0.5,1,2'] },
    threads: { type: 'string', default: [...new Set([1, availableParallelism()])].join() },
    rounds: { type: 'string', default: '3' },
    python: { type: 'string', default: 'python3' },
    'no-compile': { type: 'boolean', default: false },
  },
});
const file = options.model ?? (await shippedModel()).file;
const model = await readModel(options.model);
const rounds = Number(options.rounds);
const folder = mkdtempSync(join(tmpdir(), 'hmsa-bench-'));

/** A process that answers each line by one. */
class Answering {
  #child;
  #lines;

  constructor(command, args) {
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] });
    this.#child.on('error', () => {});
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async ask(line) {
    this.#child.stdin.write(`${line}\n`);
    const { value, done } = await this.#lines.next();
    return done ? undefined : Number(value);
  }

  end() {
    this.#child.stdin.end();
  }
}

const hasTorch = spawnSync(options.python, ['-c', 'import torch, safetensors']).status === 0;
if (!hasTorch) console.error(`PyTorch is left out: ${options.python} has no torch or no safetensors.`);
const script = fileURLToPath(new URL('prediction_pytorch.py', import.meta.url));
const torch = hasTorch ? new Answering(options.python, [script, file]) : undefined;
const ways = !hasTorch ? [] : options['no-compile'] ? ['eager'] : ['eager', 'compile'];

function pixels(width, height) {
  const data = new Uint8Array(3 * width * height);
  for (let i = 0; i < data.length; i++) data[i] = (i * 2654435761) >>> 24;
  return { data, width, height };
}

/** The share of the kernels' time that is spent outside of convolutions, each node at its fastest. */
async function otherShare(width, height, scales) {
  const prefix = join(folder, `profile-${width}-${scales.length}-`);
  const combine = scales.length > 1 ? 'hierarchical' : 'single';
  const graph = inferenceGraph(model.config, model.weights, {
    scales,
    combine,
    check: true,
    channelBlocks: true,
  });
  const session = await openSession(graph, { threads: 1, profile: prefix });
  const image = { dtype: 'uint8', shape: [1, height, width, 3], data: pixels(width, height).data };
  for (let i = 0; i <= rounds; i++) await session.run({ image });
  await session.dispose();
  const name = readdirSync(folder).find((one) => join(folder, one).startsWith(prefix));
  const fastest = new Map();
  for (const { cat, name: node, dur, args } of JSON.parse(readFileSync(join(folder, name), 'utf8'))) {
    if (cat !== 'Node' || !node.endsWith('_kernel_time')) continue;
    const known = fastest.get(node);
    if (known === undefined || dur < known.time) fastest.set(node, { time: dur, operator: args.op_name });
  }
  const nodes = [...fastest.values()];
  const total = nodes.reduce((sum, { time }) => sum + time, 0);
  const others = nodes.filter(({ operator }) => !/^Conv(Transpose)?$/.test(operator));
  return others.reduce((sum, { time }) => sum + time, 0) / total;
}

const head = [
  'size',
  'scales',
  'threads',
  'hmsa, ms',
  ...ways.map((way) => `${way} ÷ hmsa`),
  'not convolution',
];
console.log(`| ${head.join(' | ')} |\n| ${head.map(() => '---').join(' | ')} |`);
for (const size of options.sizes.split(',')) {
  const [width, height] = size.split('x').map(Number);
  for (const text of options.scales) {
    const scales = text.split(',').map(Number);
    const share = await otherShare(width, height, scales);
    for (const threads of options.threads.split(',').map(Number)) {
      const segmenter = new Segmenter(model, openSession, { threads });
      const image = pixels(width, height);
      const best = { hmsa: Number.POSITIVE_INFINITY };
      for (const way of ways) best[way] = Number.POSITIVE_INFINITY;
      for (let round = 0; round <= rounds; round++) {
        const started = performance.now();
        await segmenter.segment(image, { scales, maxSide: 'none' });
        const own = (performance.now() - started) / 1000;
        if (round > 0) best.hmsa = Math.min(best.hmsa, own);
        for (const way of ways) {
          const seconds = await torch.ask(`${width} ${height} ${text} ${threads} ${way}`);
          if (round > 0) best[way] = Math.min(best[way], seconds ?? Number.NaN);
        }
      }
      await segmenter.dispose();
      const ratios = ways.map((way) => (best[way] / best.hmsa).toFixed(2));
      const row = [size, text, threads, (1000 * best.hmsa).toFixed(0), ...ratios];
      console.log(`| ${row.join(' | ')} | ${(100 * share).toFixed(1)}% |`);
    }
  }
}
torch?.end();

const photo = join(folder, 'photo.png');
await writeFileAtomic(photo, await encodePng(pixels(480, 360)));
const command = fileURLToPath(new URL('../bin/hmsa.js', import.meta.url));
const args = [command, 'segment', photo, '--overwrite', ...(options.model ? ['--model', options.model] : [])];
const starts = Array.from({ length: rounds }, () => {
  const started = performance.now();
  spawnSync(process.execPath, args);
  return performance.now() - started;
});
console.log(`\n\`hmsa segment\` of one photograph of 480×360, cold: ${Math.min(...starts).toFixed(0)} ms`);
rmSync(folder, { recursive: true });
