// node tools/emit-examples.mjs FOLDER: writes one ONNX file for every operator with its gradients, one for every kind
// of training step and of inference graph, for tools/check_onnx.py to check. Needs `npm run build`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KEY_WORDS } from '../dist/base/random/index.js';
import { gradients } from '../dist/engine/autodiff.js';
import { input, symbol } from '../dist/engine/graph/index.js';
import { compile } from '../dist/engine/onnx/lower.js';
import * as ops from '../dist/engine/ops/index.js';
import { declareVariables, imagenetPixels, normalizePixels, segmentation } from '../dist/model/index.js';
import { Builder, initialize } from '../dist/model/layers/index.js';
import { inferenceGraph } from '../dist/prediction/index.js';
import { trainingStep } from '../dist/training/index.js';
import * as losses from '../dist/training/losses/index.js';
import { adam, adamW, sgd } from '../dist/training/optimizers/index.js';

const folder = process.argv[2];
if (folder === undefined) {
  console.error('Usage: node tools/emit-examples.mjs FOLDER');
  process.exit(2);
}
mkdirSync(folder, { recursive: true });

/** Fresh inputs of one file, in the order that they are asked for. */
class Inputs {
  all = [];
  of(shape, dtype) {
    const tensor = input(`x${this.all.length}`, shape, dtype);
    this.all.push(tensor);
    return tensor;
  }
  image = (channels = 4, height = 9, width = 8) => this.of([2, channels, height, width]);
  labels = (height = 9, width = 8) => this.of([2, height, width], 'uint8');
}

const unary = (operator) => (inputs) => operator(inputs.image());
const binary = (operator) => (inputs) => operator(inputs.image(), inputs.of([4, 1, 8]));
const reduction = (operator) => (inputs) => operator(inputs.image(), [1, 3], { keepAxes: false });
const scored = (operator) => (inputs) => operator(inputs.image(), inputs.labels());
const perChannel = (inputs, count) => Array.from({ length: count }, () => inputs.of([4]));

/** An example of every operator, by the name that it is exported under. */
const operators = {
  relu: unary(ops.relu),
  relu6: unary(ops.relu6),
  sigmoid: unary(ops.sigmoid),
  exp: unary(ops.exp),
  log: unary(ops.log),
  sqrt: unary(ops.sqrt),
  inverseSqrt: unary((x) => ops.inverseSqrt(x, 0.5)),
  abs: unary(ops.abs),
  square: unary(ops.square),
  neg: unary(ops.neg),
  stopGradient: unary(ops.stopGradient),
  add: binary(ops.add),
  sub: binary(ops.sub),
  mul: binary(ops.mul),
  div: binary(ops.div),
  maximum: binary(ops.maximum),
  minimum: binary(ops.minimum),
  sum: reduction(ops.sum),
  mean: reduction(ops.mean),
  max: reduction(ops.max),
  sumOfSquares: reduction(ops.sumOfSquares),
  softmax: unary(ops.softmax),
  logSoftmax: unary(ops.logSoftmax),
  clip: unary((x) => ops.clip(x, -0.5, 0.5)),
  heaviside: unary((x) => ops.heaviside(x, 0.25)),
  finite: unary(ops.finite),
  where: (inputs) => ops.where(ops.heaviside(inputs.of([2, 1, 1, 8]), 0), inputs.image(), inputs.of([8])),
  addAll: (inputs) => ops.addAll([inputs.image(), inputs.image(), inputs.of([8])]),
  matmul: (inputs) => ops.matmul(inputs.of([2, 3, 5]), inputs.of([1, 4, 5]), false, true),
  conv2d: (inputs) =>
    ops.conv2d(inputs.image(), inputs.of([6, 2, 3, 3]), {
      stride: 2,
      groups: 2,
      padding: 1,
      bias: inputs.of([6]),
    }),
  convTranspose2d: (inputs) =>
    ops.convTranspose2d(inputs.image(), inputs.of([4, 3, 4, 4]), {
      stride: 2,
      padding: 1,
      bias: inputs.of([3]),
    }),
  batchNormInference: (inputs) => ops.batchNormInference(inputs.image(), ...perChannel(inputs, 4)),
  batchNormTraining: (inputs) => ops.batchNormTraining(inputs.image(), ...perChannel(inputs, 2)).y,
  maxPool2d: unary((x) => ops.maxPool2d(x, { kernel: 3, stride: 2, padding: 1 })),
  averagePool2d: unary((x) => ops.averagePool2d(x, { kernel: 4, padding: 2 })),
  globalAveragePool: unary(ops.globalAveragePool),
  resizeBilinear: unary((x) => ops.resizeBilinear(x, [5, 13])),
  resizeLike: (inputs) => ops.resizeLike(inputs.image(3, 70, 5), inputs.image()),
  reshape: unary((x) => ops.reshape(x, [8, 72])),
  transpose: unary((x) => ops.transpose(x, [0, 2, 3, 1])),
  expand: (inputs) => ops.expand(inputs.of([3, 1]), [2, 3, 5]),
  slice: unary((x) => ops.slice(x, 2, 1, 8, 2)),
  pad: unary((x) =>
    ops.pad(
      x,
      [
        [0, 0],
        [0, 1],
        [-1, 2],
        [1, -2],
      ],
      3,
    ),
  ),
  padEdges: unary((x) =>
    ops.padEdges(x, [
      [0, 0],
      [0, 1],
      [2, 0],
      [1, 3],
    ]),
  ),
  concat: (inputs) => ops.concat([inputs.image(), inputs.image(2)], 1),
  cast: (inputs) => ops.cast(inputs.labels(), 'float32'),
  quantizeLinear: unary((x) => ops.quantizeLinear(x, { scale: 0.25, zeroPoint: 3, dtype: 'uint8' })),
  dequantizeLinear: (inputs) => ops.dequantizeLinear(inputs.of([2, 3], 'int8'), [0.5, 2]),
  argmax: unary(ops.argmax),
  randomUniform: (inputs) => {
    const words = () => inputs.of([KEY_WORDS]);
    return ops.randomUniform(words(), words(), 'example', [2, 3, 5, 4]);
  },
  oneHot: (inputs) => ops.oneHot(inputs.labels(), 4),
  notIgnored: (inputs) => ops.notIgnored(inputs.labels(), 4),
  gatherClass: scored(ops.gatherClass),
};

const crossEntropyWith = (settings) =>
  scored((logits, labels) => losses.crossEntropy(logits, labels, settings));

const lossExamples = {
  crossEntropy: scored(losses.crossEntropy),
  crossEntropyWithImageWeights: crossEntropyWith({ imageWeights: { of: 'image', upperBound: 1 } }),
  crossEntropyOfHardExamples: crossEntropyWith({ hardExamples: { probability: 0.7, least: 0.1 } }),
  crossEntropyWithRelaxedBorders: crossEntropyWith({ relaxBorders: { radius: 1 } }),
  pixelAccuracy: scored(losses.pixelAccuracy),
  binaryCrossEntropy: scored(losses.binaryCrossEntropy),
  regionMutualInformation: (inputs) =>
    losses.regionMutualInformation(inputs.image(3, 24, 20), inputs.labels(24, 20)),
};

function write(name, bytes) {
  writeFileSync(join(folder, `${name}.onnx`), bytes);
}

for (const [exported, examples] of [
  [ops, operators],
  [losses, lossExamples],
]) {
  // What recognises, counts and chooses operators is not one.
  const others = /^is[A-Z]|^(multiplyAdds|leastRegionSide|lossSchema|trainingLosses)$/;
  const operatorNames = Object.keys(exported).filter((name) => !others.test(name));
  const missing = operatorNames.filter((name) => !(name in examples));
  if (missing.length > 0) throw new Error(`No example of ${missing.join(', ')}: add one.`);
  for (const [name, build] of Object.entries(examples)) {
    const inputs = new Inputs();
    const y = build(inputs);
    const outputs = { y };
    if (y.dtype === 'float32') {
      const wanted = inputs.all.filter(({ dtype }) => dtype === 'float32');
      for (const [leaf, gradient] of gradients(ops.sum(y), wanted)) {
        outputs[`gradient of ${leaf.attributes.name}`] = gradient;
      }
    }
    write(name, compile({ outputs }));
  }
}

const config = {
  classes: 5,
  trunk: { name: 'mobilenetv2', width: 0.25, outputStride: 16 },
  head: { name: 'deeplabv3plus', asppRates: [1, 2], channels: 16, lowLevelChannels: 8, separable: false },
  attention: { name: 'transposed', depthwise: false },
  scales: [0.5, 1],
  weights: 'shared',
  ...imagenetPixels,
};

const rules = { sgd: sgd({ momentum: 0.9 }), adam: adam(), adamW: adamW() };
for (const [name, optimizer] of Object.entries(rules)) {
  const builder = new Builder();
  const images = normalizePixels(input('images', [2, 48, 40, 3], 'uint8'), config);
  const { logits } = segmentation(builder.root, images, config, {
    scales: [0.5, 1],
    combine: 'hierarchical',
  });
  const loss = losses.crossEntropy(logits, input('labels', [2, 48, 40], 'uint8'));
  const { parameters, bufferUpdates } = builder;
  const step = trainingStep({ loss, parameters, bufferUpdates, optimizer, weightDecay: 5e-4, clipNorm: 10 });
  write(`training step, ${name}`, compile({ outputs: step.outputs }));
}

const weights = new Map(
  [...declareVariables(config)].map(([name, { variable, initializer }]) => {
    const { shape } = variable.attributes;
    return [name, { dtype: 'float32', shape, data: initialize(initializer, shape, 1, name) }];
  }),
);
for (const [combine, scales] of Object.entries({
  hierarchical: [0.5, 1, 2],
  average: [0.5, 1],
  max: [0.5, 1],
  single: [1],
})) {
  const options = { scales, combine, details: true };
  write(`inference, ${combine}, any size`, inferenceGraph(config, weights, options));
  write(`inference, ${combine}, one size`, inferenceGraph(config, weights, { ...options, size: [61, 83] }));
}

// Free sides through the operators that a model does not use.
const free = input('x', [1, 4, symbol('H'), symbol('W')]);
const outputs = {
  halves: ops.maxPool2d(free, { kernel: 2 }),
  rows: ops.reshape(ops.transpose(free, [0, 2, 3, 1]), [symbol('H'), 1, symbol('W'), 4]),
  part: ops.slice(free, 2, 1, -1, 2),
  probabilities: ops.softmax(free),
};
write('free sides', compile({ outputs }));
