// Memory of the process over many predictions of mixed sizes, several at once, with every output.
//
//   node --expose-gc bench/prediction-leak.mjs [--calls 10000] [--side 320]
//
// A tiny untrained model is enough: what could leak is ours, ONNX Runtime's memory for each size, and libvips. It prints the
// resident memory after each twentieth of the calls, and ends with 1 if that of the last quarter is above that of the second by
// more than a tenth. The first quarter is left out: caches and pools fill in it.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { camvid, encodeModel, imagenetPixels, initialWeights } from 'hmsa';
import { encodePng, loadModel } from 'hmsa/node';

const { values } = parseArgs({
  options: { calls: { type: 'string', default: '10000' }, side: { type: 'string', default: '320' } },
});
const [calls, side] = [Number(values.calls), Number(values.side)];
const LEAST_SIDE = 64;

const config = {
  classes: camvid.names.length,
  trunk: { name: 'mobilenetv2', width: 0.1, outputStride: 16 },
  head: { name: 'deeplabv3plus', asppRates: [1], channels: 8, lowLevelChannels: 8, separable: true },
  attention: { name: 'transposed', depthwise: true },
  scales: [0.5, 1],
  weights: 'shared',
  ...imagenetPixels,
};

let state = 1;
const random = () => {
  state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
  return state / 0x7fffffff;
};
const length = () => LEAST_SIDE + Math.floor(random() * (side - LEAST_SIDE));

/** Pixels or an encoded file, as it comes. */
async function image(index) {
  const [width, height] = [length(), length()];
  const data = new Uint8Array(width * height * 3).map((_, i) => (i * 7 + index) & 255);
  return index % 2 === 0 ? { data, width, height } : encodePng({ data, width, height });
}

async function* images() {
  for (let i = 0; i < calls; i++) yield await image(i);
}

const folder = await mkdtemp(join(tmpdir(), 'hmsa-leak-'));
const file = join(folder, 'model.safetensors');
await writeFile(file, encodeModel({ config, classes: camvid, weights: initialWeights(config, 1) }));
const model = await loadModel(file, { threads: 1 });
const kinds = ['labels', 'overlay', 'outline', 'confidence', 'rle', 'legend'];
const measured = [];
const started = performance.now();
try {
  const options = { concurrency: 4, confidence: true, attention: true };
  for await (const { index, result, error } of model.segmentMany(images(), options)) {
    if (error !== undefined) throw error;
    if (index % 10 === 0) await result.encode({ as: kinds[(index / 10) % kinds.length] });
    if ((index + 1) % Math.ceil(calls / 20) !== 0) continue;
    globalThis.gc?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    measured.push(rss / 1e6);
    const [a, b, c] = [rss, heapUsed, external].map((bytes) => `${(bytes / 1e6).toFixed(0)} MB`.padStart(8));
    console.log(`${String(index + 1).padStart(6)} calls: resident ${a}, heap ${b}, buffers ${c}`);
  }
} finally {
  await model.dispose();
  await rm(folder, { recursive: true });
}
const mean = (from, to) => {
  const part = measured.slice(Math.floor(from * measured.length), Math.ceil(to * measured.length));
  return part.reduce((sum, value) => sum + value, 0) / part.length;
};
const [second, last] = [mean(0.25, 0.5), mean(0.75, 1)];
const minutes = (performance.now() - started) / 60_000;
console.log(
  `second quarter ${second.toFixed(0)} MB, last quarter ${last.toFixed(0)} MB, ${minutes.toFixed(1)} min`,
);
if (last > second * 1.1) process.exitCode = 1;
