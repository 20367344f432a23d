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
  expect(plan(1e12, undefined)).toEqual({ bytes: base + steps, pauses: false });
  const beside = plan(1e12, photograph)!;
  expect(beside).toEqual({ bytes: expect.any(Number), pauses: false });
  expect(beside.bytes).toBeGreaterThan(base + steps);
  expect(plan(beside.bytes - 1, photograph)).toEqual({ bytes: base + steps, pauses: true });
});

test('too little memory is a warning, and with a budget an error that names what takes it', () => {
  expect(plan(2e8, undefined)!.warning).toMatch(
    /^training takes about \d+ MB of memory, and this machine has 200 MB; --memory 180MB changes what it needs to fit$/,
  );
  expect(() => plan(1e12, undefined, { memory: '200MB' })).toThrow(
    /a phase (scales|refinement) that takes about/,
  );
  expect(() => plan(1e12, { width: 4000, height: 3000 }, { memory: '1GB' })).toThrow(
    /a validation that takes about .*: photographs of 4000×3000 at scales 0\.5, 1\. Allow [\d.]+ GB, or validate nothing/,
  );
});

test('batches of few pixels are not looked at', () => {
  expect(plan(1, photograph, { crop: [32, 32] })).toBeUndefined();
});
