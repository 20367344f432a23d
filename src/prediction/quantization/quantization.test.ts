import * as ort from 'onnxruntime-node';
import { beforeAll, describe, expect, test } from 'vitest';
import { smallModels } from '../../../tests/contract/small-models.js';
import { randomWeights } from '../../../tests/support/random-weights.js';
import { runFile } from '../../../tests/support/run-onnx.js';
import { uint8 } from '../../base/arrays.js';
import { quantizable, simplify } from '../../engine/passes/index.js';
import { createSession, type OrtModule, type Session } from '../../engine/runtime/index.js';
import { decodeModel, encodeModel, type Model } from '../../model/file/index.js';
import type { ModelConfig } from '../../model/index.js';
import { computedOn } from '../compile-model.js';
import { fittingWeightType } from '../eight-bits.js';
import { exportOnnx, Segmenter } from '../index.js';
import { inferenceOutputs } from '../inference-graph.js';
import { JoinedResults } from '../joined-results.js';
import { splitGraphs } from '../scale-graphs.js';
import { segmentTiles } from '../segment-tiles.js';
import { SplitNetwork } from '../split-network.js';
import { pixelSource } from '../tile-source.js';
import { spansOf } from '../tile-spans.js';
import {
  LogitError,
  type Observation,
  observe,
  quantizedModel,
  rangeBy,
  rangeRules,
  sensitivities,
} from './index.js';

const [config] = Object.values(smallModels) as [ModelConfig];
const names = Array.from({ length: config.classes }, (_, i) => `class ${i}`);
const classes = { names, colors: names.map((_, i) => [i, i, i] as const), ignore: 255 as const };
const model: Model = { config, classes, weights: randomWeights(config) };
const [width, height] = [50, 37];
const images = [7, 11, 13].map((step) => ({
  width,
  height,
  data: Uint8Array.from(
    { length: width * height * 3 },
    (_, i) => (i * i * step + ((i / 400) | 0) * 40) % 256,
  ),
}));
const open = (graph: Uint8Array) => createSession(ort as unknown as OrtModule, graph, { threads: 1 });
const choice = { scales: [0.5, 1], combine: 'hierarchical', open, session: {} } as const;

let observation: Observation;
let quantized: Model;
beforeAll(async () => {
  observation = await observe(model, images, choice);
  const { layers, histograms } = observation;
  const ranges = new Map([...histograms].map(([key, each]) => [key, rangeBy('extremes', each)]));
  quantized = quantizedModel(model, { layers: new Set(layers), ranges });
});

test('both scales share the range of an activation, and 0 is in it', () => {
  expect(observation.layers).toContain('trunk.features.0.0.weight');
  for (const { least, largest, counts } of observation.histograms.values()) {
    expect(least).toBeLessThanOrEqual(largest);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
  }
  for (const [least, largest] of quantized.quantization!.ranges.values()) {
    expect(least).toBeLessThanOrEqual(0);
    expect(largest).toBeGreaterThanOrEqual(0);
  }
});

test('its scores are near those of the float network', async () => {
  const errors = new LogitError(model, images, choice);
  expect(await errors.of({ layers: new Set(), ranges: new Map() })).toBe(0);
  const error = await errors.of(quantized.quantization!);
  expect(error).toBeGreaterThan(0);
  expect(error).toBeLessThan(0.1);
});

test('one graph measures each layer nearly as the layer alone is measured', async () => {
  const plan = quantized.quantization!;
  const measured = await sensitivities(model, images, plan, choice);
  expect([...measured.keys()].sort()).toEqual([...plan.layers].sort());
  const ordered = [...measured].sort((a, b) => b[1] - a[1]);
  const errors = new LogitError(model, images, choice);
  for (const [layer, error] of [ordered[0]!, ordered.at(-1)!]) {
    const alone = await errors.of({ ...plan, layers: new Set([layer]) });
    expect(error / alone).toBeGreaterThan(0.4);
    expect(error / alone).toBeLessThan(2.5);
  }
});

describe('its file', () => {
  test('holds a byte for each weight of its layers, and the same model', () => {
    const bytes = encodeModel(quantized, 'float16');
    expect(bytes.length).toBeLessThan(encodeModel(model, 'float16').length);
    const read = decodeModel(bytes, 'file');
    expect(read.quantization).toEqual(quantized.quantization);
    for (const name of read.quantization!.layers) {
      const [ours, theirs] = [quantized.weights.get(name)!.data, read.weights.get(name)!.data];
      ours.forEach((value, i) => {
        expect(Math.abs(theirs[i]! - value)).toBeLessThanOrEqual(Math.abs(value) * 1e-6);
      });
    }
    expect(Buffer.from(encodeModel(read, 'float16')).length).toBe(bytes.length);
    expect(decodeModel(encodeModel(model), 'float')).not.toHaveProperty('quantization');
  });

  test('is segmented and exported with the same labels, but for pixels between two classes', async () => {
    const read = decodeModel(encodeModel(quantized), 'file');
    const segmenter = new Segmenter(read, open, { threads: 1 });
    const { labels } = await segmenter.segment(images[0]!, { scales: [0.5, 1] });
    await segmenter.dispose();
    const file = exportOnnx(read, { scales: [0.5, 1] });
    const feeds = { image: uint8(images[0]!.data, [1, height, width, 3]) };
    const exported = (await runFile(file, feeds)).labels!.data;
    const different = labels.filter((label, i) => label !== Number(exported[i])).length;
    expect(different / labels.length).toBeLessThan(0.02);
    expect(Buffer.from(file).includes('DequantizeLinear')).toBe(true);
  });

  test('labels tiles as it labels whole images', async () => {
    const options = { scales: [1, 0.5], combine: 'hierarchical', logits: true, check: true } as const;
    const computed = { ...quantized, weightType: 'uint8' } as const;
    const sessions: Session[] = [];
    const network = new SplitNetwork(config, computed, options, async (_, compile, task) => {
      const session = await open(compile());
      sessions.push(session);
      return task(session);
    });
    const tiles = network.graphs.scales.map(({ scale, stride }) => ({
      scale,
      down: spansOf(Math.floor(height * scale), stride, 1, 4096)!,
      across: spansOf(Math.floor(width * scale), stride, 1, 4096)!,
    }));
    const joined = new JoinedResults(images[0]!);
    const plan = { scales: tiles, region: { width, height } };
    await segmentTiles(network, pixelSource(images[0]!), plan, { onRegion: joined.add });
    for (const session of sessions) await session.dispose();
    const segmenter = new Segmenter(quantized, open, { threads: 1 });
    const { labels } = await segmenter.segment(images[0]!, { scales: [0.5, 1] });
    await segmenter.dispose();
    const different = labels.filter((label, i) => label !== joined.results.labels!.data[i]).length;
    expect(different / labels.length).toBeLessThan(0.02);
  });

  test.each<[string, (plan: NonNullable<Model['quantization']>) => object, RegExp]>([
    [
      'a layer of another network',
      (plan) => ({ ...plan, layers: new Set(['other']) }),
      /quantised layers of its network/,
    ],
    [
      'a range upside down',
      (plan) => ({ ...plan, ranges: new Map([['a', [1, 0]]]) }),
      /the smaller number first/,
    ],
  ])('with %s is refused', (_, change, message) => {
    const wrong = { ...quantized, quantization: change(quantized.quantization!) } as Model;
    expect(() => decodeModel(encodeModel(wrong), 'file')).toThrow(message);
  });
});

const withAverages = Object.entries(smallModels).filter(([name]) =>
  /corner pixels aligned|plain head|NVIDIA’s DeepLabV3\+/.test(name),
);
test.each(withAverages)('%s: a quantised model is computed in tiles too', (_, each) => {
  const weights = randomWeights(each);
  const options = {
    scales: [1, 0.5],
    combine: each.attention.name === 'none' ? 'average' : 'hierarchical',
  } as const;
  const program = simplify({ outputs: inferenceOutputs(each, options), constants: weights });
  const { layers, activations } = quantizable(program);
  const ranges = new Map([...activations.keys()].map((key) => [key, [-1, 1] as const]));
  const computed = {
    weights,
    quantization: { layers: new Set(layers), ranges },
    weightType: 'uint8',
  } as const;
  const { scales, combination } = splitGraphs(each, computed, options);
  for (const graph of scales) expect(Buffer.from(graph.compile()).includes('QuantizeLinear')).toBe(true);
  expect(combination.compile().length).toBeGreaterThan(0);
  for (const { measuring } of scales) if (measuring) expect(measuring.compile().length).toBeGreaterThan(0);
});

test('a machine that cuts sums off gets weights as uint8, a GPU none in 8 bits', async () => {
  expect(['int8', 'uint8']).toContain(await fittingWeightType(open, {}));
  const cut = async (): Promise<Session> =>
    ({ run: async () => ({ sum: { data: Uint8Array.of(255, 132) } }), dispose: async () => {} }) as never;
  expect(await fittingWeightType(cut, {})).toBe('uint8');
  expect((await computedOn(quantized, cut, {})).weightType).toBe('uint8');
  expect(Object.keys(await computedOn(quantized, cut, { device: 'webgpu' }))).toEqual(['weights']);
});

test('each rule has the range that its definition says', () => {
  const counts = new Float64Array(2048);
  counts[0] = 0.4;
  counts.fill(100, 1024, 1124);
  counts[2047] = 0.4;
  const histogram = { least: -1, largest: 1, counts };
  const [extremes, percentile, error] = rangeRules.map((rule) => rangeBy(rule, histogram));
  expect(extremes).toEqual([-1, 1]);
  // One of 10,000 lies outside, half of it on each side.
  expect(percentile).toEqual([0, Number((100 / 1024).toPrecision(6))]);
  expect(error![1]).toBeLessThan(1);
});
