import { expect, test } from 'vitest';
import { float64Interpreter } from '../../tests/golden/engines.js';
import { randomArray } from '../../tests/support/random-array.js';
import { gradients } from '../engine/autodiff.js';
import { input, isInput, reachable, type Tensor, type Value, variable } from '../engine/graph/index.js';
import { add, mean, mul } from '../engine/ops/index.js';
import { imagenetPixels, type ModelConfig } from '../model/index.js';
import type { LossConfig } from './losses/index.js';
import { type PhaseGraph, phaseGraph } from './phase.js';
import { splitFrozen } from './split-frozen.js';
import { initialWeights } from './weights.js';

const batch = [1, 32, 32] as const;
const loss = { perScale: 0.05, auxiliary: 0.4 };
const common: ModelConfig = {
  classes: 3,
  trunk: { name: 'mobilenetv2', width: 0.1, outputStride: 8 },
  head: { name: 'deeplabv3plus', asppRates: [1], channels: 4, lowLevelChannels: 4, separable: true },
  attention: { name: 'transposed', depthwise: true },
  scales: [0.5, 1],
  weights: 'shared',
  ...imagenetPixels,
};
const ocr = { name: 'ocr', channels: 4, keyChannels: 4, dropout: 0.5 } as const;

test.each<[string, Partial<ModelConfig>, Partial<LossConfig>?]>([
  ['transposed, a network for each scale', { weights: 'perScale' }],
  ['paper, with a second classifier', { attention: { name: 'paper', channels: 2 }, head: ocr }],
  ['adjacent', { attention: { name: 'adjacent', channels: 2 }, scales: [0.5, 1, 2] }],
  ['explicit', { attention: { name: 'explicit', channels: 2 } }],
  ['with the scale that is right', { scales: [0.5, 1, 2] }, { attention: 0.5 }],
  ['with RMI', {}, { main: 'rmi', attention: 0.5 }],
])('the parts compute what the whole does: %s', async (_, changes, more = {}) => {
  const config = { ...common, ...changes };
  const whole = phaseGraph(config, { kind: 'attention', batch, loss: { ...loss, ...more } });
  const { features, trained } = splitFrozen(whole);
  const given = new Map<string, Value>();
  for (const [name, { shape, data }] of initialWeights(config, 1)) {
    // The last layer starts at zero and would hide the gradients of those before it.
    const isScore = name.includes('score');
    given.set(name, { shape, data: isScore ? randomArray(data.length, 3) : Float64Array.from(data) });
  }
  const pixels = batch[1] * batch[2];
  const images = randomArray(3 * pixels, 1).map((x) => Math.floor(127.5 * (x + 1)));
  given.set('images', { shape: [...batch, 3], data: images });
  given.set('labels', { shape: batch, data: Float64Array.from({ length: pixels }, (_, i) => i % 3) });
  const outputsOf = (graph: PhaseGraph): Record<string, Tensor> => {
    const found = gradients(graph.loss, whole.builder.parameters);
    const updates = [...(graph.bufferUpdates ?? whole.builder.bufferUpdates)];
    return {
      loss: graph.loss,
      ...graph.metrics,
      ...Object.fromEntries([...found].map(([{ attributes }, gradient]) => [attributes.name, gradient])),
      ...Object.fromEntries(updates.map(([{ attributes }, next]) => [`next/${attributes.name}`, next])),
    };
  };
  const before = await (await float64Interpreter(features))(given);
  for (const [name, value] of before) {
    expect(features[name]!.dtype).toBe('float16');
    given.set(name, value);
  }
  const parts = await (await float64Interpreter(outputsOf(trained)))(given);
  const expected = await (await float64Interpreter(outputsOf(whole)))(given);
  expect([...parts.keys()]).toEqual([...expected.keys()]);
  // The interpreter does not round to float16.
  for (const [name, { data }] of expected) expect(parts.get(name)!.data, name).toEqual(data);
  const names = reachable(Object.values(outputsOf(trained))).flatMap((tensor) =>
    isInput(tensor) ? [tensor.attributes.name] : [],
  );
  expect(names.sort()).toEqual([...Object.keys(features), 'labels'].sort());
  // Nothing is kept at the size of the image, which the predictions are resized to.
  for (const { shape } of Object.values(features)) expect(Number(shape[2])).toBeLessThanOrEqual(32 / 2);
});

test('features that are not those of frozen layers are refused', () => {
  const graph = phaseGraph(common, { kind: 'attention', batch, loss });
  const [parameter] = graph.builder.parameters;
  const scaleOf = (x: Tensor) => mean(mul(x, mean(parameter!)), undefined, { keepAxes: false });
  const images = reachable([graph.loss]).find(
    (tensor) => isInput(tensor) && tensor.attributes.name === 'images',
  )!;
  const pixels = reachable([graph.loss]).find(({ inputs }) => inputs[0]?.inputs[0] === images)!;
  const of = (more: Tensor) => () => splitFrozen({ ...graph, loss: add(graph.loss, scaleOf(more)) });
  expect(of(pixels)).toThrow('received a trained layer that reads the image itself. Leave views out');
  const drawn = mul(mul(pixels, variable('trunk.w', [])), mean(input('seed', [4])));
  expect(of(drawn)).toThrow('random numbers');
  const frozen = [...graph.builder.declared.values()].find(({ variable }) =>
    /^trunk.*running_mean/.test(variable.attributes.name),
  )!.variable;
  expect(() => splitFrozen({ ...graph, bufferUpdates: new Map([[frozen, frozen]]) })).toThrow(
    /changes with each batch \(trunk\./,
  );
});
