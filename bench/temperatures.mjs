// Do the scales need temperatures before their logits are mixed? Each scale's logits are multiplied by a factor, 1 for scale 1. The
// factors that score best on some training photographs are found by search, and scored on other photographs beside no factors.
//
//   npm run build && node bench/temperatures.mjs --data camvid:DIR [--model FILE] [--scales 0.5,1,2] [--fit 30] [--split dev]
//       [--factors 0.5,0.7,0.85,1,1.2,1.4,2]
//
// The networks run once for an image; a factor costs the combination alone. A line for each way: mean IoU without factors, with
// those fitted on photographs of `dev-train`, and with the best on the scored photographs themselves, which nobody can know.
import { parseArgs } from 'node:util';
import { ConfusionMatrix, metricsOf } from 'hmsa';
import { input, lower, ops } from 'hmsa/engine';
import { openDataset, openSession, readModel } from 'hmsa/node';
import { combination, normalizePixels, outputAtScale, weighing } from '../dist/model/index.js';
import { Builder } from '../dist/model/layers/index.js';
import { compileModel } from '../dist/prediction/compile-model.js';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    model: { type: 'string', default: 'models/camvid-mobilenetv2-2scale.safetensors' },
    scales: { type: 'string', default: '0.5,1,2' },
    fit: { type: 'string', default: '30' },
    split: { type: 'string', default: 'dev' },
    factors: { type: 'string', default: '0.5,0.7,0.85,1,1.2,1.4,2' },
    threads: { type: 'string', default: '2' },
  },
});
const model = await readModel(options.model);
const { config } = model;
const classes = model.classes.names.length;
const scales = options.scales
  .split(',')
  .map(Number)
  .sort((a, b) => b - a);
const factors = options.factors.split(',').map(Number);
const sessionOptions = { threads: Number(options.threads) };

const [fitted, scored] = await Promise.all(
  ['dev-train', options.split].map((split) => openDataset(options.data, { split })),
);
const { width, height } = await scored.get(0);
const sides = [height, width];

// The networks: class scores and weights of each scale, at the size at which they come out of the head.
const { root } = new Builder({ inference: true });
const image = normalizePixels(input('image', [1, ...sides, 3], 'uint8'), config);
const outputs = scales.map((scale) => outputAtScale(root, image, config, scale));
const weighed = weighing(root, outputs, config);
const networks = await openSession(
  compileModel(
    { weights: model.weights },
    Object.fromEntries([
      ...outputs.map(({ scale, logits }) => [`logits@${scale}`, logits]),
      ...[...weighed.weights].map(([scale, weight]) => [`weight@${scale}`, weight]),
    ]),
  ),
  sessionOptions,
);

// The combinations, with a factor for each scale.
const given = (name, { shape }) => input(name, shape);
const scaledOutputs = outputs.map((output) => ({
  ...output,
  logits: ops.mul(given(`logits@${output.scale}`, output.logits), input(`factor@${output.scale}`, [])),
}));
const weights = new Map(
  [...weighed.weights].map(([scale, weight]) => [scale, given(`weight@${scale}`, weight)]),
);
const sizeAt = (scale) => sides.map((side) => Math.floor(side * scale));
const ways = ['hierarchical', 'average', 'max'];
const labelsOf = (combine) => {
  const { logits } = combination(root, scaledOutputs, config, {
    combine,
    size: sides,
    sizeAt,
    weighed: { ...weighed, weights },
  });
  return ops.cast(ops.argmax(logits, 1), 'uint8');
};
const combinations = await openSession(
  lower({ outputs: Object.fromEntries(ways.map((combine) => [combine, labelsOf(combine)])) }),
  sessionOptions,
);

/** All lists of factors, one for each scale; that of scale 1 is 1, because a common factor changes no label. */
const candidates = scales.reduce(
  (lists, scale) => lists.flatMap((list) => (scale === 1 ? [1] : factors).map((factor) => [...list, factor])),
  [[]],
);

/** A confusion matrix for each candidate and way. */
async function score(dataset, indices) {
  const matrices = candidates.map(() => ways.map(() => new ConfusionMatrix(classes)));
  for (const [done, index] of indices.entries()) {
    const { image: data, label } = await dataset.get(index);
    const maps = await networks.run({ image: { data, shape: [1, ...sides, 3], dtype: 'uint8' } });
    for (const [i, candidate] of candidates.entries()) {
      const feeds = Object.fromEntries(
        scales.map((scale, at) => [
          `factor@${scale}`,
          { data: Float32Array.of(candidate[at]), shape: [], dtype: 'float32' },
        ]),
      );
      const found = await combinations.run({ ...maps, ...feeds });
      ways.forEach((way, at) => {
        matrices[i][at].add(found[way].data, label);
      });
    }
    process.stderr.write(`\r${done + 1} of ${indices.length} `);
  }
  process.stderr.write('\n');
  return matrices.map((row) => row.map((matrix) => 100 * metricsOf(matrix, model.classes).meanIoU));
}

const wanted = Math.min(Number(options.fit), fitted.length);
const training = await score(
  fitted,
  Array.from({ length: wanted }, (_, i) => Math.floor((i * fitted.length) / wanted)),
);
const held = await score(
  scored,
  Array.from({ length: scored.length }, (_, i) => i),
);
const none = candidates.findIndex((candidate) => candidate.every((factor) => factor === 1));
const bestOf = (rows, at) => rows.reduce((best, row, i) => (row[at] > rows[best][at] ? i : best), 0);
const text = (i) => scales.map((scale, at) => `${scale}: ${candidates[i][at]}`).join(', ');
console.log(
  `${options.model}, {${scales.toReversed().join(', ')}}: ${scored.length} photographs of ${options.split}`,
);
console.log('| way | no factors | fitted | factors | best on the scored | factors |');
console.log('| --- | --- | --- | --- | --- | --- |');
ways.forEach((way, at) => {
  const [own, best] = [bestOf(training, at), bestOf(held, at)];
  const cells = [
    way,
    held[none][at].toFixed(2),
    held[own][at].toFixed(2),
    text(own),
    held[best][at].toFixed(2),
    text(best),
  ];
  console.log(`| ${cells.join(' | ')} |`);
});
await networks.dispose();
await combinations.dispose();
