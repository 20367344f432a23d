import { expect, test } from 'vitest';
import { input } from '../../src/engine/graph/index.js';
import { aspp } from '../../src/model/heads/aspp.js';
import { declareVariables, imagenetPixels, network } from '../../src/model/index.js';
import { Builder, type Scope } from '../../src/model/layers/index.js';
import { hrNetV2 } from '../../src/model/trunks/hrnet.js';
import { mobileNetV2 } from '../../src/model/trunks/mobilenetv2.js';
import { resNet50, resNet101 } from '../../src/model/trunks/resnet.js';
import { publishedConfigs } from '../support/published-configs.js';

/** How many numbers are learned, and how many of them are weights of convolutions. */
function count(build: (scope: Scope) => unknown): { readonly all: number; readonly weights: number } {
  const builder = new Builder();
  build(builder.root);
  const shapes = builder.parameters.map(({ attributes: { shape } }) => shape);
  const sum = (some: (readonly number[])[]) =>
    some.reduce((total, shape) => total + shape.reduce((product, side) => product * side, 1), 0);
  return { all: sum(shapes), weights: sum(shapes.filter(({ length }) => length === 4)) };
}

/** What the published counts have and a trunk has not: the last 1×1 convolution, its batch norm, the classifier. */
function classification(width: number, { batchNorm }: { batchNorm: boolean }): number {
  // The 1280 channels grow with the width and do not shrink.
  const [features, last] = [Math.round(320 * width), Math.round(1280 * Math.max(1, width))];
  return features * last + (batchNorm ? 2 * last : 0) + last * 1000 + 1000;
}

const trunk = (width: number, outputStride: 8 | 16 | 32 = 32) =>
  count((scope) =>
    mobileNetV2.build(scope, input('image', [1, 3, 64, 64]), { name: 'mobilenetv2', width, outputStride }),
  );

// Totals of torchvision 0.29: `MobileNet_V2_Weights.IMAGENET1K_V2.meta['num_params']` for width 1, and what its
// `mobilenet_v2(width_mult=…)` counts for the others.
test.each([
  [0.5, 1_968_680],
  [0.75, 2_636_424],
  [1, 3_504_872],
  [1.4, 6_108_776],
])('MobileNetV2 of width %d has torchvision’s parameters', (width, published) => {
  for (const stride of [8, 16, 32] as const) {
    expect(trunk(width, stride).all).toBe(published - classification(width, { batchNorm: true }));
  }
});

// In millions and without batch norms: the table in the documentation of `tf.keras.applications.mobilenet_v2`. Its
// classifiers know 1001 classes, which two decimals do not show.
test.each([
  [0.5, 1.95],
  [0.75, 2.61],
  [1, 3.47],
  [1.4, 6.06],
])('MobileNetV2 of width %d has the parameters of TensorFlow’s table', (width, published) => {
  const millions = (trunk(width).weights + classification(width, { batchNorm: false })) / 1e6;
  expect(millions.toFixed(2)).toBe(published.toFixed(2));
});

test('the ASPP has the parameters of torchvision’s, but for the batch norm of the image pooling', () => {
  // `DeepLabV3_ResNet50_Weights.COCO_WITH_VOC_LABELS_V1.meta['num_params']`, less its other parts:
  const total = 42_004_074;
  // ResNet-50 (`ResNet50_Weights.….meta['num_params']`) without its classifier,
  const trunk = 25_557_032 - (2048 * 1000 + 1000);
  // the auxiliary head, 3×3 to a quarter of 1024 channels with batch norm, and 21 classes,
  const auxiliary = 9 * 1024 * 256 + 2 * 256 + 256 * 21 + 21;
  // and what follows the ASPP: 3×3 with batch norm, and 21 classes.
  const classifier = 9 * 256 * 256 + 2 * 256 + 256 * 21 + 21;
  const published = total - trunk - auxiliary - classifier;
  const own = count((scope) =>
    aspp(scope, input('features', [2, 2048, 8, 8]), { rates: [12, 24, 36], channels: 256, separable: false }),
  );
  expect(own.all).toBe(published - 2 * 256 + 256);
});

// `ResNet50_Weights.….meta['num_params']` and ResNet-101's, less the classifier of 1000 classes.
test.each([
  [resNet50, 'resnet50', 25_557_032],
  [resNet101, 'resnet101', 44_549_160],
] as const)('$1 has torchvision’s parameters', (trunk, name, published) => {
  for (const outputStride of [8, 16, 32] as const) {
    const own = count((scope) =>
      trunk.build(scope, input('image', [1, 3, 64, 64]), { name, outputStride } as never),
    );
    expect(own.all).toBe(published - (2048 * 1000 + 1000));
  }
});

const common = { scales: [1], weights: 'shared', attention: { name: 'none' }, ...imagenetPixels } as const;
const deepLabV3 = { name: 'deeplabv3', asppRates: [12, 24, 36], channels: 256, dropout: 0.5 } as const;
const smp = { ...deepLabV3, name: 'deeplabv3plus-smp', lowLevelChannels: 48, separable: true } as const;

// `DeepLabV3_ResNet50_Weights.COCO_WITH_VOC_LABELS_V1.meta['num_params']` and ResNet-101's; without the auxiliary
// classifier, and for segmentation_models.pytorch 0.6, the sum over `parameters()` of the packages' own networks.
test.each([
  ['resnet50', { ...deepLabV3, auxiliary: true }, 21, 42_004_074],
  ['resnet101', { ...deepLabV3, auxiliary: true }, 21, 60_996_202],
  ['resnet50', deepLabV3, 21, 39_638_869],
  ['resnet50', smp, 7, 26_679_127],
  ['resnet101', smp, 7, 45_671_255],
  ['mobilenetv2', smp, 7, 4_380_055],
  ['resnet50', { ...smp, separable: false }, 7, 39_206_743],
] as const)('%s with the head %o has the package’s parameters', (name, head, classes, published) => {
  const trunk =
    name === 'mobilenetv2'
      ? ({ name, width: 1, outputStride: 16, firstDilation: 'own', lastConvolution: true } as const)
      : ({ name, outputStride: 16 } as const);
  const config = { classes, trunk, head, ...common };
  const own = count((scope) => network(scope, input('image', [1, 3, 64, 64]), config, 1));
  expect(own.all).toBe(published);
});

/** What HRNet's classifier has behind the trunk: widening bottlenecks, strided convolutions that join them, the classes. */
function hrNetClassification(width: number): number {
  const convolution = (from: number, to: number, kernel: number) => kernel ** 2 * from * to + 3 * to;
  const bottleneck = (from: number, inner: number) => {
    const norms = 2 * (inner + inner + 4 * inner + 4 * inner);
    return from * inner + 9 * inner ** 2 + 4 * inner ** 2 + 4 * from * inner + norms;
  };
  const widened = [32, 64, 128, 256].map((inner, i) => bottleneck(width * 2 ** i, inner));
  const joined = [128, 256, 512].map((from) => convolution(from, 2 * from, 3));
  return [...widened, ...joined, convolution(1024, 2048, 1), 2048 * 1000 + 1000].reduce((a, b) => a + b);
}

const hrNet = (width: number) =>
  count((scope) => hrNetV2.build(scope, input('image', [1, 3, 64, 64]), { name: 'hrnetv2', width })).all;

// Totals of timm's `hrnet_w18` and `hrnet_w48`, which its documentation rounds to 21.30 and 77.47 million.
test.each([
  [18, 21_299_004],
  [48, 77_469_864],
])('HRNetV2-W%d has the parameters of timm’s', (width, published) => {
  expect(hrNet(width)).toBe(published - hrNetClassification(width));
});

test('HRNetV2-W48 for 19 classes has the 65.8 million of its authors’ table', () => {
  // Their head: 1×1 to as many channels with bias and norm, and the classes.
  const width = 15 * 48;
  const head = width ** 2 + 3 * width + 19 * width + 19;
  // They cut 65.859… off: README of HRNet-Semantic-Segmentation.
  expect(Math.floor((hrNet(48) + head) / 1e5)).toBe(658);
});

test('HRNetV2-W48 with OCR for 150 classes has the 70.5 million of SegFormer’s table 2 (arXiv 2105.15203)', () => {
  const published = publishedConfigs['nvidia-ocrnet-hrnet']!;
  const all = [...declareVariables({ ...published, classes: 150 }).values()]
    .filter(({ variable }) => variable.attributes.role === 'parameter')
    .reduce((sum, { variable }) => sum + variable.attributes.shape.reduce((a, b) => a * b, 1), 0);
  expect((all / 1e6).toFixed(1)).toBe('70.5');
});
