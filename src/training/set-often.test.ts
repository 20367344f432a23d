import { expect, test } from 'vitest';
import { presets } from './presets.js';
import { setOften } from './set-often.js';

const epochsOf = (epochs: number[], preset: keyof typeof presets = 'quick') =>
  setOften(presets[preset], { epochs }).phases.map((phase) => phase.epochs);
const ratesOf = (rate: number[]) =>
  setOften(presets.demo, { rate }).phases.map(({ schedule }) => schedule.rate);

test('one number of epochs is shared out as the phases had them, a list is taken as it is', () => {
  // The phases of quick have 32, 4 and 4.
  expect(epochsOf([40])).toEqual([32, 4, 4]);
  expect(epochsOf([20])).toEqual([16, 2, 2]);
  expect(epochsOf([10])).toEqual([8, 1, 1]);
  expect(epochsOf([4])).toEqual([2, 1, 1]);
  expect(epochsOf([3])).toEqual([1, 1, 1]);
  expect(epochsOf([41])).toEqual([33, 4, 4]);
  expect(epochsOf([5, 1, 2])).toEqual([5, 1, 2]);
  expect(epochsOf([7], 'joint-2scale')).toEqual([7]);
  for (let all = 3; all < 60; all++) expect(epochsOf([all]).reduce((sum, epochs) => sum + epochs)).toBe(all);
});

test('a warm-up becomes as much shorter as its phase', () => {
  const [scales] = setOften(presets.quick, { epochs: [10] }).phases;
  expect(scales!.schedule.warmUp).toEqual({ steps: 5 });
});

test('one rate is that of the first phase, and the others keep their ratio to it, ends too', () => {
  expect(ratesOf([8e-3])).toEqual([8e-3, 4e-3, 1e-3]);
  expect(ratesOf([1e-3, 2e-3, 3e-3])).toEqual([1e-3, 2e-3, 3e-3]);
  expect(setOften(presets.demo, { rate: [8e-3] }).phases[0]!.schedule).toMatchObject({ end: 8e-4 });
});

test('batch and crop are set, the rest stays', () => {
  const { phases, ...rest } = setOften(presets.quick, { batch: 2, crop: [32, 64] });
  expect({ phases, ...rest }).toEqual({ ...presets.quick, batch: 2, crop: [32, 64] });
});

test.each([
  [
    { epochs: [2] },
    /^--epochs: expected at least 3 epochs, one for each phase \(scales, attention, refinement\), received 2\./,
  ],
  [{ epochs: [2, 1] }, /^--epochs: expected one number, or 3, one for each phase .* received 2\./],
  [{ rate: [1, 1, 1, 1] }, /^--rate: expected one number, or 3, .* received 4\./],
  [
    { rate: [1000] },
    /^configuration, phases\[0\]\.schedule\.rate: expected a number above 0 and up to 100, received 1000\.$/,
  ],
  [
    { crop: [8, 64] as const },
    /^configuration, crop\[0\]: expected a whole number from 16 to 16384, received 8\.$/,
  ],
  [{ epochs: [1e9] }, /^configuration, phases\[0\]\.epochs: /],
])('%j is refused', (often, message) => {
  expect(() => setOften(presets.quick, often)).toThrow(message);
});
