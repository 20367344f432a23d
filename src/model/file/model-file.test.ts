import { expect, test } from 'vitest';
import { float32, type NdArray } from '../../base/arrays.js';
import { declareVariables, imagenetPixels, type ModelConfig } from '../index.js';
import { readSafetensors, writeSafetensors } from '../weights/index.js';
import { decodeModel, encodeModel, type Model } from './model-file.js';

const config: ModelConfig = {
  classes: 2,
  trunk: { name: 'mobilenetv2', width: 0.1, outputStride: 16 },
  head: { name: 'deeplabv3plus', asppRates: [1], channels: 8, lowLevelChannels: 8, separable: true },
  attention: { name: 'paper', channels: 4 },
  scales: [0.5, 1],
  weights: 'shared',
  ...imagenetPixels,
};
const weights = new Map(
  [...declareVariables(config)].map(([name, { variable }], i) => {
    const { shape } = variable.attributes;
    const count = shape.reduce((a, b) => a * b, 1);
    return [
      name,
      float32(
        Float32Array.from({ length: count }, (_, k) =>
          name.endsWith('running_var') ? 1 + Math.sin(i + k) : Math.sin(i + k),
        ),
        shape,
      ),
    ] as const;
  }),
);
const classes = {
  names: ['a', 'b'],
  colors: [
    [1, 2, 3],
    [4, 5, 6],
  ] as const,
  ignore: 255 as const,
  ids: [7, 9],
};
const model: Model = { config, classes, weights };
/** As a file says it, with something else in it. */
const classesWith = (change: object) => {
  const { names, colors, ids } = classes;
  return JSON.stringify({ names, colors, ids, ...change });
};

test('float16 takes half the bytes and keeps three digits; what it cannot hold is refused by name', () => {
  const [whole, half] = [encodeModel(model), encodeModel(model, 'float16')];
  expect(half.length).toBeLessThan(0.75 * whole.length);
  const read = decodeModel(half, 'half');
  expect(read.classes).toEqual(classes);
  for (const [name, { data }] of weights) {
    const other = read.weights.get(name)!.data;
    data.forEach((value, i) => {
      expect(Math.abs(other[i]! - value)).toBeLessThanOrEqual(Math.abs(value) / 2048 + 1e-7);
    });
  }
  const name = 'trunk.features.0.0.weight';
  const huge = new Map(weights).set(
    name,
    float32(new Float32Array(weights.get(name)!.data.length).fill(1e5), weights.get(name)!.shape),
  );
  expect(() => encodeModel({ ...model, weights: huge }, 'float16')).toThrow(
    /^model file: trunk\.features\.0\.0\.weight: .*received 100000\. Write the model as float32\.$/,
  );
});

test('float16 keeps the statistics of batch norm, which underflow and overflow in it', () => {
  const name = 'trunk.features.0.1.running_var';
  const { data, shape } = weights.get(name)!;
  const variances = data.map((_, i) => (i % 2 === 0 ? 1e-9 : 1e6));
  const extreme = { ...model, weights: new Map(weights).set(name, float32(variances, shape)) };
  expect(decodeModel(encodeModel(extreme, 'float16'), 'half').weights.get(name)!.data).toEqual(variances);
});

interface Editable {
  readonly tensors: Map<string, NdArray>;
  readonly metadata: Map<string, string>;
}

/** The file with its metadata or tensors changed. */
function changed(change: (file: Editable) => void): Uint8Array {
  const { tensors, metadata } = readSafetensors(encodeModel(model), 'whole');
  const file = { tensors: new Map(tensors), metadata: new Map(metadata) };
  change(file);
  return writeSafetensors(file);
}

test.each<[string, (file: Editable) => void, RegExp]>([
  [
    'bare weights',
    ({ metadata }) => metadata.clear(),
    /^file: expected a model that hmsa has written, .*train --init/,
  ],
  [
    'a newer format',
    ({ metadata }) => metadata.set('formatVersion', '4'),
    /received format 4\. Install a newer hmsa\.$/,
  ],
  [
    'no version',
    ({ metadata }) => metadata.set('formatVersion', 'x'),
    /expected a format version, received x\./,
  ],
  [
    'no configuration',
    ({ metadata }) => metadata.delete('config'),
    /expected config as JSON in the metadata, received none\./,
  ],
  [
    'an unknown architecture',
    ({ metadata }) => metadata.set('config', JSON.stringify({ ...config, trunk: { name: 'vit' } })),
    /^file, config, trunk\.name: expected one of mobilenetv2, .*, received "vit"\.$/,
  ],
  [
    'classes that are too few',
    ({ metadata }) => metadata.set('classes', JSON.stringify({ names: ['a'], colors: [[0, 0, 0]] })),
    /expected 2 class names and colours, received 1 and 1\./,
  ],
  [
    'a missing weight',
    ({ tensors }) => tensors.delete('head.classifier.bias'),
    /expected the weight head\.classifier\.bias, received none of that name\./,
  ],
  [
    'another shape',
    ({ tensors }) => tensors.set('head.classifier.bias', float32(new Float32Array(3), [3])),
    /expected head\.classifier\.bias of shape \[2\], received \[3\]\./,
  ],
  [
    'two classes of one name',
    ({ metadata }) => metadata.set('classes', classesWith({ names: ['a', 'a'] })),
    /^file, classes, names: expected each name once/,
  ],
  [
    'a class without a name',
    ({ metadata }) => metadata.set('classes', classesWith({ names: ['a', ' '] })),
    /^file, classes, names: expected names that are not empty/,
  ],
  [
    'ids of some classes alone',
    ({ metadata }) => metadata.set('classes', classesWith({ ids: [7] })),
    /expected an id for each of the 2 classes, received 1 id\./,
  ],
  [
    'a variance with its sign flipped',
    ({ tensors }) =>
      tensors.set('head.aspp.conv1x1.1.running_var', float32(Float32Array.of(...Array(7).fill(1), -1), [8])),
    /expected variances of 0 or more in head\.aspp\.conv1x1\.1\.running_var, received -1 at index 7\./,
  ],
  [
    'a configuration nested a million deep',
    ({ metadata }) => metadata.set('config', '['.repeat(1e6)),
    /^file, config: expected JSON nested at most 64 deep/,
  ],
  [
    'NaN',
    ({ tensors }) => tensors.set('head.classifier.bias', float32(new Float32Array(2).fill(Number.NaN), [2])),
    /expected finite numbers in head\.classifier\.bias, received NaN at index 0\./,
  ],
])('%s is refused by name', (_, change, message) => {
  expect(() => decodeModel(changed(change), 'file')).toThrow(message);
});

test('a file of a newer format says so, whatever else it holds', () => {
  const text = Buffer.from(encodeModel(model)).toString('latin1');
  // Its checksum no longer fits, and bytes at its end are missing.
  const newer = Buffer.from(
    text.replace('"formatVersion":"2"', '"formatVersion":"4"').slice(0, -9),
    'latin1',
  );
  expect(() => decodeModel(newer, 'file')).toThrow(
    /^file: expected a model of format 3 or earlier, received format 4\. Install a newer hmsa\.$/,
  );
});

test('a file cut short anywhere is refused, never misread', () => {
  const bytes = encodeModel(model);
  for (let length = 0; length < bytes.length; length += 997) {
    expect(() => decodeModel(bytes.subarray(0, length), 'file')).toThrow(/^file: expected /);
  }
});

test('the size of the photographs is kept, and a file without it is read; one that is none is refused', () => {
  const imageSize = { width: 480, height: 360 };
  expect(decodeModel(encodeModel({ ...model, imageSize }), 'sized').imageSize).toEqual(imageSize);
  expect(decodeModel(encodeModel(model), 'bare')).not.toHaveProperty('imageSize');
  for (const wrong of [{ width: 0, height: 360 }, { width: 480.5, height: 360 }, { width: 480 }]) {
    const bytes = encodeModel({ ...model, imageSize: wrong as typeof imageSize });
    expect(() => decodeModel(bytes, 'wrong')).toThrow(
      /^wrong, imageSize, (width|height): expected a whole number/,
    );
  }
});

test('calibrations are kept; one that is incomplete is refused by name, and of another version only the number is kept', () => {
  const way = {
    scales: [1, 0.5],
    combine: 'hierarchical' as const,
    block: 64,
    gate: { kind: 'margin' as const, delta: 8.5 },
    curve: [
      { threshold: 0, loss: 0, work: 1 },
      { threshold: 0.1, loss: -0.01, work: 0.5 },
    ],
    loss: 0.1,
  };
  const adaptive = { version: 2, ways: [way] };
  expect(decodeModel(encodeModel({ ...model, adaptive }), 'calibrated').adaptive).toEqual(adaptive);
  expect(decodeModel(encodeModel(model), 'bare')).not.toHaveProperty('adaptive');
  const refused = (wrong: object) => () =>
    decodeModel(encodeModel({ ...model, adaptive: wrong as typeof adaptive }), 'wrong');
  const foreign = { version: 1, ways: [{ halo: 32 }] } as unknown as typeof adaptive;
  expect(decodeModel(encodeModel({ ...model, adaptive: foreign }), 'foreign').adaptive).toEqual({
    version: 1,
    ways: [],
  });
  expect(refused({ ways: [] })).toThrow(/^wrong, adaptive, version: expected/);
  expect(refused({ version: 2, ways: [{ ...way, gate: undefined }] })).toThrow(
    /^wrong, adaptive, ways.*gate/,
  );
  expect(refused({ version: 2, ways: [{ ...way, curve: way.curve.slice(1) }] })).toThrow(
    /^wrong, adaptive, ways.*curve: expected a curve that begins with threshold 0/,
  );
});
