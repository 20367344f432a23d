// node tools/emit-published.mjs WEIGHTS CASES OUT [SOURCE]: what we make of a published network. WEIGHTS is a safetensors file with
// the network's own names, CASES a JSON list of { name, pixels, scales } whose `pixels` name uint8 tensors [1, H, W, 3] of
// WEIGHTS. OUT gets the logits of each case, and `NAME auxiliary` where there is a second classifier. SOURCE says which of two
// forms it is whose files have the same tensors. Needs `npm run build`; tools/nvidia_parity.py runs it.

import { readFile } from 'node:fs/promises';
import { input } from '../dist/engine/graph/index.js';
import { compile } from '../dist/engine/onnx/lower.js';
import { foldBatchNorm } from '../dist/engine/passes/index.js';
import { declareVariables, normalizePixels, segmentation } from '../dist/model/index.js';
import { Builder } from '../dist/model/layers/index.js';
import { sources } from '../dist/model/sources/index.js';
import { readSafetensors, writeSafetensors } from '../dist/model/weights/index.js';
import { openSession, writeFileAtomic } from '../dist/node/index.js';

const [weightsFile, casesFile, out, wanted] = process.argv.slice(2);
if (out === undefined) {
  console.error('Usage: node tools/emit-published.mjs WEIGHTS CASES OUT [SOURCE]');
  process.exit(2);
}
const { tensors } = readSafetensors(await readFile(weightsFile), weightsFile);
const shapes = new Map([...tensors].map(([name, { shape }]) => [name, shape]));
const found = sources.map((source) => ({ source, known: source.recognize(shapes) }));
const { source, known } = found.find(
  (one) => one.known?.kind === 'model' && (wanted ?? one.source.name) === one.source.name,
);
const { config } = known;
console.log(`${source.name}: ${source.title}, ${config.classes} classes`);
const constants = new Map(
  [...declareVariables(config).keys()].map((name) => [name, tensors.get(source.nameOf(name))]),
);

const results = new Map();
for (const { name, pixels, scales } of JSON.parse(await readFile(casesFile, 'utf8'))) {
  const feed = tensors.get(pixels);
  const image = input('image', feed.shape, 'uint8');
  const { root } = new Builder({ inference: true });
  const { logits, auxiliary } = segmentation(root, normalizePixels(image, config), config, { scales });
  const outputs = { logits, ...(auxiliary === undefined ? {} : { auxiliary }) };
  const session = await openSession(compile(foldBatchNorm({ outputs, constants })));
  const run = await session.run({ image: feed });
  results.set(name, run.logits);
  if (run.auxiliary !== undefined) results.set(`${name} auxiliary`, run.auxiliary);
  await session.dispose();
}
await writeFileAtomic(out, writeSafetensors({ tensors: results, metadata: new Map() }));
