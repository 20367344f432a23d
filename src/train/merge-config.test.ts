import { expect, test } from 'vitest';
import { mergeConfig } from './merge-config.js';
import { presets } from './presets.js';

const base = presets.quick;

test('objects are merged key by key, lists and objects of another name are replaced whole', () => {
  const merged = mergeConfig(
    base,
    {
      batch: 2,
      model: { trunk: { width: 0.5 }, scales: [1, 2] },
      optimizer: { name: 'sgd', momentum: 0.9 },
      phases: [{ kind: 'joint', epochs: 1, schedule: { kind: 'constant', rate: 0.1 } }],
    },
    'my.json',
  );
  expect(merged).toEqual({
    ...base,
    batch: 2,
    model: { ...base.model, trunk: { ...base.model.trunk, width: 0.5 }, scales: [1, 2] },
    optimizer: { name: 'sgd', momentum: 0.9 },
    phases: [{ kind: 'joint', epochs: 1, schedule: { kind: 'constant', rate: 0.1 } }],
  });
  for (const preset of Object.values(presets)) expect(mergeConfig(preset, {}, 'preset')).toEqual(preset);
});

test.each<[unknown, RegExp]>([
  [{ bacth: 2 }, /^my\.json: expected known keys \(model, .*\), received bacth\. Did you mean batch\?$/],
  [
    { model: { trunk: { widht: 1 } } },
    /in model\.trunk \(name, width, outputStride\), received widht\. Did you mean width\?$/,
  ],
  [{ model: { atention: {} } }, /in model .*received atention\. Did you mean attention\?$/],
  [{ optimizer: { betta1: 0.5 } }, /in optimizer .*received betta1\. Did you mean beta1\?$/],
  [
    {
      phases: [{ kind: 'joint', epochs: 1, schedule: { kind: 'constant', rate: 0.1, warmup: { steps: 1 } } }],
    },
    /in phases\.0\.schedule .*received warmup\. Did you mean warmUp\?$/,
  ],
  [
    { phases: [{ kind: 'atention', epochs: 1, schedule: base.phases[0]!.schedule }] },
    /phases\.0\.kind.*attention/,
  ],
  [{ model: { trunk: { name: 'mobilenetv3' } } }, /model\.trunk\.name.*mobilenetv2/],
  [{ model: { classes: 3 } }, /in model .*received classes/],
  [{ model: { scales: [0.5, 2] } }, /model\.scales.*does not hold 1/],
  [{ constructor: 1 }, /known keys \(.*received constructor/],
  [JSON.parse('{"__proto__": {"batch": 2}}'), /known keys \(.*received __proto__/],
  [{ batch: 0 }, /^my\.json: expected a valid batch/],
  [{ classWeights: [1, -1] }, /classWeights/],
  [[], /a JSON object, received a list/],
])('refuses %j by name', (changes, message) => {
  expect(() => mergeConfig(base, changes, 'my.json')).toThrow(message);
});
