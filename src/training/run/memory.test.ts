import { expect, test } from 'vitest';
import { mergeConfig } from '../config.js';
import { phaseMemory } from '../memory/index.js';
import { presets } from '../presets.js';
import { planMemory } from './memory.js';

const base = 1e8;
const config = mergeConfig(presets.quick, { crop: [128, 256] }, 'test');
const model = { ...config.model, classes: 5 };
const steps = Math.max(...phaseMemory(model, config).map(({ bytes }) => bytes));
const photograph = { width: 200, height: 100 };
const plan = (total: number, size: typeof photograph | undefined, changes: object = {}) =>
  planMemory(model, { ...config, ...changes }, { total, base }, size);

test('a validation takes place beside the steps where it fits, and without them where not', () => {
  expect(plan(1e12, undefined)).toMatchObject({ bytes: base + steps, pauses: false });
  const beside = plan(1e12, photograph)!;
  expect(beside.pauses).toBe(false);
  expect(beside.bytes).toBeGreaterThan(base + steps);
  expect(plan(beside.bytes - 1, photograph)).toMatchObject({ bytes: base + steps, pauses: true });
});

test('a new run that the machine cannot hold is refused, and a budget above that allows it', () => {
  expect(() => plan(2e8, undefined)).toThrow(
    /^memory: expected a training that fits this machine, which has 200 MB, received a phase \w+ that takes about \d+ MB, .*--memory 180MB chooses recompute, batch and crop so that it fits, where no flag or --config sets them\. --memory [\d.]+[MG]B trains all the same\.$/,
  );
  const warning =
    /^training takes about \d+ MB of memory, and this machine has 200 MB, so the system may end it$/;
  expect(plan(2e8, undefined, { memory: '4GB' })!.warning).toMatch(warning);
  expect(plan(1e12, undefined, { memory: '4GB' })).not.toHaveProperty('warning');
  const begun = planMemory(model, config, { total: 2e8, base }, undefined, { isBegun: true });
  expect(begun!.warning).toMatch(warning);
});

test('a training that does not fit its budget is an error that names what takes it', () => {
  expect(() => plan(1e12, undefined, { memory: '200MB' })).toThrow(
    /a phase (scales|refinement) that takes about/,
  );
});

test('a validation of large photographs takes no more memory than the steps', () => {
  const large = { width: 6000, height: 4000 };
  const whole = plan(1e12, large)!;
  expect(whole.validationLimit).toBe(base + Math.max(steps, 1e9));
  const budget = plan(1e12, large, { memory: '3GB' })!;
  expect(budget.validationLimit).toBeLessThanOrEqual(3e9);
  expect(plan(1e12, large, { crop: [32, 32] })!.validationLimit).toBe(base + 1e9);
});

test('batches of few pixels are not looked at', () => {
  expect(plan(1, photograph, { crop: [32, 32] })).toBeUndefined();
});
