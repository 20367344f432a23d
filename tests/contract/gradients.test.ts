import { expect, test } from 'vitest';
import { constant, input, type Tensor, type Value } from '../../src/engine/graph/index.js';
import { addAll, mul, sum } from '../../src/engine/ops/index.js';
import {
  type AttentionConfig,
  attentions,
  type HeadConfig,
  heads,
  type ScaleOutput,
  trunks,
} from '../../src/model/index.js';
import { Builder } from '../../src/model/layers/index.js';
import { checkGradients } from '../support/check-gradients.js';
import { randomArray } from '../support/random-array.js';

const size = (shape: readonly number[]) => shape.reduce((product, side) => product * side, 1);

/** A leaf of random values. */
function leaf(given: Map<Tensor, Value>, name: string, shape: readonly number[], seed: number): Tensor {
  const tensor = input(name, shape);
  given.set(tensor, { shape, data: randomArray(size(shape), seed) });
  return tensor;
}

/** The sum of tensors, each weighed at random, so that no gradient cancels. */
function loss(...outputs: readonly Tensor[]): Tensor {
  return addAll(
    outputs.map((output, i) => {
      const shape = output.shape as number[];
      return sum(mul(output, constant(randomArray(size(shape), 50 + i), shape)), undefined, {
        keepAxes: false,
      });
    }),
  );
}

/** Random values of all variables: variances and scales near 1, everything else away from where it starts. */
function giveVariables(given: Map<Tensor, Value>, builder: Builder): void {
  let seed = 100;
  for (const { variable } of builder.declared.values()) {
    const { shape, name } = variable.attributes;
    const scale = shape.length < 2 ? 0.3 : 1 / Math.sqrt(size(shape.slice(1)));
    const center = /(running_var|\.1(\.0)?\.weight|bn\d\.weight)$/.test(name) ? 1 : 0;
    const values = randomArray(size(shape), ++seed).map((x) => center + scale * x);
    given.set(variable, { shape, data: values });
  }
}

const headConfigs: readonly HeadConfig[] = [
  { name: 'deeplabv3plus', asppRates: [1, 2], channels: 5, lowLevelChannels: 3, separable: false },
  { name: 'deeplabv3plus', asppRates: [1], channels: 5, lowLevelChannels: 3, separable: true },
  { name: 'deeplabv3plus-nvidia', asppRates: [1, 2], channels: 5, lowLevelChannels: 3 },
  { name: 'ocr', channels: 6, keyChannels: 4, dropout: 0 },
  { name: 'plain', channels: 5 },
];

test.each(headConfigs)('gradients through the head $name', (config) => {
  const given = new Map<Tensor, Value>();
  const builder = new Builder();
  const [fine, deep] = [leaf(given, 'fine', [2, 3, 7, 9], 1), leaf(given, 'deep', [2, 4, 4, 5], 2)];
  const features = [
    { tensor: fine, stride: 4 },
    { tensor: deep, stride: 8 },
  ];
  const {
    logits,
    auxiliary,
    features: seen,
  } = heads.get(config.name).build(builder.root, features, 3, config);
  giveVariables(given, builder);
  const outputs = [logits, seen.context.tensor, seen.fused.tensor, ...(auxiliary ? [auxiliary] : [])];
  const reads = config.name.startsWith('deeplab') ? [fine, deep] : [deep];
  checkGradients(loss(...outputs), given, { features: reads, parameters: builder.parameters });
});

test('gradients through HRNet: its transitions, branches and fusion', () => {
  const given = new Map<Tensor, Value>();
  const builder = new Builder({ batchStatistics: () => false });
  const image = leaf(given, 'image', [1, 3, 33, 32], 3);
  const [feature] = trunks.get('hrnetv2').build(builder.root, image, { name: 'hrnetv2', width: 4 });
  giveVariables(given, builder);
  // Small where something is added to a shortcut: activations that grow from block to block cross kinks on the way.
  for (const [name, { variable }] of builder.declared) {
    if (!/(bn[23]|fuse_layers\..*\.1)\.weight$/.test(name)) continue;
    const { shape, data } = given.get(variable)!;
    given.set(variable, { shape, data: data.map((x) => x / 5) });
  }
  const named = (part: RegExp) => builder.parameters.filter(({ attributes }) => part.test(attributes.name));
  const groups = {
    'transitions and branches': named(/^transition|branches/),
    fusion: named(/fuse_layers/),
  };
  checkGradients(loss(feature!.tensor), given, groups);
});

const attentionConfigs: readonly AttentionConfig[] = [
  { name: 'transposed', depthwise: false },
  { name: 'transposed', depthwise: true, edges: 'replicate', evenPhases: true },
  { name: 'paper', channels: 4 },
  { name: 'paper', channels: 4, scoreBias: false },
  { name: 'adjacent', channels: 4 },
  { name: 'adjacent', channels: 4, scoreBias: false },
  { name: 'explicit', channels: 4 },
];

test.each(attentionConfigs)('gradients through the attention $name', (config) => {
  const given = new Map<Tensor, Value>();
  const builder = new Builder();
  const read: Tensor[] = [];
  const sides = { 2: [8, 10], 1: [4, 5], 0.5: [2, 3] } as const;
  const outputs = [2, 1, 0.5].map((scale): ScaleOutput => {
    const [height, width] = sides[scale as keyof typeof sides];
    const context = leaf(given, `context ${scale}`, [2, 3, height, width], 10 * scale);
    const fused = leaf(given, `fused ${scale}`, [2, 4, 4 * height, 4 * width], 10 * scale + 1);
    if (config.name === 'transposed') read.push(...(scale < 2 ? [context] : []));
    else if (config.name !== 'paper' || scale < 2) read.push(fused);
    const features = { context: { tensor: context, stride: 16 }, fused: { tensor: fused, stride: 4 } };
    return { scale, logits: context, features };
  });
  const { weights } = attentions.get(config.name).weigh(() => builder.root, outputs, config);
  giveVariables(given, builder);
  expect(weights.size).toBe(config.name === 'explicit' ? 3 : 2);
  checkGradients(loss(...weights.values()), given, { features: read, parameters: builder.parameters });
});
