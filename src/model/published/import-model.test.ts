import { describe, expect, test } from 'vitest';
import { smallModels } from '../../../tests/contract/small-models.js';
import { randomWeights } from '../../../tests/support/random-weights.js';
import { float32, type NdArray } from '../../base/arrays.js';
import { program } from '../../base/errors/index.js';
import { encodeModel } from '../file/index.js';
import { imagenetPixels, type ModelConfig, symmetricPixels } from '../index.js';
import type { Source } from '../sources/index.js';
import { writeSafetensors } from '../weights/index.js';
import { type ImportOptions, importModel, publishedWeights, WeightMismatch } from './index.js';

const config: ModelConfig = { ...Object.values(smallModels)[0]!, ...symmetricPixels };
const weights = randomWeights(config);

/** A family whose names have `toy.` before ours, and of which there are files of classifiers. */
const toy: Source = {
  name: 'toy-net',
  title: 'Net of toys',
  recognize(shapes) {
    if (shapes.has('fc.weight')) return { kind: 'trunk', trunk: config.trunk };
    const classes = shapes.get('toy.head.classifier.weight')?.[0];
    return classes === undefined ? undefined : { kind: 'model', config: { ...config, classes } };
  },
  nameOf: (variable) => (variable.startsWith('unknown') ? undefined : `toy.${variable}`),
  isSpare: (name) => name.endsWith('.num_batches_tracked'),
};
/** The same tensors stand for another network too. */
const twin: Source = { ...toy, name: 'toy-twin', title: 'Twin of toys' };
const known = [toy, twin];

const classes = {
  names: ['a', 'b', 'c', 'd', 'e'],
  colors: [0, 1, 2, 3, 4].map((red) => [red, 0, 0] as const),
  ignore: 255 as const,
};

const tensors = () => new Map<string, NdArray>([...weights].map(([name, array]) => [`toy.${name}`, array]));
const fileOf = (content: ReadonlyMap<string, NdArray>) =>
  writeSafetensors({ tensors: content, metadata: new Map() });
const imported = (content: ReadonlyMap<string, NdArray>, options: ImportOptions = {}) =>
  importModel(fileOf(content), 'toy.pth', { classes, ...options }, known);

function mismatchOf(act: () => unknown): WeightMismatch {
  try {
    act();
  } catch (error) {
    if (error instanceof WeightMismatch) return error;
    throw error;
  }
  throw new Error('no mismatch');
}

test('a file becomes a model of the architecture and with the normalisation that its names tell', () => {
  const content = tensors();
  content.set('toy.trunk.bn.num_batches_tracked', { dtype: 'int64', shape: [], data: new BigInt64Array(1) });
  const { model, ...report } = imported(content);
  expect(model.config).toEqual(config);
  expect(model.classes).toBe(classes);
  expect([...model.weights]).toEqual([...weights]);
  expect(report).toMatchObject({
    source: { name: 'toy-net', title: 'Net of toys' },
    alsoFits: ['toy-twin'],
    taken: { tensors: weights.size },
    missing: [],
    unexpected: [],
    misshaped: [],
    spare: 1,
  });
  expect(imported(content, { arch: 'toy-twin' }).source.name).toBe('toy-twin');
  expect(imported(content, { classes: 'numbered' }).model.classes.names[4]).toBe('class 4');
});

describe('a file with too little, too much and other shapes', () => {
  const content = tensors();
  content.delete('toy.head.classifier.bias');
  content.set('toy.attention.score.weight', float32(new Float32Array(3), [3]));
  content.set('toy.extra', float32(new Float32Array(2), [2]));

  test('is refused with all names', () => {
    const error = mismatchOf(() => imported(content));
    expect(error.message).toBe(
      'toy.pth: expected the weights of Net of toys, no less and no more, received 1 missing, 1 unexpected, 1 of another ' +
        'shape, such as toy.head.classifier.bias. Take what fits with --partial, or name another architecture with --arch.',
    );
    const { shape } = weights.get('attention.score.weight')!;
    expect(error.mismatch).toEqual({
      source: { name: 'toy-net', title: 'Net of toys' },
      missing: [{ name: 'toy.head.classifier.bias', shape: [5] }],
      unexpected: [{ name: 'toy.extra', shape: [2] }],
      misshaped: [{ name: 'toy.attention.score.weight', shape, received: '[3]' }],
    });
  });

  test('is taken in part on request; the rest starts from its initial values', () => {
    const { model, missing, misshaped, unexpected } = imported(content, { partial: true });
    expect([missing.length, misshaped.length, unexpected.length]).toEqual([1, 1, 1]);
    expect([...model.weights.keys()]).toEqual([...weights.keys()]);
    // Both start at zero.
    for (const name of ['head.classifier.bias', 'attention.score.weight'])
      expect(new Set(model.weights.get(name)!.data)).toEqual(new Set([0]));
    expect(model.weights.get('head.classifier.weight')).toEqual(weights.get('head.classifier.weight'));
  });

  test('is refused all the same where less than half of it fits', () => {
    const little = new Map([...tensors()].filter(([name]) => !name.startsWith('toy.trunk.features.1')));
    const error = mismatchOf(() => imported(little, { partial: true }));
    expect(error.message).toMatch(
      /^toy\.pth: expected at least half of the weights of Net of toys, received \d+ missing/,
    );
  });
});

test('what is no weight or no number of a network is refused', () => {
  const whole = tensors();
  whole.set('toy.head.classifier.bias', { dtype: 'int64', shape: [5], data: new BigInt64Array(5) });
  const ofType = mismatchOf(() => imported(whole));
  expect(ofType.message).toContain('received 1 of another type, such as toy.head.classifier.bias.');
  expect(ofType.mismatch.misshaped).toEqual([
    { name: 'toy.head.classifier.bias', shape: [5], received: 'int64 [5]' },
  ]);
  const broken = tensors();
  broken.set('toy.head.classifier.bias', float32(new Float32Array(5).fill(Number.NaN), [5]));
  expect(() => imported(broken)).toThrow(
    'finite numbers in toy.head.classifier.bias, received NaN at index 0',
  );
});

test.each([
  [
    { arch: 'toy-nett' },
    '--arch: expected the name of a published architecture, received toy-nett. Did you mean toy-net?',
  ],
  [
    { classes: { ...classes, names: ['a'] } },
    "toy.pth: expected names of its 5 classes, in the order of the network's outputs, received 1 name. Give a file",
  ],
])('%j is refused', (options, message) => {
  expect(() => imported(tensors(), options)).toThrow(message);
});

test('without classes, the data sets with as many are named', () => {
  const { shape, data } = weights.get('head.classifier.weight')!;
  const content = tensors();
  const size = data.length / 5;
  content.set('toy.head.classifier.weight', float32(new Float32Array(19 * size), [19, ...shape.slice(1)]));
  content.set('toy.head.classifier.bias', float32(new Float32Array(19), [19]));
  expect(() => importModel(fileOf(content), 'toy.pth', {}, known)).toThrow(
    'received none: the file does not say them. Give a file with a name a line, or a table with colours: --classes FILE, ' +
      'or, if it was trained on that data set, --classes cityscapes.',
  );
});

test('a file without a tensor by which its architecture is known is told from a file of another', () => {
  const picky: Source = {
    ...toy,
    recognize: (shapes) =>
      ['toy.trunk.features.0.0.weight', 'toy.attention.score.bias', 'toy.head.classifier.weight'].every(
        (name) => shapes.has(name),
      )
        ? toy.recognize(shapes)
        : undefined,
  };
  const content = tensors();
  content.delete('toy.head.classifier.weight');
  expect(() => importModel(fileOf(content), 'toy.pth', {}, [picky])).toThrow(
    'toy.pth: expected weights of an architecture that is known here, such as Net of toys (toy-net), which is the nearest, ' +
      'received a file without toy.head.classifier.weight. If it is of another architecture',
  );
});

test('in part, a file may lack even the tensors by which its architecture is known', () => {
  const ocr: ModelConfig = {
    classes: 5,
    trunk: { name: 'hrnetv2', width: 4 },
    head: { name: 'ocr', channels: 12, keyChannels: 8, dropout: 0.05 },
    attention: { name: 'paper', channels: 8, scoreBias: false },
    scales: [0.5, 1],
    weights: 'shared',
    ...imagenetPixels,
  };
  const values = randomWeights(ocr);
  const { tensors: theirs } = publishedWeights({ config: ocr, weights: values });
  const content = new Map([...theirs].filter(([name]) => !name.startsWith('ocr.cls_head.')));
  const act = (options: ImportOptions) => importModel(fileOf(content), 'toy.pth', { classes, ...options });
  expect(() => act({})).toThrow(
    /received a file without ocr\.cls_head\.weight\. .* --arch nvidia-ocrnet-hrnet-mscale --partial --classes FILE\.$/,
  );
  const { model, missing } = act({ partial: true });
  expect(model.config).toEqual(ocr);
  expect(missing.map(({ name }) => name)).toEqual(['ocr.cls_head.weight', 'ocr.cls_head.bias']);
  expect(model.weights.get('trunk.conv1.weight')).toEqual(values.get('trunk.conv1.weight'));
});

test('of a file with several entries, one can be named', () => {
  const content = new Map([...tensors()].map(([name, array]) => [`ema.${name}`, array]));
  content.set('other.weight', float32(new Float32Array(2), [2]));
  expect(() => imported(content)).toThrow('names of one begin with ema. Take it with --entry ema, behind');
  expect([...imported(content, { entry: 'ema' }).model.weights]).toEqual([...weights]);
});

test('other files are called by what they are', () => {
  const others = new Map([['a.weight', float32(new Float32Array(2), [2])]]);
  expect(() => imported(others)).toThrow(
    'toy.pth: expected weights of an architecture that is known here, received a.weight [2]. There are: toy-net, toy-twin.',
  );
  expect(() => imported(others, { arch: 'toy-net' })).toThrow(
    'expected weights of Net of toys, received a.weight [2]',
  );
  const classifier = new Map([['fc.weight', float32(new Float32Array(2), [2])]]);
  expect(() => imported(classifier)).toThrow(
    'toy.pth: expected a whole segmentation network, received a trunk alone: Net of toys. Train a head on it: ' +
      `${program} train --init toy.pth --trunk mobilenetv2.`,
  );
  const model = encodeModel({ config, classes, weights });
  expect(() => importModel(model, 'model.safetensors', {}, known)).toThrow(
    'received a model that hmsa has written. Use it as it is',
  );
});

describe('the way back', () => {
  test('gives the tensors of the file, with the counters of batch norms', () => {
    const { source, tensors: back } = publishedWeights({ config, weights }, undefined, known);
    expect(source).toEqual({ name: 'toy-net', title: 'Net of toys' });
    const counters = [...back].filter(([name]) => name.endsWith('num_batches_tracked'));
    const norms = [...weights.keys()].filter((name) => name.endsWith('running_mean'));
    expect(counters.map(([name]) => name)).toEqual(
      norms.map((name) => `toy.${name.replace('running_mean', 'num_batches_tracked')}`),
    );
    expect(counters[0]![1]).toEqual({ dtype: 'int64', shape: [], data: BigInt64Array.of(0n) });
    expect([...imported(back).model.weights]).toEqual([...weights]);
  });

  test('is refused for another architecture, with what differs', () => {
    const other = { ...config, head: { ...config.head, asppRates: [1, 3] } } as ModelConfig;
    const refused =
      (changes: ModelConfig, more = new Map<string, NdArray<'float32'>>(), arch?: string) =>
      () =>
        publishedWeights({ config: changes, weights: new Map([...weights, ...more]) }, arch, known);
    expect(refused(other)).toThrow(
      'expected a model of a published architecture, received trunk mobilenetv2, head deeplabv3plus, attention transposed.',
    );
    expect(refused(other, undefined, 'toy-net')).toThrow(
      'expected a model of the architecture Net of toys, received head.asppRates [1,3], there [1,2].',
    );
    const unknown = new Map([['unknown.bias', float32(new Float32Array(1), [1])]]);
    expect(refused(config, unknown, 'toy-net')).toThrow(
      'received variables that it has no name for: unknown.bias.',
    );
  });
});
