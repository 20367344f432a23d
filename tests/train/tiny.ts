import './small-trunk.js';
import { mergeConfig, presets, type TrainConfig } from '../../dist/training/index.js';

const phase = (kind: string, epochs: number, rate: number) => ({
  kind,
  epochs,
  schedule: { kind: 'constant', rate },
});

/** What makes the quick preset train in seconds. */
export const tinyChanges = {
  batch: 2,
  crop: [32, 32],
  model: {
    trunk: { width: 0.1, outputStride: 8 },
    head: { asppRates: [1], channels: 8, lowLevelChannels: 8 },
  },
  phases: [phase('scales', 2, 4e-3), phase('attention', 1, 2e-3)],
} as const;

/** ONNX Runtime spends seconds on rewriting a training graph that then runs for milliseconds. */
export const fast = { threads: 1, optimization: 'none' } as const;

/** A configuration to train within a test, with some of its keys replaced. */
export function tinyConfig(changes: Readonly<Record<string, unknown>> = {}): TrainConfig {
  return mergeConfig(mergeConfig(presets.quick, tinyChanges, 'tiny'), changes, 'test');
}

/** The same with a network of few layers, which only this process knows. */
export function smallConfig(changes: Readonly<Record<string, unknown>> = {}): TrainConfig {
  return mergeConfig(tinyConfig({ model: { trunk: { name: 'small' } } }), changes, 'test');
}

export { phase };
