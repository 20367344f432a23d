// Every architecture at 1024×512: parameters, multiply-adds, seconds and peak memory of inference, with one scale and with
// three, beside the same networks in PyTorch where it is installed. Each measurement is a
// process of its own; ours and PyTorch's take turns.
//
//   npm run build && node bench/architectures.mjs [--only PART,PART] [--rounds 2] [--threads 2] [--python python3]
//       [--out table.md]
//
// --only takes parts of names: `w18,resnet-101`. The table is Markdown, on stdout and, after each row, in the file --out. What takes
// more than 15 seconds is run once. Peaks include the process itself: Node and ONNX Runtime, or Python and PyTorch. Weights are random. Quote ratios, and seconds only with the machine.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { input, ops } from '../dist/engine/index.js';
import {
  Builder,
  imagenetPixels,
  inferenceGraph,
  initialWeights,
  normalizePixels,
  segmentation,
} from '../dist/index.js';
import { openSession } from '../dist/node/index.js';

const [height, width, classes] = [512, 1024, 19];
/** Seconds from which one round is enough: warming up is a small part of them. architectures_pytorch.py has the same. */
const LONG = 15;
const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '2' },
    threads: { type: 'string', default: String(availableParallelism()) },
    python: { type: 'string', default: 'python3' },
    out: { type: 'string' },
    child: { type: 'string' },
  },
});
const threads = Number(options.threads);

const common = { classes, scales: [0.5, 1], weights: 'shared', ...imagenetPixels };
const ocr = { name: 'ocr', channels: 512, keyChannels: 256, dropout: 0.05 };
const paper = { name: 'paper', channels: 256 };
const deepLab = { name: 'deeplabv3plus', asppRates: [6, 12, 18], channels: 256, lowLevelChannels: 48 };
const nvidia = { name: 'deeplabv3plus-nvidia', asppRates: [12, 24, 36], channels: 256, lowLevelChannels: 48 };
const own = { name: 'resnet50', outputStride: 8, firstDilation: 'own' };

/** What is measured, and the PyTorch network that computes the same: see architectures_pytorch.py. */
const architectures = {
  'MobileNetV2, DeepLabV3+ separable, transposed': {
    trunk: { name: 'mobilenetv2', width: 1, outputStride: 16 },
    head: { ...deepLab, separable: true },
    attention: { name: 'transposed', depthwise: true },
    pytorch: 'reference',
  },
  'ResNet-50, DeepLabV3+ separable, paper': {
    trunk: { name: 'resnet50', outputStride: 16 },
    head: { ...deepLab, separable: true },
    attention: paper,
    pytorch: 'reference',
  },
  'ResNet-50 at stride 8, NVIDIA DeepLabV3+, paper': {
    trunk: own,
    head: nvidia,
    attention: paper,
    pytorch: 'nvidia-mscale-deepv3r50',
  },
  'ResNet-50 at stride 8, NVIDIA DeepLabV3+, adjacent': {
    trunk: own,
    head: nvidia,
    attention: { name: 'adjacent', channels: 256 },
    pytorch: 'nvidia-mscale2-deepv3r50',
  },
  'ResNet-101, DeepLabV3': {
    trunk: { name: 'resnet101', outputStride: 8 },
    head: { name: 'deeplabv3', asppRates: [12, 24, 36], channels: 256, dropout: 0.5 },
    attention: paper,
    pytorch: 'reference',
  },
  'HRNetV2-W18, OCR, paper': {
    trunk: { name: 'hrnetv2', width: 18 },
    head: ocr,
    attention: paper,
    pytorch: 'nvidia-ocrnet-hrnet-mscale',
  },
  'HRNetV2-W48, OCR, paper': {
    trunk: { name: 'hrnetv2', width: 48 },
    head: ocr,
    attention: paper,
    pytorch: 'nvidia-ocrnet-hrnet-mscale',
  },
};

if (options.child === undefined) parent();
else await child(JSON.parse(options.child));

function parent() {
  const wanted = options.only?.split(',').map((name) => name.trim().toLowerCase());
  const rows = [];
  const known = Object.keys(architectures);
  const unknown = wanted?.find((word) => !known.some((name) => name.toLowerCase().includes(word)));
  if (unknown !== undefined) {
    console.error(`--only ${unknown}: there are ${known.join('; ')}`);
    process.exit(2);
  }
  for (const [name, { pytorch, ...parts }] of Object.entries(architectures)) {
    if (wanted && !wanted.some((word) => name.toLowerCase().includes(word))) continue;
    for (const scales of [[1], [0.5, 1, 2]]) {
      const task = { config: { ...common, ...parts }, scales };
      const ours = run(process.execPath, [
        fileURLToPath(import.meta.url),
        '--child',
        JSON.stringify(task),
        '--threads',
        String(threads),
        '--rounds',
        options.rounds,
      ]);
      const theirs = run(options.python, [
        fileURLToPath(new URL('./architectures_pytorch.py', import.meta.url)),
        pytorch,
        JSON.stringify(task.config),
        scales.join(','),
        String(threads),
        options.rounds,
      ]);
      rows.push({
        architecture: name,
        scales: scales.join(', '),
        'parameters, million': (ours.parameters / 1e6).toFixed(1),
        'multiply-adds, G': (ours.multiplyAdds / 1e9).toFixed(0),
        seconds: ours.seconds.toFixed(1),
        'peak, MiB': ours.peak.toFixed(0),
        'PyTorch, seconds': theirs?.seconds.toFixed(1) ?? '',
        'PyTorch, peak, MiB': theirs?.peak.toFixed(0) ?? '',
        'times as fast': theirs ? (theirs.seconds / ours.seconds).toFixed(2) : '',
      });
      console.error(Object.values(rows.at(-1)).join(' | '));
      if (options.out !== undefined) writeFileSync(options.out, tableOf(rows));
    }
  }
  console.log(tableOf(rows));
}

function tableOf(rows) {
  const columns = Object.keys(rows[0]);
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [
    `${threads} threads, ${width}×${height}, float32, best of ${options.rounds}`,
    '',
    line(columns),
    line(columns.map((_, i) => (i < 2 ? '---' : '---:'))),
    ...rows.map((row) => line(Object.values(row))),
    '',
  ].join('\n');
}

/** The JSON that a process prints; undefined, with a line that says so, if it fails. */
function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status === 0) return JSON.parse(stdout.trim().split('\n').at(-1));
  const last = error?.message ?? stderr.trim().split('\n').at(-1);
  console.error(`${command} failed, and is left out: ${last}`);
  if (command === process.execPath) process.exit(1);
  return undefined;
}

async function child({ config, scales }) {
  const weights = initialWeights(config, 1);
  const builder = new Builder({ inference: true });
  const image = input('image', [1, height, width, 3], 'uint8');
  const combine = scales.length === 1 ? 'single' : 'hierarchical';
  const { logits } = segmentation(builder.root, normalizePixels(image, config), config, { scales, combine });
  const parameters = [...builder.declared.values()]
    .filter(({ variable }) => variable.attributes.role === 'parameter')
    .reduce((sum, { variable }) => sum + variable.attributes.shape.reduce((a, b) => a * b, 1), 0);
  const session = await openSession(inferenceGraph(config, weights, { scales, combine }), { threads });
  const data = Uint8Array.from({ length: height * width * 3 }, (_, i) => (i * 2654435761) % 256);
  const photo = { image: { dtype: 'uint8', shape: [1, height, width, 3], data } };
  let seconds = Number.POSITIVE_INFINITY;
  for (let round = 0; round < Number(options.rounds); round++) {
    const started = performance.now();
    await session.run(photo);
    seconds = Math.min(seconds, (performance.now() - started) / 1000);
    if (seconds > LONG) break;
  }
  await session.dispose();
  const peak = process.resourceUsage().maxRSS / 1024;
  console.log(JSON.stringify({ parameters, multiplyAdds: ops.multiplyAdds([logits]), seconds, peak }));
}
