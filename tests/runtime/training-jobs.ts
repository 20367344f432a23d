import { float32, uint8 } from '../../src/base/arrays.js';
import { KEY_WORDS, keyWords } from '../../src/base/random/index.js';
import { input, scaled, type Tensor, type Value, variable } from '../../src/engine/graph/index.js';
import { compile } from '../../src/engine/onnx/lower.js';
import { add, mean, mul, randomUniform, resizeBilinear } from '../../src/engine/ops/index.js';
import { attentions, heads, hierarchical, normalizePixels } from '../../src/model/index.js';
import { Builder, convolutionNormActivation, type Scope } from '../../src/model/layers/index.js';
import { initialState, phaseGraph, stepSession, trainingStep } from '../../src/training/index.js';
import { crossEntropy } from '../../src/training/losses/index.js';
import { sgd } from '../../src/training/optimizers/index.js';
import { smallModels } from '../contract/small-models.js';
import { readFixture } from '../golden/fixture.js';
import { batchOf, type NetworkFixture, startingValue } from '../golden/reference-network.js';
import type { TrainingJob } from './train-on.js';

type Size = readonly [n: number, height: number, width: number];

const config = Object.values(smallModels)[0]!;

/** A phase of real training: MobileNetV2 and DeepLabV3+ with attention at two scales, end to end. */
export function wholeModel(): TrainingJob {
  const size: Size = [2, 96, 80];
  const { loss, builder } = phaseGraph(config, {
    kind: 'joint',
    batch: size,
    loss: { perScale: 0.05, auxiliary: 0 },
  });
  return job(loss, builder, size);
}

/** The same with a trunk of four convolutions at stride 8, for a GPU that is played by a CPU. */
export function shallowModel(): TrainingJob {
  const size: Size = [2, 32, 32];
  const { root } = new Builder();
  const image = normalizePixels(input('images', [...size, 3], 'uint8'), config);
  const sidesAt = (scale: number) => [scaled(size[1], scale), scaled(size[2], scale)] as const;
  const outputs = [1, 0.5].map((scale) => {
    const features = shallowTrunk(root.child('trunk'), resizeBilinear(image, sidesAt(scale)));
    const head = heads.get('deeplabv3plus');
    return { scale, ...head.build(root.child('head'), features, config.classes, config.head) };
  });
  const attention = attentions.get(config.attention.name);
  const { weights } = attention.weigh(() => root.child('attention'), outputs, config.attention);
  const predictions = outputs.map(({ scale, logits }) => {
    const weight = weights.get(scale);
    return {
      scale,
      logits: resizeBilinear(logits, sidesAt(scale)),
      ...(weight && { attention: resizeBilinear(weight, sidesAt(scale)) }),
    };
  });
  const loss = crossEntropy(hierarchical(predictions), input('labels', size, 'uint8'));
  return job(loss, root.builder, size);
}

/** One draw, left in the state `numbers`. */
export function randomNumbers(): TrainingJob {
  const words = (...keys: (string | number)[]) => float32(keyWords(...keys), [KEY_WORDS]);
  const state = variable('numbers', [2, 4, 16, 17]);
  const uniform = randomUniform(input('seed', [KEY_WORDS]), input('step', [KEY_WORDS]), 'place', [
    ...state.attributes.shape,
  ]);
  const loss = mean(uniform, undefined, { keepAxes: false });
  return {
    model: compile({ outputs: { loss, next: add(uniform, mul(state, 0)) } }),
    options: { state: { numbers: 'next' } },
    start: { numbers: float32(new Float32Array(2 * 4 * 16 * 17), [2, 4, 16, 17]) },
    feeds: { seed: words('seed', 1), step: words('step', 2) },
    steps: 1,
  };
}

function shallowTrunk(scope: Scope, image: Tensor) {
  const layer = (index: number, x: Tensor, options: { out: number; stride?: number; groups?: number }) => {
    const place = scope.child(index);
    const kernel = options.stride === undefined ? 1 : 3;
    return convolutionNormActivation([place.child(0), place.child(1)], x, { kernel, ...options }, 'relu6');
  };
  const low = layer(1, layer(0, image, { out: 8, stride: 2 }), { out: 8, stride: 2, groups: 8 });
  const deep = layer(3, layer(2, low, { out: 16 }), { out: 16, stride: 2, groups: 16 });
  return [
    { tensor: low, stride: 4 },
    { tensor: deep, stride: 8 },
  ];
}

/** Five steps of SGD with momentum and weight decay on one batch, as the one file that every device is given. */
function job(loss: Tensor, { parameters, bufferUpdates }: Builder, batch: Size): TrainingJob {
  const optimizer = sgd({ momentum: 0.9 });
  const step = trainingStep({ loss, parameters, bufferUpdates, optimizer, weightDecay: 5e-4 });
  // Not what training starts from: there batch norm makes so much of rounding errors that two optimisation levels
  // on the same CPU are 5e-4 apart after four steps.
  const values = step.variables.map(
    (variable) => [variable.attributes.name, float32Of(startingValue(variable))] as const,
  );
  const { images, labels } = batchOf({ ...readFixture<NetworkFixture>('network.json'), batch }, 0);
  return {
    model: compile({ outputs: step.outputs }),
    options: stepSession(step),
    start: initialState(step, new Map(values)),
    feeds: {
      images: uint8(Uint8Array.from(images.data), images.shape),
      labels: uint8(Uint8Array.from(labels.data), labels.shape),
      learningRate: float32(Float32Array.of(0.01), []),
    },
    steps: 5,
  };
}

function float32Of({ data, shape }: Value) {
  return float32(Float32Array.from(data), shape);
}
