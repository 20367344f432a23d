import { expect, test } from 'vitest';
import { input } from '../../engine/graph/index.js';
import { Builder } from '../layers/index.js';
import { nvidiaDeepLabV3Plus } from './deeplabv3plus-nvidia.js';

const config = { name: 'deeplabv3plus-nvidia', asppRates: [1], channels: 4, lowLevelChannels: 2 } as const;

/** The head in its training form, on features of a batch. */
function built(batch: number) {
  const builder = new Builder();
  const features = [
    { tensor: input('fine', [batch, 3, 8, 8]), stride: 4 },
    { tensor: input('deep', [batch, 3, 4, 4]), stride: 8 },
  ];
  return { builder, output: nvidiaDeepLabV3Plus.build(builder.root, features, 5, config) };
}

test('an attention sees what the decoder sees, and the context at its own stride', () => {
  const { output } = built(2);
  expect(output.logits.shape).toEqual([2, 5, 8, 8]);
  expect(output.features.fused.tensor.shape).toEqual([2, 6, 8, 8]);
  expect(output.features.context.tensor.shape).toEqual([2, 4, 4, 4]);
});

test('image pooling of a batch of one image is normalised by running statistics, which stay', () => {
  const moved = ({ builder }: ReturnType<typeof built>) =>
    [...builder.bufferUpdates.keys()].map(({ attributes }) => attributes.name);
  expect(moved(built(2))).toContain('aspp.img_conv.1.running_mean');
  expect(moved(built(1)).some((name) => name.includes('img_conv'))).toBe(false);
  // All of it is learned all the same.
  expect(built(1).builder.parameters).toHaveLength(built(2).builder.parameters.length);
});

test('nothing but norms has a bias', () => {
  const names = [...built(2).builder.declared.keys()].filter((name) => name.endsWith('.bias'));
  const norms = [...built(2).builder.declared.keys()].filter((name) => name.endsWith('.running_mean'));
  expect(names).toHaveLength(norms.length);
});
