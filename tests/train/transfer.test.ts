import * as ort from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { float32, type NdArray } from '../../src/base/arrays.js';
import { input } from '../../src/engine/graph/index.js';
import { createSession, type OrtModule } from '../../src/engine/runtime/index.js';
import { imagenetPixels, type ModelConfig, normalizePixels, predictAtScale } from '../../src/model/index.js';
import { Builder } from '../../src/model/layers/index.js';
import { toFloat16 } from '../../src/model/weights/index.js';
import {
  checkTraining,
  configWarnings,
  estimateStatistics,
  initialWeights,
  type OpenSession,
  presets,
  transferFolded,
  transferModel,
  type Weights,
} from '../../src/training/index.js';
import { expectClose } from '../support/check-operator.js';
import { randomArray } from '../support/random-array.js';
import { randomWeights } from '../support/random-weights.js';
import { runOnnx } from '../support/run-onnx.js';

const CHANNELS = 8;
const config: ModelConfig = {
  classes: 4,
  trunk: { name: 'mobilenetv2', width: 0.1, outputStride: 8 },
  head: {
    name: 'deeplabv3plus',
    asppRates: [1, 2],
    channels: CHANNELS,
    lowLevelChannels: 8,
    separable: false,
  },
  attention: { name: 'paper', channels: 4 },
  scales: [0.5, 1],
  weights: 'shared',
  ...imagenetPixels,
};
const fresh = initialWeights(config, 1);
const isPretrained = (name: string) => /^(trunk|head\.aspp\.(conv1x1|imagePooling|projection))\./.test(name);

/** What somebody has trained, batch norms and all: the projection does not look at the atrous branches. */
const trained: Weights = new Map([
  ...fresh,
  ...[...randomWeights(config, 3)].filter(([name]) => isPretrained(name)),
]);
const projection = trained.get('head.aspp.projection.0.weight')!;
projection.data.forEach((_, i) => {
  if (i % (4 * CHANNELS) >= 2 * CHANNELS) projection.data[i] = 0;
});

/** The same with each batch norm folded into its convolution, under the names that folded files have. */
function foldedFile(prefix: 'trunk.' | '') {
  const tensors = new Map<string, NdArray>();
  for (const [name, { shape, data }] of trained) {
    if (!isPretrained(name) || shape.length !== 4 || !name.endsWith('.weight')) continue;
    const layer = name.slice(0, -'.weight'.length);
    const file = layer.startsWith('trunk.')
      ? prefix + layer.slice('trunk.'.length)
      : layer.slice('head.'.length).replace(/\.0$/, '');
    if (prefix === '' && file.startsWith('aspp.')) continue;
    const norm = layer.replace(/\d+$/, (index) => String(Number(index) + 1));
    const of = (what: string) => trained.get(`${norm}.${what}`)?.data;
    const [gamma, beta, mean, variance] = [of('weight'), of('bias'), of('running_mean'), of('running_var')];
    const isPooling = gamma === undefined || layer.endsWith('imagePooling');
    const slope = (o: number) => (isPooling ? 1 : gamma![o]! / Math.sqrt(variance![o]! + 1e-5));
    const perOut = data.length / shape[0]!;
    const weight = data.map((value, i) => value * slope(Math.floor(i / perOut)));
    const bias = isPooling
      ? trained.get(`${layer}.bias`)!.data
      : Float32Array.from(beta!, (shift, o) => shift - mean![o]! * slope(o));
    const columns = file === 'aspp.projection' ? 2 * CHANNELS : shape[1]!;
    const kept = weight.filter((_, i) => file !== 'aspp.projection' || i % shape[1]! < columns);
    tensors.set(`${file}.weight`, float32(kept, [shape[0]!, columns, shape[2]!, shape[3]!]));
    tensors.set(`${file}.bias`, float32(bias, [shape[0]!]));
  }
  tensors.set(
    prefix === '' ? 'features.18.0.weight' : 'logits.weight',
    float32(new Float32Array(6), [6, 1, 1, 1]),
  );
  return { tensors, metadata: new Map<string, string>() };
}

const size = [2, 40, 48] as const;
const batchOf = (seed: number) => ({
  images: Uint8Array.from(randomArray(2 * 40 * 48 * 3, seed), (x) => 127.5 * (x + 1)),
  labels: new Uint8Array(2 * 40 * 48),
  size,
});

/** Logits at a scale, normalised by running statistics or by those of the batch. */
async function logits(weights: Weights, inference: boolean, scale = 1) {
  const builder = new Builder(inference ? { inference } : {});
  const images = normalizePixels(input('images', [...size, 3], 'uint8'), config);
  const { logits } = predictAtScale(builder.root, images, config, scale);
  const feeds = { images: { dtype: 'uint8' as const, data: batchOf(1).images, shape: [...size, 3] } };
  return (await runOnnx({ logits }, feeds, { constants: weights })).logits!.data as Float32Array;
}

const openSession: OpenSession = (model, options) =>
  createSession(ort as unknown as OrtModule, model, options);

describe('weights with their batch norms, as torchvision saves them', () => {
  const tensors = new Map<string, NdArray>(
    [...trained].flatMap(([name, array]) =>
      name.startsWith('trunk.') ? [[name.slice('trunk.'.length), array]] : [],
    ),
  );
  tensors.set('features.0.1.num_batches_tracked', { dtype: 'int64', shape: [], data: BigInt64Array.of(7n) });
  tensors.set('classifier.1.weight', float32(new Float32Array(6), [2, 3]));
  const file = { tensors, metadata: new Map<string, string>() };

  test('are taken as they are, and no statistics are left to be measured', async () => {
    const { weights, norms, unused } = transferFolded(fresh, file, 'tv.safetensors', config);
    expect(unused).toEqual(['classifier.1.weight']);
    expect(norms).toEqual([]);
    for (const [name, value] of trained)
      if (name.startsWith('trunk.')) expect(weights.get(name)).toEqual(value);
    const never: OpenSession = () => Promise.reject(new Error('nothing to measure'));
    expect(await estimateStatistics(config, weights, norms, [batchOf(1)], never, {})).toBe(weights);
  });

  test('in float16 they are read too', () => {
    const half = new Map(
      [...tensors].map(([name, array]): [string, NdArray] => [
        name,
        array.dtype === 'float32'
          ? { dtype: 'float16', shape: array.shape, data: toFloat16(array.data) }
          : array,
      ]),
    );
    const { weights } = transferFolded(fresh, { ...file, tensors: half }, 'half.safetensors', config);
    const name = 'trunk.features.0.1.running_mean';
    expectClose(weights.get(name)!.data, trained.get(name)!.data, 1e-3, name);
  });

  test('a damaged value, or a bias of a convolution beside its batch norm, is refused by name', () => {
    const negative = new Map(tensors).set('features.0.1.running_var', {
      ...(tensors.get('features.0.1.running_var') as NdArray<'float32'>),
      data: new Float32Array(trained.get('trunk.features.0.1.running_var')!.data.length).fill(-1),
    });
    expect(() => transferFolded(fresh, { ...file, tensors: negative }, 'tv.safetensors', config)).toThrow(
      /^tv\.safetensors: expected variances of 0 or more in features\.0\.1\.running_var, received -1 at index 0\./,
    );
    const both = new Map(tensors).set('features.0.0.bias', trained.get('trunk.features.0.1.bias')!);
    expect(() => transferFolded(fresh, { ...file, tensors: both }, 'tv.safetensors', config)).toThrow(
      /received both for trunk\.features\.0\.1\. Fold all batch norms or none\./,
    );
  });
});

describe('weights with folded batch norms', () => {
  const { weights, norms, unused } = transferFolded(
    fresh,
    foldedFile('trunk.'),
    'folded.safetensors',
    config,
  );

  test('all are taken but the classifier, and the function is that of the model they come from', async () => {
    expect(unused).toEqual(['logits.weight']);
    const expected = [...trained.keys()].filter(
      (name) => isPretrained(name) && name.endsWith('running_mean'),
    );
    expect([...norms].sort()).toEqual(expected.map((name) => name.slice(0, -'.running_mean'.length)).sort());
    for (const scale of [1, 0.5]) {
      expectClose(
        await logits(weights, true, scale),
        await logits(trained, true, scale),
        1e-4,
        `scale ${scale}`,
      );
    }
  });

  test('columns that the file lacks are zero', () => {
    const { data } = weights.get('head.aspp.projection.0.weight')!;
    data.forEach((value, i) => {
      if (i % (4 * CHANNELS) >= 2 * CHANNELS) expect(value).toBe(0);
    });
    expect(data.some((value) => value !== 0)).toBe(true);
  });

  test('estimated statistics leave the function as it was', async () => {
    const estimated = await estimateStatistics(
      config,
      weights,
      norms,
      [batchOf(1), batchOf(2)],
      openSession,
      {},
    );
    for (const path of norms) {
      expect(estimated.get(`${path}.running_var`)!.data).not.toEqual(
        weights.get(`${path}.running_var`)!.data,
      );
    }
    for (const scale of [1, 0.5]) {
      expectClose(
        await logits(estimated, true, scale),
        await logits(weights, true, scale),
        1e-3,
        `scale ${scale}`,
      );
    }
  });

  test('statistics of every batch norm over one batch: normalised by the batch it computes the same', async () => {
    const all = [...weights.keys()].flatMap(
      (name) => /^(?!attention)(.*)\.running_mean$/.exec(name)?.[1] ?? [],
    );
    const alone = { ...config, scales: [1] };
    const estimated = await estimateStatistics(alone, weights, all, [batchOf(1)], openSession, {});
    const expected = await logits(weights, true);
    expectClose(await logits(estimated, false), expected, 1e-3, 'by the batch');
    expectClose(await logits(estimated, true), expected, 1e-3, 'by running statistics');
  });

  test('names without the trunk’s prefix, and one network for each scale', () => {
    const bare = transferFolded(fresh, foldedFile(''), 'bare.safetensors', config);
    expect(bare.unused).toEqual(['features.18.0.weight']);
    const isTrunk = ([name]: [string, unknown]) => name.startsWith('trunk.');
    expect([...bare.weights].filter(isTrunk)).toEqual([...weights].filter(isTrunk));

    const perScale = initialWeights({ ...config, weights: 'perScale' }, 1);
    const copied = transferFolded(perScale, foldedFile('trunk.'), 'folded.safetensors', config);
    expect(copied.unused).toEqual(['logits.weight']);
    for (const [name, value] of weights) {
      if (!isPretrained(name)) continue;
      for (const scale of [0.5, 1]) expect(copied.weights.get(`scale${scale}.${name}`)).toEqual(value);
    }
    expect([...copied.norms].sort()).toEqual(
      [0.5, 1].flatMap((s) => norms.map((path) => `scale${s}.${path}`)).sort(),
    );
  });

  test('a file of which nothing fits is refused by name', () => {
    const file = { tensors: new Map([['a.weight', float32(new Float32Array(1), [1])]]), metadata: new Map() };
    expect(() => transferFolded(fresh, file, 'other.safetensors', config)).toThrow(
      /^other\.safetensors: .* received a\.weight \[1\]\. /,
    );
  });
});

test('a trained model hands over what has the same name and shape', () => {
  const larger = { ...config, classes: 7, weights: 'perScale' as const };
  const { weights, unused, norms } = transferModel(initialWeights(larger, 1), trained, 'model.safetensors');
  expect(norms).toEqual([]);
  expect([...unused].sort()).toEqual(['head.classifier.bias', 'head.classifier.weight']);
  expect(weights.get('scale0.5.trunk.features.0.0.weight')).toEqual(trained.get('trunk.features.0.0.weight'));
  expect(weights.get('scale1.trunk.features.0.1.running_var')).toEqual(
    trained.get('trunk.features.0.1.running_var'),
  );
  const other = new Map([['x', float32(new Float32Array(1), [1])]]);
  expect(() => transferModel(initialWeights(larger, 1), other, 'model.safetensors')).toThrow(
    /^model\.safetensors: /,
  );
});

describe('configurations', () => {
  const model = { ...presets.quick.model, classes: 3 };

  test('a dilation as wide as the smallest map is doubted', () => {
    for (const preset of Object.values(presets)) {
      expect(configWarnings({ ...preset.model, classes: 3 }, preset)).toEqual([]);
    }
    const wide = { ...model, head: { ...model.head, asppRates: [1, 2, 6] } };
    // 64×128 at scale 0.5 and stride 16: 2×4.
    expect(configWarnings(wide, presets.quick)).toEqual([
      expect.stringMatching(/scale 0\.5, ASPP rates 2, 6 reach past the features, whose smaller side is 2: /),
    ]);
  });

  test('recomputation that nothing comes of is doubted', () => {
    const joint = { ...presets['joint-2scale'], recompute: 'scales' } as const;
    expect(configWarnings({ ...joint.model, classes: 3 }, joint)).toEqual([]);
    const idle = [expect.stringMatching(/^recompute "scales" saves nothing here: /)];
    expect(configWarnings({ ...joint.model, classes: 3, scales: [1] }, joint)).toEqual(idle);
    const attention = { ...joint, phases: presets.quick.phases.slice(0, 2) };
    expect(configWarnings({ ...joint.model, classes: 3 }, attention)).toEqual(idle);
  });

  test.each(['quick', 'replication-2scale', 'camvid-2scale', 'joint-2scale'] as const)(
    'dilations of the preset %s keep within a third of the smallest map, where one above 1 fits',
    (name) => {
      const { crop, model } = presets[name];
      const { outputStride } = model.trunk;
      const smallest = Math.min(
        ...crop.map((side) => Math.ceil((side * Math.min(...model.scales)) / outputStride)),
      );
      expect(Math.max(...model.head.asppRates)).toBeLessThanOrEqual(Math.max(1, smallest / 3));
    },
  );

  test.each([
    [
      { ...model },
      { crop: [16, 64] as const },
      /^config, crop: expected sides of at least 32: .*received \[16, 64\]\./,
    ],
    [{ ...model, scales: [1] }, {}, /^config, phases: expected two scales or more .*received scales \[1\]\./],
    [{ ...model }, { classWeights: [1, 2] }, /^config, classWeights: expected 3 weights, .*received 2\./],
  ])('what no model can do is refused by key', (config, changes, message) => {
    expect(() => checkTraining(config, { ...presets.quick, ...changes })).toThrow(message);
  });
});
