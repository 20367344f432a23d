import { expect, test } from 'vitest';
import { imagenetPixels, type ModelConfig } from '../model/index.js';
import { checkMemory } from './memory.js';

const common = { classes: 19, scales: [0.5, 1], weights: 'shared', ...imagenetPixels } as const;
const mobile: ModelConfig = {
  ...common,
  trunk: { name: 'mobilenetv2', width: 1, outputStride: 16 },
  head: {
    name: 'deeplabv3plus',
    asppRates: [6, 12, 18],
    channels: 256,
    lowLevelChannels: 48,
    separable: true,
  },
  attention: { name: 'transposed', depthwise: true },
};
const wide: ModelConfig = {
  ...common,
  trunk: { name: 'hrnetv2', width: 48 },
  head: { name: 'ocr', channels: 512, keyChannels: 256, dropout: 0.05 },
  attention: { name: 'paper', channels: 256 },
};

test('a network with wide features is refused where a narrow one still fits', () => {
  const choice = { scales: [0.5, 1, 2], combine: 'hierarchical' } as const;
  const check = (config: ModelConfig) => () =>
    checkMemory(config, { width: 1024, height: 512 }, choice, 1.5e9);
  expect(check(mobile)).not.toThrow();
  expect(check(wide)).toThrow(
    /^segment: expected an image that can be labelled in 1\.5 GB of memory, received 1024×512 pixels at scales 0\.5, 1, 2, which take about 2\.\d GB\. /,
  );
});
