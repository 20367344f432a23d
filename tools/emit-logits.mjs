// node tools/emit-logits.mjs MODEL IMAGE OUT [SCALES]: what the inference graph makes of an image, as a safetensors
// file: the image's `pixels` and the logits of `single` (scale 1), `hierarchical`, `average` and `max` (probabilities).
// Scales are the model's own where left out. Needs `npm run build`; tools/forward_parity.py runs it.

import { writeSafetensors } from '../dist/model/weights/index.js';
import { decodeImage, loadModel, openSession, writeFileAtomic } from '../dist/node/index.js';
import { inferenceGraph, outputNames } from '../dist/prediction/index.js';

const [modelFile, imageFile, out, scaleList] = process.argv.slice(2);
if (out === undefined) {
  console.error('Usage: node tools/emit-logits.mjs MODEL IMAGE OUT [SCALES]');
  process.exit(2);
}
const segmenter = await loadModel(modelFile);
const { config, weights } = segmenter.model;
const scales = scaleList === undefined ? config.scales : scaleList.split(',').map(Number);
const photo = await decodeImage(imageFile);
const image = { dtype: 'uint8', data: photo.data, shape: [1, photo.height, photo.width, 3] };

const tensors = new Map([['pixels', image]]);
for (const combine of ['single', 'hierarchical', 'average', 'max']) {
  const choice = { combine, scales: combine === 'single' ? [1] : scales, logits: true };
  const session = await openSession(inferenceGraph(config, weights, choice));
  const { [outputNames.logits]: logits } = await session.run({ image });
  tensors.set(combine, logits);
  await session.dispose();
}
await segmenter.dispose();
await writeFileAtomic(out, writeSafetensors({ tensors, metadata: new Map() }));
