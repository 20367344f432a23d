// Trains a small two-scale network with attention on rendered streets, then labels a street it has never seen.
import * as hmsa from 'hmsa';
import { compile, input } from 'hmsa/engine';
import { colorize, encodePng, openLoader, openSession, writeFileAtomic } from 'hmsa/node';

const [steps, batch, height, width] = [240, 4, 64, 128];

/** @type {hmsa.ModelConfig} */
const config = {
  classes: hmsa.cityscapes.names.length,
  trunk: { name: 'mobilenetv2', width: 0.25, outputStride: 8 },
  head: { name: 'deeplabv3plus', asppRates: [1, 2], channels: 32, lowLevelChannels: 16, separable: true },
  attention: { name: 'transposed', depthwise: true },
  scales: [0.5, 1],
  weights: 'shared',
  ...hmsa.imagenetPixels,
};

// Pixels in, loss out: one network sees both scales, and its attention weighs them pixel by pixel.
const builder = new hmsa.Builder();
const images = hmsa.normalizePixels(input('images', [batch, height, width, 3], 'uint8'), config);
const labels = input('labels', [batch, height, width], 'uint8');
const { logits } = hmsa.segmentation(builder.root, images, config);

// Forward, backward and Adam are one ONNX graph; weights and momenta live inside its session.
const step = hmsa.trainingStep({
  loss: hmsa.crossEntropy(logits, labels),
  metrics: { accuracy: hmsa.pixelAccuracy(logits, labels) },
  parameters: builder.parameters,
  bufferUpdates: builder.bufferUpdates,
  optimizer: hmsa.adam(),
});
const session = await openSession(compile(step), hmsa.stepSession(step));
await session.setState(hmsa.initialState(step, hmsa.initialWeights(config, 1)));

const streets = new hmsa.SyntheticDataset({ split: 'train', count: 400, width, height, seed: 1 });
const loader = await openLoader(streets, { batchSize: batch, seed: 1, augment: { flip: 0.5 } });
let taken = 0;
for await (const { images, labels, size } of loader.stream({ to: steps })) {
  const rate = 5e-3 * (1 - taken / steps);
  const { loss, accuracy } = await session.run({
    images: hmsa.uint8(images, [...size, 3]),
    labels: hmsa.uint8(labels, size),
    learningRate: hmsa.float32(Float32Array.of(rate), []),
  });
  const shown = [loss, accuracy].map(({ data }) => Number(data[0]).toFixed(2));
  if (++taken % 20 === 0) console.log(`step ${taken}: loss ${shown[0]}, pixel accuracy ${shown[1]}`);
}
const weights = hmsa.weightsOf(config, new Map(Object.entries(await session.getState())));
await Promise.all([session.dispose(), loader.close()]);

// A photograph, its true labels and the predicted ones, one above the other.
const street = hmsa.renderScene({ split: 'val', index: 2, width, height, seed: 1 });
const segmenter = new hmsa.Segmenter({ config, classes: hmsa.cityscapes, weights }, openSession);
const found = await segmenter.segment({ data: street.image, width, height });
await segmenter.dispose();
const maps = [street.label, found.labels].map((map) => colorize(map, width, height, hmsa.cityscapes).data);
const picture = { data: Buffer.concat([street.image, ...maps]), width, height: 3 * height };
await writeFileAtomic('out/street.png', await encodePng(picture));
console.log('A photograph, its true labels and the predicted ones: out/street.png');
