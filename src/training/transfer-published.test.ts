import { expect, test } from 'vitest';
import { randomWeights } from '../../tests/support/random-weights.js';
import type { NdArray } from '../base/arrays.js';
import { readWeights } from '../model/checkpoints/read-weights.js';
import { imagenetPixels, type ModelConfig, symmetricPixels } from '../model/index.js';
import type { Recognized, Source } from '../model/sources/index.js';
import { writeSafetensors } from '../model/weights/index.js';
import { presets } from './presets.js';
import { takenOf } from './transfer.js';
import { transferPublished } from './transfer-published.js';
import { initialWeights } from './weights.js';

const model: ModelConfig = { ...presets.quick.model, ...imagenetPixels, classes: 3 };
const fresh = initialWeights(model, 1);
const trained = randomWeights({ ...model, classes: 5 });

const source = (name: string, recognized: Recognized): Source => ({
  name,
  title: `weights of ${name}`,
  recognize: (shapes) => (shapes.has('toy.trunk.features.0.0.weight') ? recognized : undefined),
  nameOf: (variable) => `toy.${variable}`,
  isSpare: (tensor) => tensor === 'toy.fc',
});
const whole = source('whole', { kind: 'model', config: { ...model, classes: 5 } });

const fileOf = (names: (name: string) => boolean = () => true) =>
  readWeights(
    writeSafetensors({
      tensors: new Map<string, NdArray>(
        [...trained].filter(([name]) => names(name)).map(([name, array]) => [`toy.${name}`, array]),
      ),
      metadata: new Map(),
    }),
    'toy.pth',
  );

const shares = (weights: ReadonlyMap<string, unknown>, initial = fresh) =>
  Object.fromEntries(
    takenOf(initial, weights).map(({ part, taken, all, anew }) => [part, [taken / all, anew]]),
  );

test('of a whole network all is taken but the classifier of other classes, and it is said whose they are', () => {
  const { weights, title, doubts, unused } = transferPublished(fresh, fileOf(), 'toy.pth', model, false, [
    whole,
  ]);
  const { trunk, head, attention } = shares(weights);
  expect([trunk, attention]).toEqual([
    [1, []],
    [1, []],
  ]);
  expect(head![1]).toEqual(['head.classifier']);
  expect(weights.get('trunk.features.0.0.weight')).toEqual(trained.get('trunk.features.0.0.weight'));
  expect({ title, doubts, unused }).toEqual({ title: 'weights of whole', doubts: [], unused: [] });
});

test('with a network for each scale, each gets a copy', () => {
  const perScale = initialWeights({ ...model, weights: 'perScale' }, 1);
  const { weights } = transferPublished(perScale, fileOf(), 'toy.pth', model, false, [whole]);
  expect(shares(weights, perScale).trunk![0]).toBe(1);
  const name = 'trunk.features.0.0.weight';
  const [half, one] = [weights.get(`scale0.5.${name}`)!, weights.get(`scale1.${name}`)!];
  expect(half).toEqual(trained.get(name));
  expect(one.data).not.toBe(half.data);
});

test('of another head or a trunk alone, the trunk is taken; what it was trained with is told', () => {
  const otherHead = { ...model, classes: 5, head: { name: 'plain', channels: 8 } } as const;
  const trunk = { ...model.trunk, outputStride: 32, alignCorners: true } as unknown as ModelConfig['trunk'];
  const cases: readonly [Source, readonly string[]][] = [
    [
      source('other', { kind: 'model', config: { ...otherHead, attention: { name: 'paper', channels: 8 } } }),
      [],
    ],
    [
      source('trunk', { kind: 'trunk', trunk, pixels: symmetricPixels }),
      [
        'was trained on pixels of mean 127.5, 127.5, 127.5 and deviation 127.5, 127.5, 127.5, the configuration gives it ' +
          'others: set model.mean and model.deviation',
        'was trained with model.trunk.alignCorners true; here it is not set',
      ],
    ],
  ];
  for (const [one, told] of cases) {
    const { weights, doubts } = transferPublished(fresh, fileOf(), 'toy.pth', model, false, [one]);
    const { trunk: taken, head } = shares(weights);
    expect([taken![0], head![0]]).toEqual([1, 0]);
    expect(doubts).toEqual(told);
  }
});

test('weights of another trunk are refused, whatever fits of them by chance', () => {
  const other = source('deeper', { kind: 'trunk', trunk: { name: 'resnet101', outputStride: 32 } });
  expect(() => transferPublished(fresh, fileOf(), 'toy.pth', model, false, [other])).toThrow(
    'toy.pth: expected weights of the trunk mobilenetv2, received those of resnet101: weights of deeper. Set model.trunk to ' +
      'resnet101, or take what fits by chance with --partial-init.',
  );
  const { weights } = transferPublished(fresh, fileOf(), 'toy.pth', model, true, [other]);
  expect(shares(weights).trunk![0]).toBe(1);
});

test('of several sources, the one that fits best is taken', () => {
  const trunkAlone = source('trunk', { kind: 'trunk', trunk: model.trunk });
  const { title } = transferPublished(fresh, fileOf(), 'toy.pth', model, false, [trunkAlone, whole]);
  expect(title).toBe('weights of whole');
});

test('a file of no source is refused', () => {
  expect(() => transferPublished(fresh, fileOf(), 'toy.pth', model, false, [])).toThrow(
    /^toy\.pth: expected float32 or float16 weights with the names \(features\.0\.0\.weight, …\)/,
  );
});

test('of a network that is not known, the trunk under a part of its names is taken', () => {
  const inner: Source = {
    ...whole,
    recognize: (shapes) =>
      shapes.has('toy.trunk.features.0.0.weight') ? { kind: 'trunk', trunk: model.trunk } : undefined,
  };
  const { tensors } = fileOf();
  const around = new Map([...tensors].map(([name, tensor]) => [`segmentor.backbone.${name}`, tensor]));
  const { weights, title, unused } = transferPublished(fresh, { tensors: around }, 'toy.pth', model, false, [
    inner,
  ]);
  expect(shares(weights).trunk![0]).toBe(1);
  expect(title).toBe('weights of whole, under segmentor.backbone of a network that is not known');
  expect(unused).toContain('segmentor.backbone.toy.head.classifier.weight');
});

test('a network that is none of ours is called by what it is', () => {
  const names = [
    'conv1',
    'layer1.0.conv1',
    'layer1.1.conv1',
    'layer2.0.conv1',
    'layer2.1.conv1',
    'layer3.0.conv1',
    'layer3.1.conv1',
    'layer4.0.conv1',
    'layer4.1.conv1',
  ];
  const array = { dtype: 'float32', shape: [1], data: Float32Array.of(1) } as const;
  const file = readWeights(
    writeSafetensors({
      tensors: new Map(names.map((name) => [`${name}.weight`, array])),
      metadata: new Map(),
    }),
    'net.pth',
  );
  expect(() => transferPublished(fresh, file, 'net.pth', model)).toThrow(
    'net.pth: expected weights of the trunk mobilenetv2, or of a network around it, received resnet18 of torchvision, timm or alike. Start without --init, or from a file that',
  );
});
