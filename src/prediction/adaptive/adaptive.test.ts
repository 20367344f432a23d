import * as ort from 'onnxruntime-node';
import { afterAll, describe, expect, test } from 'vitest';
import { randomWeights } from '../../../tests/support/random-weights.js';
import { createSession, type SessionOptions } from '../../engine/runtime/index.js';
import type { AdaptiveWay, Model } from '../../model/file/index.js';
import { imagenetPixels, type ModelConfig } from '../../model/index.js';
import { computedOn } from '../compile-model.js';
import type { MapPart } from '../scale-feeds.js';
import { Segmenter } from '../segmenter.js';
import { SessionCache } from '../session-cache.js';
import { SplitNetwork } from '../split-network.js';
import { blocksOf, coverBlocks, meanOfBlocks } from './blocks.js';
import { adaptiveChoice, pointFor } from './choice.js';
import { doubtOf, knownOf } from './doubt.js';
import { logisticFit, quantile } from './fit.js';
import { patched } from './patched.js';
import { worthOf } from './worth.js';

const whole = (length: number) => ({ whole: length, start: 0, length });
const map = (data: number[], channels: number, rows: number, columns: number): MapPart => ({
  data: Float32Array.from(data),
  channels,
  rows: whole(rows),
  columns: whole(columns),
});

describe('doubt', () => {
  // Two cells of three classes; the lowest scale has a weight of 0.75 and 0.25.
  const logits = map([4, 2, 1, 1.5, 0, 0], 3, 1, 2);
  const known = knownOf([{ logits, weight: map([0.75, 0.25], 1, 1, 2) }]);

  test('the margin test is attention times the lead of the label against what is open', () => {
    expect([...known.top]).toEqual([0, 0]);
    expect([...known.open]).toEqual([0.25, 0.75]);
    expect([...known.lead]).toEqual([0.75 * 3, 0.25 * 0.5]);
    // 2.25 > 0.25 · 8, and 0.125 is not above 0.75 · 8.
    expect([...doubtOf(known, { kind: 'margin', delta: 8 })]).toEqual([0, 1]);
    expect([...doubtOf(known, { kind: 'margin', delta: 9.5 })]).toEqual([1, 1]);
  });

  test('a higher scale adds its share of what the lower one leaves open', () => {
    const both = knownOf([
      { logits, weight: map([0.75, 0.25], 1, 1, 2) },
      { logits: map([0, 0, 2, 2, 0, 0], 3, 1, 2), weight: map([0.5, 1], 1, 1, 2) },
    ]);
    // 0.75 · [4, 1, 0] + 0.125 · [0, 2, 0], and 0.25 · [2, 1.5, 0] + 0.75 · [0, 2, 0].
    expect([...both.open]).toEqual([0.125, 0]);
    expect(both.lead[0]).toBeCloseTo(3 - 1);
    expect([...both.top]).toEqual([0, 1]);
  });

  test('without the weights of single scales only a fitted gate knows more than nothing', () => {
    const unweighed = knownOf([{ logits }]);
    expect([...unweighed.open]).toEqual([1, 1]);
    expect([...doubtOf(unweighed, { kind: 'margin', delta: 1 })]).toEqual([1, 1]);
    const worth = [2, 1, 1];
    const fitted = doubtOf(unweighed, { kind: 'fitted', bias: 0, open: 0, entropy: 0, margin: -1, worth });
    // Twice 1 / (1 + e^log(1 + 3)), because class 0 leads in both cells, and the same for a margin of 0.5.
    expect(fitted[0]).toBeCloseTo(2 / 5);
    expect(fitted[1]).toBeCloseTo(2 / 2.5);
  });
});

test('quantiles lie between numbers; a regression finds the chances that made its samples', () => {
  expect(quantile(Float64Array.of(3, 1, 2), 0.5)).toBe(2);
  expect(quantile(Float64Array.of(0, 10), 0.999)).toBeCloseTo(9.99);
  // Of feature 0 one in four changes, of feature 1 three in four.
  const features = Array.from({ length: 400 }, (_, i) => [i % 2]);
  const outcomes = features.map(([x], i) => ((i >> 1) % 4 < (x === 1 ? 3 : 1) ? 1 : 0));
  const [bias, slope] = logisticFit(features, outcomes);
  expect(bias).toBeCloseTo(-Math.log(3), 3);
  expect(slope).toBeCloseTo(2 * Math.log(3), 3);
  // Samples that a line divides give finite numbers.
  expect(logisticFit([[0], [1]], [0, 1]).every(Number.isFinite)).toBe(true);
});

test('a change is worth what it brings the mean IoU, for each class that the lower scales say', () => {
  // 8 cells of class 0 and 2 of class 1. Of two that are called 0 wrongly one is mended; one that is called 1 is spoilt.
  const cell = (truth: number, before: number, after: number) => ({
    top: before,
    isChanged: before !== after,
    truth,
    before,
    after,
  });
  const cells = [
    ...Array.from({ length: 7 }, () => cell(0, 0, 0)),
    cell(0, 1, 1),
    cell(1, 0, 1),
    cell(1, 0, 0),
    cell(255, 1, 0),
  ];
  const chances = cells.map(() => 0.1);
  // Class 0: 7 of 10 right, class 1: none of 3. The mended cell brings 1/3 to class 1 and 7/10² to class 0.
  const gain = 1 / 3 + 0.07;
  const [zero, one] = worthOf(cells, chances, { model: 2, scored: 2 });
  const [promisedBy0, all] = [0.9, 1];
  expect(zero).toBeCloseTo(((gain + 0.02 * gain) / (promisedBy0 + 0.02 * all)) * (all / gain), 5);
  expect(one).toBeCloseTo(((0.02 * gain) / (0.1 + 0.02 * all)) * (all / gain), 5);
  // A highest scale that brings nothing makes no class worth more than another.
  expect(worthOf([cell(0, 0, 1)], [0.5], { model: 2, scored: 2 })).toEqual([1, 1]);
});

describe('blocks', () => {
  const blocks = blocksOf({ width: 640, height: 330 }, 64);

  test('take the mean of their cells', () => {
    expect([blocks.width, blocks.height]).toEqual([10, 6]);
    const means = meanOfBlocks(
      Float32Array.of(1, 3, 5, 7),
      { width: 4, height: 1 },
      blocksOf({ width: 8, height: 2 }, 4),
    );
    expect([...means]).toEqual([2, 6]);
  });

  test('every chosen block lies in a patch, whose tile has its halo and lies on the stride', () => {
    const chosen = Array.from({ length: 60 }, (_, i) => i === 0 || i === 1 || i === 59);
    const patches = coverBlocks(chosen, blocks, 32, 16);
    expect(patches).toEqual([
      { own: { x: 0, y: 0, width: 128, height: 64 }, tile: { x: 0, y: 0, width: 160, height: 106 } },
      { own: { x: 576, y: 320, width: 64, height: 10 }, tile: { x: 544, y: 288, width: 96, height: 42 } },
    ]);
  });

  test('none gives no patch; all of them, and so many that halos eat the saving, one tile', () => {
    const size = { x: 0, y: 0, width: 640, height: 330 };
    expect(coverBlocks(new Array(60).fill(false), blocks, 32, 16)).toEqual([]);
    expect(coverBlocks(new Array(60).fill(true), blocks, 32, 16)).toEqual([{ own: size, tile: size }]);
    const checkers = Array.from({ length: 60 }, (_, i) => (i + Math.floor(i / 10)) % 2 === 0);
    expect(coverBlocks(checkers, blocks, 64, 16)).toEqual([{ own: size, tile: size }]);
  });
});

test('a part gives the cells whose centres it owns; elsewhere the lower scale stays', () => {
  const lower = map([1], 1, 1, 1);
  const part = { ...map([5, 6, 7, 8], 1, 1, 4), columns: { whole: 8, start: 1, length: 4 } };
  // Cells of 4 pixels, of which those with centres at 10 and 14 lie in 7 … 16.
  const own = { x: 7, y: 0, width: 9, height: 4 };
  expect([...patched(lower, [1, 8], [{ map: part, own }], 4).data]).toEqual([1, 1, 6, 7, 1, 1, 1, 1]);
  expect([...lower.data]).toEqual([1]);
});

const way: AdaptiveWay = {
  scales: [2, 1, 0.5],
  combine: 'hierarchical',
  block: 64,
  gate: { kind: 'fitted', bias: 0, open: 0, entropy: 0, margin: 0, worth: [1, 1, 1, 1] },
  curve: [
    { threshold: 0, loss: 0, work: 1 },
    { threshold: 1e-9, loss: 0.05, work: 0.9 },
    { threshold: 0.1, loss: 0.2, work: 0.5 },
    { threshold: 2, loss: 0.1, work: 0.1 },
  ],
  loss: 0.3,
};

test('the point of a loss has the least work before the first that loses too much', () => {
  expect(pointFor(way.curve, 0).threshold).toBe(0);
  expect(pointFor(way.curve, 0.05).threshold).toBe(1e-9);
  expect(pointFor(way.curve, 0.1).threshold).toBe(1e-9);
  expect(pointFor(way.curve, 0.3).threshold).toBe(2);
  // No threshold that takes more than everything.
  expect(pointFor([way.curve[0]!, { threshold: 1, loss: 0, work: 1.1 }], 1).threshold).toBe(0);
});

describe('a network of three scales', () => {
  const config: ModelConfig = {
    classes: 4,
    trunk: { name: 'mobilenetv2', width: 0.1, outputStride: 16 },
    head: { name: 'deeplabv3plus', asppRates: [1], channels: 8, lowLevelChannels: 8, separable: true },
    attention: { name: 'transposed', depthwise: true },
    scales: [0.5, 1],
    weights: 'shared',
    ...imagenetPixels,
  };
  const classes = {
    names: ['a', 'b', 'c', 'd'],
    colors: [0, 1, 2, 3].map((c) => [c, c, c] as const),
    ignore: 255 as const,
  };
  const model: Model = {
    config,
    classes,
    weights: randomWeights(config),
    adaptive: { version: 2, ways: [way] },
  };
  const open = (graph: Uint8Array, options: SessionOptions) => createSession(ort as never, graph, options);
  const segmenter = new Segmenter(model, open);
  afterAll(() => segmenter.dispose());
  const [width, height] = [150, 98];
  const image = {
    width,
    height,
    data: Uint8Array.from(
      { length: width * height * 3 },
      (_, i) => (Math.sin(i / 40) * 60 + ((i * 7919) % 64) + 90) & 255,
    ),
  };
  const same = Uint8Array.from({ length: 256 }, (_, i) => i);
  const truth = {
    width,
    height,
    labels: Uint8Array.from({ length: width * height }, (_, i) => Math.floor(i / 40) % 4),
    classes: 4,
    fromModel: same,
    fromTruth: same,
  };
  const scales = [0.5, 1, 2];
  const share = (a: Uint8Array, b: Uint8Array) =>
    a.reduce((sum, x, i) => sum + (x === b[i] ? 1 : 0), 0) / a.length;

  test('threshold 0 is the full result; with nothing of the highest scale it is that of the others', async () => {
    const full = await segmenter.segment(image, { scales });
    expect(full.work).toBeUndefined();
    const none = await segmenter.segment(image, { scales, adaptive: 0 });
    expect(none.labels).toEqual(full.labels);
    expect(none.work).toBe(1);

    const lower = await segmenter.segment(image, { scales: [0.5, 1], logits: true });
    const sparse = await segmenter.segment(image, { scales, adaptive: true, logits: true });
    expect(sparse.work).toBeLessThan(0.97);
    // But for where the scores are enlarged first.
    expect(share(sparse.labels, lower.labels)).toBeGreaterThan(0.98);
    const spread = Math.max(...lower.logits!) - Math.min(...lower.logits!);
    const mean =
      sparse.logits!.reduce((sum, x, i) => sum + Math.abs(x - lower.logits![i]!), 0) / sparse.logits!.length;
    expect(mean).toBeLessThan(0.02 * spread);
  });

  test('with every block decoded in parts it is the full result', async () => {
    const full = await segmenter.segment(image, { scales, details: true, logits: true });
    const all = await segmenter.segment(image, { scales, details: true, logits: true, adaptive: 0.05 });
    expect(all.work).toBeCloseTo(1);
    const spread = Math.max(...full.logits!) - Math.min(...full.logits!);
    const most = full.logits!.reduce((sum, x, i) => Math.max(sum, Math.abs(x - all.logits![i]!)), 0);
    expect(most).toBeLessThan(1e-4 * spread);
    expect(share(all.labels, full.labels)).toBeGreaterThan(0.999);
    expect(all.scales!.map((each) => each.scale)).toEqual([2, 1, 0.5]);
  });

  test('decoded parts are those of the whole, in whatever part of the image', async () => {
    const full = await segmenter.segment(image, { scales: [1, 2], details: true });
    const split = await computedOn(model, open, {});
    const cache = new SessionCache(4);
    const network = new SplitNetwork(
      config,
      split,
      { scales: [2, 1], combine: 'hierarchical' },
      (key, compile, task) => cache.use(key, () => open(compile(), {}), task),
    );
    const { cuts } = await network.lower(image);
    const whole = await network.decode(image, { x: 0, y: 0, width: 300, height: 196 }, cuts);
    const tile = await network.decode(image, { x: 100, y: 48, width: 80, height: 64 }, cuts);
    await cache.dispose();
    expect(full.work).toBeUndefined();
    const { halo } = network.lowerGraph.decoder;
    expect(halo).toBe(8);
    const [logits, part] = [whole.logits!, tile.logits!];
    let most = 0;
    for (let y = 2; y < part.rows.length - 2; y++) {
      for (let x = 2; x < part.columns.length - 2; x++) {
        const at = (part.rows.start + y) * logits.columns.length + part.columns.start + x;
        most = Math.max(most, Math.abs(part.data[y * part.columns.length + x]! - logits.data[at]!));
      }
    }
    expect(most).toBeLessThan(1e-4);
  });

  test('an image in tiles is refused with the way out', async () => {
    const small = new Segmenter(model, open, { memoryLimit: 3e8 });
    const large = { width: 1500, height: 1000, data: new Uint8Array(1500 * 1000 * 3) };
    await expect(small.segment(large, { scales, adaptive: true })).rejects.toThrow(
      /^adaptive: expected an image that fits into the memory as a whole, received 1500×1000 pixels, .*--memory/,
    );
    await small.dispose();
  });

  test('other scales and models without calibration are refused with the way out', async () => {
    expect(() => adaptiveChoice(model, [1, 0.5], 'hierarchical', true)).toThrow(
      /^adaptive: expected a model that was calibrated for the scales 1, 0.5, .*received one that was calibrated for 2,1,0.5 by hierarchical\. Calibrate it with: npx hmsa calibrate --model FILE --scales 1,0.5/,
    );
    expect(() =>
      adaptiveChoice({ ...model, adaptive: { version: 1, ways: [] } }, [1, 0.5], 'hierarchical', true),
    ).toThrow(
      /^adaptive: expected a calibration of version 2, received one of version 1, .*again with: npx hmsa calibrate --model FILE --scales 1,0.5/,
    );
    const { adaptive: _, ...bare } = model;
    expect(() => adaptiveChoice(bare, [1, 0.5], 'hierarchical', 1)).toThrow(
      /received one without calibration/,
    );
    await expect(segmenter.segment(image, { adaptive: 'yes' as never })).rejects.toThrow(
      /^segment: adaptive: expected true, false, or/,
    );
    await expect(segmenter.adaptiveStudy({ scales: [1], combine: 'single' })).rejects.toThrow(
      /expected two scales or more/,
    );
  });

  test('a study tells gates, thresholds, and the labels and the work of each', async () => {
    const study = await segmenter.adaptiveStudy({ scales });
    await study.observe(image, truth);
    const gate = study.gate('fitted');
    expect(gate).toMatchObject({ kind: 'fitted', worth: expect.objectContaining({ length: 4 }) });
    expect(study.gate('margin')).toMatchObject({ kind: 'margin', delta: expect.any(Number) });
    const thresholds = study.thresholds({ gate, block: 64 });
    expect(thresholds).toEqual([...thresholds].sort((a, b) => a - b));
    const tried = { ...way, gate };
    const [all, none] = await study.try(image, tried, [0, thresholds.at(-1)!]);
    expect(all!.work).toBeCloseTo(1);
    const sparse = await segmenter.segment(image, { scales, adaptive: true });
    expect(none!.work).toBeCloseTo(sparse.work!, 6);
    expect(none!.labels).toEqual(sparse.labels);
    const full = await segmenter.segment(image, { scales });
    expect(share(all!.labels, full.labels)).toBeGreaterThan(0.999);
  });
});
