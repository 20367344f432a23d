import { expect, test } from 'vitest';
import { imagenetPixels, type ModelConfig } from '../model/index.js';
import { fitsMemory, leastMemory, mostMemory } from './memory.js';

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

test('a network with wide features does not fit where a narrow one still does', () => {
  const choice = { scales: [0.5, 1, 2], combine: 'hierarchical' } as const;
  const fits = (config: ModelConfig, more = {}) =>
    fitsMemory(config, { width: 1024, height: 512 }, { ...choice, ...more }, 1.3e9);
  expect(fits(mobile)).toBe(true);
  expect(fits(wide)).toBe(false);
  // Class scores that are results take memory too.
  expect(fits(mobile, { flip: true })).toBe(false);
});

test.each([
  ['MobileNetV2', mobile],
  ['HRNetV2-W48 with OCR', wide],
])('what is at hand at once is more than the arena takes: %s', (_, config) => {
  const choice = { scales: [0.5, 1], combine: 'hierarchical' } as const;
  for (const [width, height] of [
    [97, 65],
    [2001, 70],
    [70, 2001],
    [480, 360],
    [1025, 513],
    [2560, 1440],
  ] as const) {
    const size = { width, height };
    expect(mostMemory(config, size, choice)).toBeGreaterThan(leastMemory(config, size, choice));
  }
});
