import { expect, test } from 'vitest';
import { randomWeights } from '../../tests/support/random-weights.js';
import type { NdArray } from '../base/arrays.js';
import { readWeights } from '../model/checkpoints/index.js';
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
  recognize: (shapes) => (shapes.has('net.trunk.features.0.0.weight') ? recognized : undefined),
  nameOf: (variable) => `net.${variable}`,
  isSpare: (tensor) => tensor === 'net.fc',
});
const whole = source('whole', { kind: 'model', config: { ...model, classes: 5 } });

const fileOf = (names: (name: string) => boolean = () => true) =>
  readWeights(
    writeSafetensors({
      tensors: new Map<string, NdArray>(
        [...trained].filter(([name]) => names(name)).map(([name, array]) => [`net.${name}`, array]),
      ),
      metadata: new Map(),
    }),
    'net.pth',
  );

const shares = (weights: ReadonlyMap<string, unknown>, initial = fresh) =>
  Object.fromEntries(
    takenOf(initial, weights).map(({ part, taken, all, anew }) => [part, [taken / all, anew]]),
  );

test('of a whole network all is taken but the classifier of other classes, and it is said whose they are', () => {
  const { weights, title, doubts, unused } = transferPublished(fresh, fileOf(), 'net.pth', model, false, [
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
  const { weights } = transferPublished(perScale, fileOf(), 'net.pth', model, false, [whole]);
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
    const { weights, doubts } = transferPublished(fresh, fileOf(), 'net.pth', model, false, [one]);
    const { trunk: taken, head } = shares(weights);
    expect([taken![0], head![0]]).toEqual([1, 0]);
    expect(doubts).toEqual(told);
  }
});

test('weights of another trunk are refused, whatever fits of them by chance', () => {
  const other = source('deeper', { kind: 'trunk', trunk: { name: 'resnet101', outputStride: 32 } });
  expect(() => transferPublished(fresh, fileOf(), 'net.pth', model, false, [other])).toThrow(
    'net.pth: expected weights of the trunk mobilenetv2, received those of resnet101: weights of deeper. Set model.trunk to ' +
      'resnet101, or take what fits by chance with --partial-init.',
  );
  const { weights } = transferPublished(fresh, fileOf(), 'net.pth', model, true, [other]);
  expect(shares(weights).trunk![0]).toBe(1);
});

test('of several sources, the one that fits best is taken', () => {
  const trunkAlone = source('trunk', { kind: 'trunk', trunk: model.trunk });
  const { title } = transferPublished(fresh, fileOf(), 'net.pth', model, false, [trunkAlone, whole]);
  expect(title).toBe('weights of whole');
});

test('a file of no source is refused', () => {
  expect(() => transferPublished(fresh, fileOf(), 'net.pth', model, false, [])).toThrow(
    /^net\.pth: expected float32 or float16 weights with the names \(features\.0\.0\.weight, …\)/,
  );
});
