import * as ort from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { randomArray } from '../../../tests/support/random-array.js';
import { randomWeights } from '../../../tests/support/random-weights.js';
import type { Dataset } from '../../data/index.js';
import { createSession, type OrtModule } from '../../engine/runtime/index.js';
import { imagenetPixels, type ModelConfig } from '../../model/index.js';
import { Segmenter } from '../../prediction/index.js';
import { evaluate } from '../index.js';
import { CalibrationCounts } from './calibration.js';
import { chooseImages, diagnose, type ImageScore, scaleWeights, winners } from './index.js';

const maps = (...values: number[][]) => values.map((list) => Float32Array.from(list));
const labels = new Uint8Array(3);

test('with adjacent attention, a scale has its part of what the lower ones leave, and the highest the rest', () => {
  const [half, one] = maps([0.5, 0, 1], [0.5, 0.25, 1]);
  const weights = scaleWeights([
    { scale: 2, labels },
    { scale: 1, labels, attention: one! },
    { scale: 0.5, labels, attention: half! },
  ])!;
  expect(weights.map((weight) => [...weight])).toEqual([
    [0.25, 0.75, 0],
    [0.25, 0.25, 0],
    [0.5, 0, 1],
  ]);
  // The higher scale wins where two are equal.
  expect([...winners(weights)]).toEqual([2, 0, 2]);
  expect([...winners(maps([0.5], [0.5]))]).toEqual([0]);
});

test('shares over all scales are the attention itself; scales that are not weighed have none', () => {
  const [a, b] = maps([0.75, 0, 1], [0.25, 1, 0]);
  const both = [
    { scale: 1, labels, attention: a! },
    { scale: 0.5, labels, attention: b! },
  ];
  expect(scaleWeights(both)).toEqual([a, b]);
  expect(scaleWeights(both.map(({ scale }) => ({ scale, labels })))).toBeUndefined();
  expect(scaleWeights(both.slice(0, 1))).toBeUndefined();
});

test('the calibration error is the weighted distance of confidence and accuracy; void does not count', () => {
  const counts = new CalibrationCounts();
  // Four pixels at 0.9, of which two are right; one at 0.5, right; one of no class.
  const sure = Float32Array.from([0.9, 0.9, 0.9, 0.9, 0.5, 0.1]);
  counts.add(Uint8Array.from([0, 0, 0, 0, 1, 0]), sure, Uint8Array.from([0, 0, 1, 1, 1, 255]));
  const { bins, error } = counts.calibration;
  expect(bins.reduce((sum, { pixels }) => sum + pixels, 0)).toBe(5);
  expect(error).toBeCloseTo((4 * 0.4 + 1 * 0.5) / 5, 6);
});

test('the worst images and the median one come first; tiny areas do not decide for a class', () => {
  const image = (index: number, meanIoU: number, car: number, pixels: number): ImageScore => ({
    index,
    id: `${index}`,
    meanIoU,
    classIoU: [meanIoU, car],
    classPixels: [10_000, pixels],
  });
  const imageScores = [
    image(0, 0.9, 0.8, 500),
    image(1, 0.1, 0.7, 500),
    image(2, 0.5, 0, 1),
    image(3, 0.3, 0.2, 500),
    image(4, 0.7, Number.NaN, 0),
  ];
  const classes = { names: ['road', 'car'], colors: [], ignore: 255 as const };
  const { images, isCut } = chooseImages({ imageScores, classes }, 10);
  expect(isCut).toBe(false);
  expect(images.map(({ index }) => index)).toEqual([1, 3, 2]);
  expect(images[1]!.reasons).toEqual([
    { rank: 'worst', iou: 0.3 },
    { rank: 'worst', classId: 1, iou: 0.2 },
  ]);
  expect(chooseImages({ imageScores, classes }, 2).isCut).toBe(true);
});

test('a diagnosis scores what evaluate scores; without one of two scales the other one labels alone', async () => {
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
      const label = Uint8Array.from({ length: width * height }, (_, i) => ((i + 9 * index) % 40) >> 4);
      return { id: `${index}`, image, label, width, height };
    },
  };
  const segmenter = new Segmenter({ config, classes, weights: randomWeights(config, 1) }, (bytes, options) =>
    createSession(ort as unknown as OrtModule, bytes, { ...options, threads: 1, optimization: 'none' }),
  );
  const found = await diagnose(segmenter, dataset);
  const score = await evaluate(segmenter, dataset);
  const single = await evaluate(segmenter, dataset, { scales: [0.5], combine: 'single' });
  await segmenter.dispose();
  expect(found.confusion).toEqual(score.confusion);
  expect(found.meanIoU).toBe(score.meanIoU);
  expect(found.imageScores).toHaveLength(2);
  const [one, half] = found.scaleFindings;
  expect(one!.without).toEqual(half!.alone);
  expect(half!.alone.meanIoU).toBe(single.meanIoU);
  expect(one!.share! + half!.share!).toBeCloseTo(1, 5);
  expect(one!.won! + half!.won!).toBeCloseTo(1, 12);
});
