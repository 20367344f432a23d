import { expect, test } from 'vitest';
import { float64Interpreter } from '../../tests/golden/engines.js';
import { randomArray } from '../../tests/support/random-array.js';
import { gradients } from '../engine/autodiff.js';
import type { Tensor, Value } from '../engine/graph/index.js';
import { imagenetPixels, type ModelConfig } from '../model/index.js';
import { phaseGraph } from './phase.js';
import { gradientsOf } from './step/index.js';
import { initialWeights } from './weights.js';

const model: ModelConfig = {
  classes: 3,
  trunk: { name: 'mobilenetv2', width: 0.1, outputStride: 8 },
  head: { name: 'deeplabv3plus', asppRates: [1], channels: 4, lowLevelChannels: 4, separable: true },
  attention: { name: 'transposed', depthwise: true },
  scales: [0.5, 1],
  weights: 'perScale',
  ...imagenetPixels,
};
const batch = [1, 32, 32] as const;
const pixels = 32 * 32;

/** A graph in float64, with the initial weights of a model but for those that are given. */
async function computed(
  config: ModelConfig,
  outputs: Readonly<Record<string, Tensor>>,
  others: Readonly<Record<string, Value>>,
) {
  const values = new Map<string, Value>(
    [...initialWeights(config, 1)].map(([name, { shape, data }]) => [
      name,
      { shape, data: Float64Array.from(data) },
    ]),
  );
  const images = randomArray(3 * pixels, 1).map((x) => Math.floor(127.5 * (x + 1)));
  values.set('images', { shape: [...batch, 3], data: images });
  values.set('labels', { shape: batch, data: Float64Array.from({ length: pixels }, (_, i) => i % 3) });
  for (const [name, value] of Object.entries(others)) values.set(name, value);
  return (await float64Interpreter(outputs))(values);
}

/** Metrics and one gradient of the refinement, with the attention's last bias as given. */
async function refinement({ bias, perScale }: { bias: number; perScale: number }) {
  const { loss, metrics, builder } = phaseGraph(model, {
    kind: 'refinement',
    batch,
    loss: { perScale, auxiliary: 0 },
  });
  const { variable } = builder.declared.get('scale0.5.head.classifier.weight')!;
  const gradient = gradients(loss, [variable]).get(variable)!;
  const results = await computed(
    model,
    { ...metrics, loss, gradient },
    { 'scale0.5.attention.score.bias': { shape: [1], data: Float64Array.of(bias) } },
  );
  const of = (name: string) => results.get(name)!.data;
  return { of, gradient: Math.hypot(...of('gradient')) };
}

test.each([
  ['joint', [0.5, 1], 'perScale'],
  ['joint', [0.5, 1, 2], 'shared'],
  ['refinement', [0.5, 1, 2], 'shared'],
] as const)(
  'recomputed gradients are those of the whole: %s at scales %j, %s weights',
  async (kind, scales, weights) => {
    const config: ModelConfig = { ...model, scales, weights };
    const { builder, recompute, ...forward } = phaseGraph(config, {
      kind,
      batch,
      loss: { perScale: 0.05, auxiliary: 0 },
      recompute: 'scales',
    });
    expect(recompute).toHaveLength(scales.length);
    const { parameters } = builder;
    const outputs: Record<string, Tensor> = {};
    for (const [way, segments] of [
      ['kept', []],
      ['recomputed', recompute],
    ] as const) {
      for (const [{ attributes }, gradient] of gradientsOf({ ...forward, parameters, recompute: segments })) {
        outputs[`${way} ${attributes.name}`] = gradient;
      }
    }
    // The last layer of the attention starts at zero and would hide the gradients of those before it.
    const scores = [...builder.declared.values()]
      .map(({ variable }) => variable.attributes)
      .filter(({ name }) => name.endsWith('score.weight'))
      .map(
        ({ name, shape }) =>
          [
            name,
            {
              shape,
              data: randomArray(
                shape.reduce((a, b) => a * b, 1),
                3,
              ),
            },
          ] as const,
      );
    const results = await computed(config, outputs, Object.fromEntries(scores));
    // A shift in front of a batch norm has no gradient but rounding.
    const largest = Math.max(...[...results.values()].map(({ data }) => Math.hypot(...data)));
    for (const { attributes } of parameters) {
      const [kept, again] = ['kept', 'recomputed'].map(
        (way) => results.get(`${way} ${attributes.name}`)!.data,
      );
      const gap = Math.hypot(...kept!.map((value, i) => value - again![i]!));
      expect(gap / largest, attributes.name).toBeLessThan(1e-12);
    }
  },
);

test('metrics say how much a scale is listened to, and how much of its attention is saturated', async () => {
  for (const [bias, mean, below, above] of [
    [0, 0.5, 0, 0],
    [-1000, 0, 1, 0],
    [1000, 1, 0, 1],
  ] as const) {
    const { of } = await refinement({ bias, perScale: 0 });
    expect(of('attentionMean@0.5')[0]).toBeCloseTo(mean, 12);
    expect(of('attentionBelow0.05@0.5')[0]).toBe(below);
    expect(of('attentionAbove0.95@0.5')[0]).toBe(above);
  }
});

test('a scale whose attention is 0 starves, but for the loss of its own logits', async () => {
  const starving = { bias: -1000, perScale: 0 };
  expect((await refinement(starving)).gradient).toBe(0);
  expect((await refinement({ ...starving, bias: 0 })).gradient).toBeGreaterThan(0);
  expect((await refinement({ ...starving, perScale: 0.05 })).gradient).toBeGreaterThan(0);
});

test.each([
  ['attention', [0.5, 1], true],
  ['attention', [0.5, 1, 2], true],
  ['joint', [0.5, 1], true],
  ['refinement', [0.5, 1], false],
  ['attention', [1], false],
] as const)('the attention is taught in the phase %s at scales %j: %s', (kind, scales, isTaught) => {
  const graph = (attention?: number) =>
    phaseGraph(
      { ...model, scales },
      {
        kind,
        batch,
        loss: { perScale: 0, auxiliary: 0, ...(attention !== undefined && { attention }) },
        recompute: 'scales',
      },
    );
  expect('scaleChoiceLoss' in graph(1).metrics).toBe(isTaught);
  expect('scaleChoiceLoss' in graph(0).metrics).toBe(false);
  expect('scaleChoiceLoss' in graph().metrics).toBe(false);
  if (!isTaught) return;
  const { loss, builder, recompute, metrics } = graph(1);
  const found = gradientsOf({ loss, metrics, parameters: builder.parameters, recompute });
  expect([...found.keys()].some(({ attributes: { name } }) => name.includes('attention.score'))).toBe(true);
});
