import { float32, type NdArray } from '../../base/arrays.js';
import { symmetricPixels } from '../index.js';
import { type MobileNetV2Layer, mobileNetV2Layers } from './mobilenetv2-layers.js';
import type { Recognized, Shapes, Source } from './source.js';
import { mobileNetV2Of } from './trunk-of.js';

/** How a family names the tensors of a layer. */
interface Names {
  /** The weights of a convolution, of a depthwise one, and the four vectors of a batch norm, in the order of `vectors`. */
  readonly convolution: (layer: MobileNetV2Layer) => string;
  readonly norm: (layer: MobileNetV2Layer, vector: Vector) => string;
}

/** The vectors of a batch norm, by our names and by TensorFlow's. */
const vectors = {
  weight: 'gamma',
  bias: 'beta',
  running_mean: 'moving_mean',
  running_var: 'moving_variance',
} as const;
type Vector = keyof typeof vectors;

/** What the batch norms of TensorFlow's MobileNetV2 add to a variance, and ours. */
const [THEIR_EPSILON, OUR_EPSILON] = [1e-3, 1e-5];

/** `tf.keras.applications.MobileNetV2` by the paths of Keras 3: `np.savez(file, **{v.path: v for v in model.weights})`. */
export const keras3MobileNetV2 = mobileNetV2('keras-mobilenetv2', 'MobileNetV2 of Keras 3', {
  convolution: (layer) => `${kerasLayer(layer)}/kernel`,
  norm: (layer, vector) => `${kerasNorm(layer)}/${vectors[vector]}`,
});

/** The same by the names of Keras 2, `block_1_depthwise/depthwise_kernel:0`. */
export const keras2MobileNetV2 = mobileNetV2('keras2-mobilenetv2', 'MobileNetV2 of Keras 2', {
  convolution: (layer) =>
    `${kerasLayer(layer)}/${layer.part === 'depthwise' ? 'depthwise_kernel' : 'kernel'}:0`,
  norm: (layer, vector) => `${kerasNorm(layer)}/${vectors[vector]}:0`,
});

/** `np.savez(file, *model.get_weights())`: a convolution and the four vectors of its batch norm, layer by layer. */
export const kerasOrderedMobileNetV2 = mobileNetV2(
  'keras-mobilenetv2-ordered',
  'MobileNetV2 of Keras, weights in order without names',
  {
    convolution: (layer) => `arr_${5 * mobileNetV2Layers.indexOf(layer)}`,
    norm: (layer, vector) =>
      `arr_${5 * mobileNetV2Layers.indexOf(layer) + 1 + Object.keys(vectors).indexOf(vector)}`,
  },
);

/** Checkpoints of TensorFlow's own code (slim), and of DeepLab, which was trained by it. */
export const tensorFlowMobileNetV2 = mobileNetV2(
  'tensorflow-mobilenetv2',
  "MobilenetV2 of TensorFlow's model repository",
  {
    convolution: (layer) =>
      `${slimLayer(layer)}/${layer.part === 'depthwise' ? 'depthwise_weights' : 'weights'}`,
    norm: (layer, vector) => `${slimLayer(layer)}/BatchNorm/${vectors[vector]}`,
  },
);

function kerasLayer({ part, index }: MobileNetV2Layer): string {
  if (part === 'stem') return 'Conv1';
  if (part === 'last') return 'Conv_1';
  return index === 0 ? `expanded_conv_${part}` : `block_${index}_${part}`;
}

function kerasNorm(layer: MobileNetV2Layer): string {
  if (layer.part === 'stem') return 'bn_Conv1';
  return layer.part === 'last' ? 'Conv_1_bn' : `${kerasLayer(layer)}_BN`;
}

function slimLayer({ part, index }: MobileNetV2Layer): string {
  if (part === 'stem') return 'MobilenetV2/Conv';
  if (part === 'last') return 'MobilenetV2/Conv_1';
  return `MobilenetV2/expanded_conv${index === 0 ? '' : `_${index}`}/${part}`;
}

function mobileNetV2(name: string, title: string, names: Names): Source {
  const theirs = new Map<string, string>(
    mobileNetV2Layers.flatMap((layer) => [
      [`${layer.convolution}.weight`, names.convolution(layer)] as const,
      ...(Object.keys(vectors) as Vector[]).map(
        (vector) => [`${layer.norm}.${vector}`, names.norm(layer, vector)] as const,
      ),
    ]),
  );
  const last = [...theirs].filter(([own]) => own.startsWith('trunk.features.18.')).map(([, it]) => it);
  const depthwise = new Set(
    mobileNetV2Layers
      .filter(({ part }) => part === 'depthwise')
      .map(({ convolution }) => `${convolution}.weight`),
  );
  const isClassifier = /^(predictions\/|MobilenetV2\/Logits\/|global_step$|arr_26[01]$)/;
  return {
    name,
    title,
    recognize: (shapes) => recognized(shapes, theirs),
    nameOf: (variable) => theirs.get(variable),
    isSpare: (tensor) => last.includes(tensor) || isClassifier.test(tensor),
    convert: (variable, array) => converted(variable, array, depthwise.has(variable)),
  };
}

function recognized(shapes: Shapes, theirs: ReadonlyMap<string, string>): Recognized | undefined {
  const shapeOf = (variable: string) => shapes.get(theirs.get(variable)!);
  // Height and width first, unlike in PyTorch; a depthwise kernel has its channels third.
  const stem = shapeOf('trunk.features.0.0.weight');
  if (String(stem?.slice(0, 3)) !== '3,3,3' || shapeOf('trunk.features.1.conv.0.0.weight')?.[3] !== 1) {
    return undefined;
  }
  const trunk = mobileNetV2Of(shapeOf('trunk.features.17.conv.2.weight')?.[3]);
  return trunk && { kind: 'trunk', trunk: { ...trunk, padding: 'same' }, pixels: symmetricPixels };
}

/**
 * Axes [height, width, in, out] become [out, in, height, width], and those of a depthwise kernel, [height, width, channels,
 * 1], become [channels, 1, height, width]. The difference of the epsilons goes into the variances.
 */
function converted(variable: string, array: NdArray<'float32'>, isDepthwise: boolean): NdArray<'float32'> {
  const { shape, data } = array;
  if (variable.endsWith('.running_var')) {
    return float32(
      data.map((variance) => variance + (THEIR_EPSILON - OUR_EPSILON)),
      shape,
    );
  }
  if (shape.length !== 4) return array;
  const [height, width, third, fourth] = shape as [number, number, number, number];
  const [out, from] = isDepthwise ? [third, fourth] : [fourth, third];
  const result = new Float32Array(data.length);
  let at = 0;
  for (let o = 0; o < out; o++) {
    for (let i = 0; i < from; i++) {
      const [c, d] = isDepthwise ? [o, i] : [i, o];
      for (let place = 0; place < height * width; place++)
        result[at++] = data[(place * third + c) * fourth + d]!;
    }
  }
  return float32(result, [out, from, height, width]);
}
