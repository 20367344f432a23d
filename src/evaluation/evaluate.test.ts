import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { camvid, cityscapes, commonClasses, VOID } from '../data/index.js';
import { ConfusionMatrix, imageMeanIoU, metricsOf, Scorer } from './index.js';

const of = (...values: number[]) => Uint8Array.from(values);
const matrixOf = (classes: number, prediction: number[], truth: number[]) => {
  const matrix = new ConfusionMatrix(classes);
  matrix.add(of(...prediction), of(...truth));
  return matrix;
};
const names = ['a', 'b', 'c'];

describe('metricsOf', () => {
  test('a worked example', () => {
    // Truth: a a a b b void; predicted: a a b b c a.
    const metrics = metricsOf(matrixOf(3, [0, 0, 1, 1, 2, 0], [0, 0, 0, 1, 1, VOID]), { names });
    expect(metrics.perClass.map(({ iou }) => iou)).toEqual([2 / 3, 1 / 3, 0]);
    expect(metrics.perClass.map(({ accuracy }) => accuracy)).toEqual([2 / 3, 1 / 2, Number.NaN]);
    expect(metrics.meanIoU).toBeCloseTo((2 / 3 + 1 / 3 + 0) / 3, 15);
    expect(metrics.meanAccuracy).toBeCloseTo((2 / 3 + 1 / 2) / 2, 15);
    expect(metrics.pixelAccuracy).toBe(3 / 5);
    expect(metrics.frequencyWeightedIoU).toBeCloseTo((3 * (2 / 3) + 2 * (1 / 3)) / 5, 15);
    expect(metrics.perClass.map(({ pixels }) => pixels)).toEqual([3, 2, 0]);
  });

  test('a class in neither prediction nor truth is NaN and left out of the mean', () => {
    const metrics = metricsOf(matrixOf(3, [0, 1], [0, 1]), { names });
    expect(metrics.perClass[2]!.iou).toBeNaN();
    expect(metrics.meanIoU).toBe(1);
  });

  test('void alone scores nothing', () => {
    const metrics = metricsOf(matrixOf(2, [0, 1], [VOID, VOID]), { names });
    expect([metrics.meanIoU, metrics.pixelAccuracy, metrics.frequencyWeightedIoU]).toEqual([
      Number.NaN,
      Number.NaN,
      Number.NaN,
    ]);
  });

  test('a prediction that is no class is wrong, and no false positive of any', () => {
    const metrics = metricsOf(matrixOf(2, [0, VOID, 200, 1], [0, 0, 0, 1]), { names });
    expect(metrics.perClass.map(({ iou }) => iou)).toEqual([1 / 3, 1]);
    expect(metrics.pixelAccuracy).toBe(1 / 2);
  });

  test('equals a naive count, class by class', () => {
    const pixels = fc.array(fc.tuple(fc.nat({ max: 4 }), fc.constantFrom(0, 1, 2, 3, VOID)), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(pixels, (list) => {
        const { perClass } = metricsOf(
          matrixOf(
            4,
            list.map(([p]) => p),
            list.map(([, t]) => t),
          ),
          { names },
        );
        for (let id = 0; id < 4; id++) {
          const scored = list.filter(([, t]) => t !== VOID);
          const both = scored.filter(([p, t]) => p === id && t === id).length;
          const either = scored.filter(([p, t]) => p === id || t === id).length;
          expect(perClass[id]!.iou).toBe(both / either);
        }
      }),
    );
  });
});

test('merging matrices equals counting at once', () => {
  const parts = matrixOf(3, [0, 1], [0, 2]);
  parts.merge(matrixOf(3, [2, 2], [2, VOID]));
  expect(parts.counts).toEqual(matrixOf(3, [0, 1, 2, 2], [0, 2, 2, VOID]).counts);
  expect(() => parts.merge(new ConfusionMatrix(2))).toThrow('a matrix of 3 classes');
});

test('sizes that differ and labels outside the map are refused', () => {
  expect(() => matrixOf(3, [0], [0, 1])).toThrow('expected a prediction of 2 pixels, received 1');
  expect(() => matrixOf(3, [0], [3])).toThrow('expected train ids below 3, or 255 for void, received 3');
});

describe('Scorer', () => {
  test('sums over images for the data set, averages over them for the per-image mean', () => {
    const scorer = new Scorer({ ...camvid, names });
    scorer.add(of(0, 0, 0, 0), of(0, 0, 0, 1));
    scorer.add(of(1, 1), of(1, 1));
    scorer.add(of(1, 1), of(VOID, VOID));
    const { score } = scorer;
    expect(score.images).toBe(3);
    expect(score.perClass[1]!.iou).toBe(2 / 3);
    // First image: a 3/4, b 0; second: b 1; the third has no truth.
    expect(score.imageMeanIoU).toBe((3 / 8 + 1) / 2);
  });

  test('a predicted class that is not in the image does not count in its mean', () => {
    expect(imageMeanIoU(matrixOf(3, [0, 0, 1], [0, 0, 0]))).toBe(2 / 3);
  });

  test('a model of Cityscapes is scored on CamVid in common classes', () => {
    const scorer = new Scorer(commonClasses(cityscapes, camvid));
    const city = (name: string) => cityscapes.names.indexOf(name);
    const cam = (name: string) => camvid.names.indexOf(name);
    scorer.add(
      of(city('bus'), city('wall'), city('rider'), city('sky'), city('road')),
      of(cam('car'), cam('building'), cam('pedestrian'), VOID, cam('road')),
    );
    expect(scorer.score.pixelAccuracy).toBe(3 / 4);
    expect(scorer.classes).toBe(camvid);
  });
});
