import * as ort from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { randomArray } from '../../../tests/support/random-array.js';
import { randomWeights } from '../../../tests/support/random-weights.js';
import type { Dataset } from '../../data/index.js';
import { createSession, type OrtModule } from '../../engine/runtime/index.js';
import { imagenetPixels, type ModelConfig } from '../../model/index.js';
import { inferenceWork, Segmenter } from '../../prediction/index.js';
import { initialWeights } from '../../training/index.js';
import { joinNetworks } from '../../training/join-networks.js';
import { evaluate } from '../index.js';
import { compareModels, oracle } from './compare.js';
import { type Contender, comparedWays } from './index.js';

const classes = {
  names: ['a', 'b', 'c'],
  colors: [[0, 0, 0] as const, [9, 9, 9] as const, [5, 5, 5] as const],
  ignore: 255 as const,
};
const config: ModelConfig = {
  classes: 3,
  trunk: { name: 'mobilenetv2', width: 0.1, outputStride: 16 },
  head: { name: 'deeplabv3plus', asppRates: [1], channels: 4, lowLevelChannels: 4, separable: true },
  attention: { name: 'transposed', depthwise: true },
  scales: [0.5, 1],
  weights: 'shared',
  ...imagenetPixels,
};
const [width, height] = [40, 34];

const dataset: Dataset = {
  classes,
  length: 2,
  async get(index) {
    const image = Uint8Array.from(randomArray(3 * width * height, 7 + index), (x) => 127.5 * (x + 1));
    const label = Uint8Array.from(
      { length: width * height },
      (_, i) => (((i % width) + 5 * index) % 40) >> 4,
    );
    return { id: `${index}`, image, label, width, height };
  },
};

/** The bytes of each graph that is opened. */
const opened: number[] = [];
const open = (bytes: Uint8Array, options: object) => {
  opened.push(bytes.length);
  // Optimising a graph takes longer than running it on images as small as these.
  return createSession(ort as unknown as OrtModule, bytes, { ...options, threads: 1, optimization: 'none' });
};
const segmenterOf = (model: ModelConfig, seed = 1) =>
  new Segmenter({ config: model, classes, weights: randomWeights(model, seed) }, open);
const options = { scales: [[0.5, 1, 2]], timedImages: 0 };

test('every row scores what evaluate scores, and the oracle what the definition says', async () => {
  const contender: Contender = { name: 'net', models: [async () => segmenterOf(config)] };
  const { rows, images, blocks, size } = await compareModels([contender], dataset, [0, 1], options);
  expect([images, blocks]).toEqual([2, 2]);
  // And not the pixels that have it.
  expect(Object.keys(size!)).toEqual(['width', 'height']);
  const named = rows.map(({ combine, scales, trained }) => `${combine} ${scales}${trained ? '' : ' *'}`);
  expect(named).toEqual([
    'single 0.5',
    'single 1',
    'single 2 *',
    ...['average', 'max', 'hierarchical', 'oracle'].map((way) => `${way} 1,0.5`),
    ...['average', 'max', 'hierarchical', 'oracle'].map((way) => `${way} 2,1,0.5 *`),
  ]);
  const segmenter = segmenterOf(config);
  for (const { combine, scales, meanIoU, meanAccuracy, classIoU } of rows) {
    // Of the ways at three scales one will do.
    if (combine === 'oracle' || (scales.includes(2) && combine !== 'hierarchical')) continue;
    const alone = await evaluate(segmenter, dataset, { combine, scales });
    expect(meanIoU.value, `${combine} ${scales}`).toBeCloseTo(alone.meanIoU, 12);
    expect(meanAccuracy).toBeCloseTo(alone.meanAccuracy, 12);
    expect(classIoU).toEqual(alone.perClass.map(({ iou }) => iou));
  }
  await segmenter.dispose();
  const row = (combine: string, scales: string) =>
    rows.find((one) => one.combine === combine && String(one.scales) === scales)!;
  const [best, perfect, own] = [row('single', '1'), row('oracle', '1,0.5'), row('hierarchical', '1,0.5')];
  const single = Math.max(best.meanIoU.value, row('single', '0.5').meanIoU.value);
  expect(perfect.meanIoU.value).toBeGreaterThan(single);
  expect(perfect.oracleShare).toBe(1);
  expect(own.oracleShare).toBeCloseTo((own.meanIoU.value - single) / (perfect.meanIoU.value - single), 12);
  expect(own.overSingle!.value).toBeCloseTo(own.meanIoU.value - single, 12);
  expect(own.overAverage!.value).toBeCloseTo(own.meanIoU.value - row('average', '1,0.5').meanIoU.value, 12);
  // Half the side is a quarter of the work; the average of both costs the sum.
  const work = (combine: string, scales: string) => row(combine, scales).work!.multiplyAdds;
  expect(work('average', '1,0.5')).toBe(work('single', '1') + work('single', '0.5'));
  expect(work('hierarchical', '1,0.5')).toBeGreaterThan(work('average', '1,0.5'));
  expect(inferenceWork(config, { scales: [1], combine: 'single' }, [height, width])).toBe(
    work('single', '1'),
  );
});

test('one graph gives all ways, and is little larger than that of the way with all scales', async () => {
  opened.length = 0;
  const segmenter = segmenterOf(config);
  const sample = await dataset.get(0);
  const image = { data: sample.image, width, height };
  const all = { combine: 'hierarchical', scales: [0.5, 1, 2] } as const;
  const ways = [0.5, 1, 2].map((scale) => ({ combine: 'single', scales: [scale] }) as const);
  const found = await segmenter.segmentWays(image, [...ways, all, { ...all, combine: 'average' }]);
  expect(found).toHaveLength(5);
  const { labels } = await segmenter.segment(image, all);
  expect(found[3]).toEqual(labels);
  const [together, alone] = opened;
  expect(opened).toHaveLength(2);
  expect(together! / alone!).toBeLessThan(1.15);
  await segmenter.dispose();
});

describe('what is compared with what', () => {
  test('networks joined from one scale each are the reference of a hierarchy, with seeds', async () => {
    const { attention: _, ...rest } = config;
    const single = (scale: number, seed: number) => {
      const own = { ...rest, scales: [scale], attention: { name: 'none' } } as const;
      return { config: own, classes, weights: randomWeights(own, seed) };
    };
    const joined = (seed: number) => joinNetworks([single(0.5, seed), single(1, seed + 10)]);
    const hierarchy = { ...config, weights: 'perScale' } as const;
    const contenders: Contender[] = [
      { name: 'equal', models: [1, 2].map((seed) => async () => new Segmenter(joined(seed), open)) },
      {
        name: 'hierarchy',
        reference: 'equal',
        models: [3, 4].map((seed) => async () => segmenterOf(hierarchy, seed)),
        trainingOf: () => ({ epochs: 7 }),
      },
    ];
    const { rows } = await compareModels(contenders, dataset, [0, 1], options);
    const [equal, ours] = ['equal', 'hierarchy'].map((name) => rows.filter((row) => row.contender === name));
    // Neither runs at 2×, and what has no attention is not combined by one.
    expect(equal!.map(({ combine }) => combine)).toEqual(['single', 'single', 'average', 'max', 'oracle']);
    const best = Math.max(...equal!.slice(0, 2).map(({ meanIoU: { value } }) => value));
    const own = ours!.find(({ combine }) => combine === 'hierarchical')!;
    expect(own.seeds).toBe(2);
    expect(own.meanIoU.value).toBeCloseTo((own.meanIoUBySeed[0]! + own.meanIoUBySeed[1]!) / 2, 12);
    expect(own.overSingle).toMatchObject({ contender: 'equal' });
    expect(own.overSingle!.value).toBeCloseTo(own.meanIoU.value - best, 12);
    expect(own.overAverage!.value).toBeCloseTo(own.meanIoU.value - equal![2]!.meanIoU.value, 12);
    expect(own.training).toEqual({ epochs: 7 });
    // The joined network labels at a scale as the network of that scale does.
    const alone = await evaluate(new Segmenter(single(0.5, 1), open), dataset);
    expect(equal![0]!.meanIoUBySeed[0]).toBeCloseTo(alone.meanIoU, 12);
  });

  test('an attention that has learned nothing is left out, and one bound to its scales stays at them', () => {
    const fresh = { config, weights: initialWeights(config, 1) };
    expect(comparedWays(fresh).some(({ combine }) => combine === 'hierarchical')).toBe(false);
    const explicit = { ...config, attention: { name: 'explicit', channels: 4 } } as const;
    const ways = comparedWays({ config: explicit, weights: randomWeights(explicit) });
    expect(ways.map(({ combine, scales }) => `${combine} ${scales}`)).toEqual([
      'single 0.5',
      'single 1',
      ...['average', 'max', 'hierarchical', 'oracle'].map((way) => `${way} 1,0.5`),
    ]);
  });

  test('models of one name have one configuration, and networks to join one scale each', async () => {
    const other = { ...config, scales: [1, 2] };
    const mixed: Contender = {
      name: 'net',
      models: [config, other].map((one) => async () => segmenterOf(one)),
    };
    await expect(compareModels([mixed], dataset, [0, 0], options)).rejects.toThrow(
      'compare, net: expected models that differ only in their seed',
    );
    const model = { config, classes, weights: randomWeights(config) };
    expect(() => joinNetworks([model, model])).toThrow('each trained at one other scale');
  });
});

test('the oracle takes a scale that is right, and the highest where none is', () => {
  const of = (...values: number[]) => Uint8Array.from(values);
  const byScale = new Map([
    [2, of(0, 1, 2, 2)],
    [1, of(1, 1, 0, 2)],
  ]);
  expect(oracle([2, 1], byScale, of(1, 1, 1, 255))).toEqual(of(1, 1, 2, 2));
});
