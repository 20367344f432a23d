import { expect, test } from 'vitest';
import { z } from 'zod';
import { HmsaError } from '../../../src/base/errors/index.js';
import { checkSchema } from '../../../src/base/schema/index.js';
import type { Batch } from '../../../src/data/index.js';
import { decodeModel, encodeModel } from '../../../src/model/file/index.js';
import { attentions, heads, imagenetPixels, type ModelConfig, trunks } from '../../../src/model/index.js';
import { openSessionInThread } from '../../../src/node/session/load-runtime.js';
import { Segmenter } from '../../../src/prediction/index.js';
import {
  initialWeights,
  mergeConfig,
  type PhaseKind,
  presets,
  runTraining,
  trainConfigSchema,
  weightsOf,
} from '../../../src/training/index.js';
import { toyAttention } from './toy-attention.js';
import { toyHead } from './toy-head.js';
import { toyTrunk } from './toy-trunk.js';

trunks.add(toyTrunk);
heads.add(toyHead);
attentions.add(toyAttention);

const SIDE = 16;

/** The left half dark and of class 0, the right half bright and of class 1. */
const batch: Batch = {
  size: [2, SIDE, SIDE],
  images: Uint8Array.from({ length: 2 * SIDE * SIDE * 3 }, (_, i) => (isRight(Math.floor(i / 3)) ? 220 : 30)),
  labels: Uint8Array.from({ length: 2 * SIDE * SIDE }, (_, i) => Number(isRight(i))),
};

function isRight(pixel: number): boolean {
  return pixel % SIDE >= SIDE / 2;
}

const phase = (kind: PhaseKind, epochs: number) => ({
  kind,
  epochs,
  schedule: { kind: 'constant', rate: 0.02 },
});
const configOf = (attention: object, recompute: 'none' | 'scales') =>
  mergeConfig(
    presets.quick,
    {
      model: {
        trunk: { name: 'toy', channels: 8 },
        head: { name: 'toy' },
        attention,
        scales: [0.5, 1],
        ...imagenetPixels,
      },
      batch: 2,
      crop: [SIDE, SIDE],
      recompute,
      phases: [phase('scales', 12), phase('attention', 4), phase('refinement', 4)],
    },
    'toy',
  );

test.each([
  ['its attention over all scales', { name: 'toy' }, 'none'],
  ['its attention over all scales, recomputed', { name: 'toy' }, 'scales'],
  ['the attention of the replication', { name: 'transposed', depthwise: true }, 'none'],
  ['the attention of the paper', { name: 'paper', channels: 4 }, 'scales'],
] as const)('a toy trunk and head train, save, load and predict with %s', async (_, attention, recompute) => {
  const training = configOf(attention, recompute);
  const model = { ...training.model, classes: 2 } as ModelConfig;
  const losses: number[] = [];
  const start = { step: 0, values: initialWeights(model, 1) };
  const { values } = await runTraining(model, training, start, {
    openSession: openSessionInThread,
    sessionOptions: { threads: 1, optimization: 'none' },
    stepsPerEpoch: 1,
    async *batches(numbers) {
      for (const _ of numbers) yield batch;
    },
    onStep: ({ loss }) => {
      losses.push(loss);
    },
    saveCheckpoint: async () => {},
    onEpoch: async () => {},
  });
  expect(losses).toHaveLength(20);
  expect(losses.at(-1)).toBeLessThan(losses[0]! / 3);
  const classes = {
    names: ['left', 'right'],
    colors: [
      [0, 0, 0],
      [255, 0, 0],
    ] as const,
    ignore: 255,
  };
  const bytes = encodeModel({ config: model, classes: classes as never, weights: weightsOf(model, values) });
  const segmenter = new Segmenter(decodeModel(bytes, 'toy.safetensors'), openSessionInThread, { threads: 1 });
  const image = { width: SIDE, height: SIDE, data: batch.images.slice(0, SIDE * SIDE * 3) };
  const { labels, scales } = await segmenter.segment(image, { details: true });
  const right = labels.filter((label, i) => label === Number(isRight(i))).length;
  expect(right / labels.length).toBeGreaterThan(0.9);
  const shares = scales!.flatMap(({ attention: map }) => (map === undefined ? [] : [map]));
  if (attention.name === 'toy') {
    expect(shares).toHaveLength(2);
    for (const [i, share] of shares[0]!.entries()) expect(share + shares[1]![i]!).toBeCloseTo(1, 5);
  } else expect(shares).toHaveLength(1);
  await segmenter.dispose();
});

test('its configuration is checked as that of every other, and its name is taken', () => {
  const wrong = (trunk: object) => () =>
    checkSchema(trainConfigSchema, { ...presets.quick, model: { ...presets.quick.model, trunk } }, 'my.json');
  expect(wrong({ name: 'toy', channels: 0 })).toThrow(
    'my.json, model.trunk.channels: expected a whole number from 1 to 64, received 0.',
  );
  expect(wrong({ name: 'toi' })).toThrow(
    /^my\.json, model\.trunk\.name: expected one of mobilenetv2, .*, toy, received "toi"\.$/,
  );
  // Known from then on, also after configurations have been checked.
  trunks.add({ ...toyTrunk, name: 'late', schema: toyTrunk.schema.extend({ name: z.literal('late') }) });
  expect(wrong({ name: 'late', channels: 4 })).not.toThrow();
  trunks.add(toyTrunk);
  expect(() => trunks.add({ ...toyTrunk })).toThrow(HmsaError);
  expect(() => trunks.add({ ...toyTrunk, name: 'misnamed' })).toThrow(
    'add a trunk: expected a schema whose key "name" is z.literal("misnamed"), received "toy".',
  );
  expect(() => trunks.get('toi')).toThrow('Did you mean toy?');
});
