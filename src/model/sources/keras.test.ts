import { expect, test } from 'vitest';
import { float32 } from '../../base/arrays.js';
import { sources } from './index.js';
import { mobileNetV2Layers } from './mobilenetv2-layers.js';

/** What each family calls a few variables; the names of Keras 3 are held to the package in `tests/golden/packages.test.ts`. */
const names: Readonly<Record<string, readonly [string, string, string, string]>> = {
  'keras-mobilenetv2': [
    'Conv1/kernel',
    'expanded_conv_depthwise/kernel',
    'block_1_expand_BN/moving_variance',
    'block_16_project/kernel',
  ],
  'keras2-mobilenetv2': [
    'Conv1/kernel:0',
    'expanded_conv_depthwise/depthwise_kernel:0',
    'block_1_expand_BN/moving_variance:0',
    'block_16_project/kernel:0',
  ],
  // The stem has five arrays, the first inverted residual twice as many, every other three times.
  'keras-mobilenetv2-ordered': ['arr_0', 'arr_5', 'arr_19', 'arr_250'],
  'tensorflow-mobilenetv2': [
    'MobilenetV2/Conv/weights',
    'MobilenetV2/expanded_conv/depthwise/depthwise_weights',
    'MobilenetV2/expanded_conv_1/expand/BatchNorm/moving_variance',
    'MobilenetV2/expanded_conv_16/project/weights',
  ],
};
const variables = [
  'trunk.features.0.0.weight',
  'trunk.features.1.conv.0.0.weight',
  'trunk.features.2.conv.0.1.running_var',
  'trunk.features.17.conv.2.weight',
] as const;

test.each(Object.entries(names))('%s: its names, and the network by their shapes', (name, expected) => {
  const source = sources.find((source) => source.name === name)!;
  expect(variables.map((variable) => source.nameOf(variable))).toEqual(expected);
  const [stem, depthwise, , project] = expected;
  const shapes = new Map([
    [stem, [3, 3, 3, 16]],
    [depthwise, [3, 3, 16, 1]],
    [project, [1, 1, 480, 160]],
  ]);
  const known = {
    kind: 'trunk',
    trunk: { name: 'mobilenetv2', width: 0.5, outputStride: 32, padding: 'same' },
  };
  expect(source.recognize(shapes)).toMatchObject(known);
  expect(sources.filter((one) => one.recognize(shapes)).map(({ name }) => name)).toEqual([name]);
  // PyTorch's order of axes is of another family.
  expect(source.recognize(new Map([...shapes, [stem, [16, 3, 3, 3]]]))).toBe(undefined);
});

test('axes and epsilons are converted', () => {
  const convert = sources.find(({ name }) => name === 'keras-mobilenetv2')!.convert!;
  // Height 1, width 2, two channels in, three out: 100·width + 10·in + out.
  const kernel = float32(Float32Array.of(0, 1, 2, 10, 11, 12, 100, 101, 102, 110, 111, 112), [1, 2, 2, 3]);
  const dense = convert('trunk.features.0.0.weight', kernel);
  expect(dense.shape).toEqual([3, 2, 1, 2]);
  expect([...dense.data]).toEqual([0, 100, 10, 110, 1, 101, 11, 111, 2, 102, 12, 112]);
  const depthwise = convert(
    'trunk.features.1.conv.0.0.weight',
    float32(Float32Array.of(0, 1, 2, 100, 101, 102), [1, 2, 3, 1]),
  );
  expect(depthwise.shape).toEqual([3, 1, 1, 2]);
  expect([...depthwise.data]).toEqual([0, 100, 1, 101, 2, 102]);
  const variance = convert('trunk.features.0.1.running_var', float32(Float32Array.of(0.5), [1]));
  // v + 10⁻³ of TensorFlow is (v + 0.00099) + 10⁻⁵ here.
  expect(variance.data[0]).toBeCloseTo(0.50099, 7);
});

test('a file whose batch norms are folded into its convolutions has another reader', () => {
  const folded = new Map([
    ['features.0.0.weight', [32, 3, 3, 3]],
    ['features.0.0.bias', [32]],
    ['features.17.conv.2.weight', [320, 960, 1, 1]],
  ]);
  expect(sources.filter((source) => source.recognize(folded))).toEqual([]);
});

test('MobileNetV2 has 52 convolutions', () => {
  expect(mobileNetV2Layers).toHaveLength(52);
});
