import { describe, expect, test } from 'vitest';
import { reachable } from '../engine/graph/index.js';
import { imagenetPixels, type ModelConfig } from '../model/index.js';
import { checkTraining, configWarnings } from './check-training.js';
import { mergeConfig, type TrainConfig } from './config.js';
import { type PhaseGraphOptions, phaseGraph, stepGraphs } from './phase.js';
import { matcher, trainedIn } from './phase-rule.js';
import { presets } from './presets.js';

const model: ModelConfig = {
  classes: 3,
  trunk: { name: 'mobilenetv2', width: 0.1, outputStride: 8 },
  head: { name: 'deeplabv3plus', asppRates: [1], channels: 4, lowLevelChannels: 4, separable: true },
  attention: { name: 'transposed', depthwise: true },
  scales: [0.5, 1],
  weights: 'shared',
  ...imagenetPixels,
};
const phase = (kind: string, more: object = {}) => ({
  kind,
  epochs: 1,
  schedule: { kind: 'constant', rate: 1e-3 },
  ...more,
});

function config(changes: object): TrainConfig {
  const { classes: _, ...rest } = model;
  const base = { ...presets.quick, model: rest, crop: [32, 32] as const, batch: 1 };
  return mergeConfig(base as TrainConfig, changes, 'test');
}

/** The graph of a step: its tensors, and the variables that it changes. */
function step(options: Partial<PhaseGraphOptions>, changes: object = {}) {
  const graph = phaseGraph(model, {
    kind: 'joint',
    batch: [1, 32, 32],
    loss: { perScale: 0.05, auxiliary: 0 },
    ...options,
  });
  const { batch } = stepGraphs(graph, config(changes));
  const changed = batch.variables.map(({ attributes: { name } }) => name);
  return { tensors: reachable(Object.values(batch.outputs)).length, changed };
}

describe('patterns', () => {
  test.each([
    ['trunk', 'trunk.features.0.0.weight', true],
    ['trunk.*', 'scale0.5.trunk.features.0.0.weight', true],
    ['scale0.5.trunk', 'scale0.5.trunk.features.0.0.weight', true],
    ['scale0.5', 'scale0.5.head.classifier.bias', true],
    ['scale0.5', 'scale1.head.classifier.bias', false],
    ['trunk.features.1', 'trunk.features.1.conv.0.0.weight', true],
    ['trunk.features.1', 'trunk.features.10.conv.0.0.weight', false],
    ['*.bias', 'head.classifier.bias', true],
    ['features', 'trunk.features.0.0.weight', false],
    ['trunk.features.[0]', 'trunk.features.0.0.weight', false],
  ])('%s and %s: %s', (pattern, name, fits) => {
    expect(matcher([pattern])(name)).toBe(fits);
  });

  test.each([
    [
      { freeze: ['trunc.*'] },
      /^config, freeze: .* received trunc\.\*, which fits none\. Did you mean trunk\.\*\?/,
    ],
    [
      { freeze: ['head.classifer'] },
      /Did you mean head\.classifier\? Names begin with trunk, head, attention\.$/,
    ],
    [
      { phases: [phase('joint', { freeze: ['encoder'] })] },
      /^config, phases\[0\]\.freeze: .* received encoder.* Names begin with trunk, head, attention/,
    ],
    [{ freeze: ['*'] }, /^config, phases\[0\]: expected something to train, received phase scales with ev/],
    [
      { phases: [phase('attention', { freeze: ['attention'] })] },
      /received phase attention with everything frozen\. Freeze less/,
    ],
    [
      { model: { weights: 'perScale' }, freeze: ['scale0.5'], phases: [phase('scales')] },
      /received phase scales with everything frozen of scale0\.5/,
    ],
    [
      { phases: [phase('scales', { batchNorm: 'frozen', recalibrate: 2 })] },
      /^config, phases\[0\]: expected batch norms that are frozen or recalibrated/,
    ],
  ])('refused: %j', (changes, message) => {
    const asked = config(changes);
    expect(() => checkTraining({ ...asked.model, classes: 3 }, asked)).toThrow(message);
  });
});

test('what is frozen has no gradient, no optimiser state and no tracked statistics; the graph shrinks', () => {
  const whole = step({});
  const frozen = step({ freeze: ['trunk.*'] });
  const isOfTrunk = (name: string) => name.includes('trunk.');
  expect(whole.changed.filter(isOfTrunk).length).toBeGreaterThan(300);
  expect(frozen.changed.filter(isOfTrunk)).toEqual([]);
  expect(frozen.changed).toContain('head.classifier.weight');
  expect(frozen.changed.filter((name) => !isOfTrunk(name))).toEqual(
    whole.changed.filter((name) => !isOfTrunk(name)),
  );
  expect(frozen.tensors).toBeLessThan(whole.tensors / 2);
  // Frozen beneath what is trained: the backward pass ends where nothing below is trained.
  const begun = step({ freeze: ['trunk.features.0', 'trunk.features.1'] });
  expect(begun.tensors).toBeLessThan(whole.tensors);
  expect(begun.tensors).toBeGreaterThan(frozen.tensors);
  const again = step({ freeze: ['trunk.*'], recompute: 'scales' });
  expect([...again.changed].sort()).toEqual([...frozen.changed].sort());
});

describe('batch norm', () => {
  const NORM = 'trunk.features.0.1';
  const of = (options: Partial<PhaseGraphOptions>) =>
    step(options).changed.filter((name) => name.startsWith(NORM));
  const learned = [`${NORM}.bias`, `${NORM}.weight`];

  test.each<[Partial<PhaseGraphOptions>, readonly string[]]>([
    [{ kind: 'joint' }, [...learned, `${NORM}.running_mean`, `${NORM}.running_var`]],
    [{ kind: 'joint', batchNorm: 'fixedStatistics' }, learned],
    [{ kind: 'joint', batchNorm: 'frozen' }, []],
    [{ kind: 'refinement' }, learned],
    [
      { kind: 'refinement', batchNorm: 'trained' },
      [...learned, `${NORM}.running_mean`, `${NORM}.running_var`],
    ],
    [{ kind: 'attention' }, []],
  ])('%j changes %j', (options, expected) => {
    expect(of(options).sort()).toEqual([...expected].sort());
  });

  test('frozen, the convolutions beside it are trained all the same', () => {
    const trains = trainedIn(model, { kind: 'scales', batchNorm: 'frozen' });
    const names = ['trunk.features.0.0.weight', 'trunk.features.0.1.weight', 'head.classifier.bias'];
    expect(names.map(trains)).toEqual([true, false, true]);
    // A folded batch norm costs no pass over the activations.
    expect(step({ kind: 'joint', batchNorm: 'frozen' }).tensors).toBeLessThan(
      step({ kind: 'joint', batchNorm: 'fixedStatistics' }).tensors,
    );
  });

  test('trained in the refinement, the frozen attention is warned of', () => {
    const phases = [phase('refinement', { batchNorm: 'trained' })];
    expect(configWarnings(model, config({ phases })).join()).toMatch(
      /shifts the features that the frozen at/,
    );
    expect(configWarnings(model, config({ phases: [phase('refinement')] })).join()).not.toMatch(/shifts/);
  });
});
