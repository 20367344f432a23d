import { expect, test } from 'vitest';
import { mergeConfig } from '../config.js';
import { presets } from '../presets.js';
import { type FitOptions, fitMemory } from './fit.js';
import { phaseMemory } from './predict.js';

const base = 1000;
const config = mergeConfig(
  presets.quick,
  {
    batch: 4,
    crop: [96, 128],
    model: { scales: [0.5, 1], head: { channels: 16 }, trunk: { width: 0.1 } },
    phases: [{ kind: 'joint', epochs: 1, schedule: { kind: 'constant', rate: 1e-3 } }],
  },
  'test',
);
const model = { ...config.model, classes: 5 };
const bytesOf = (changes: object) => base + phaseMemory(model, { ...config, ...changes })[0]!.bytes;
const fit = (limit: number, keep: FitOptions['keep'] = []) =>
  fitMemory(model, config, { limit: 1.1 * limit + 1, base, keep });
const whole = bytesOf({});
const byScale = bytesOf({ recompute: 'scales' });
const halves = bytesOf({ recompute: 'scales', batch: 2, accumulate: 2 });
const single = bytesOf({ recompute: 'scales', batch: 1, accumulate: 4 });

test('what fits stays as it is', () => {
  expect(fit(whole)).toEqual({ config, bytes: whole, changes: [] });
});

test('first the scales are recomputed, then the batch is divided, then the crop shrinks', () => {
  expect(byScale).toBeLessThan(whole);
  expect(fit(whole - 2)).toEqual({
    config: { ...config, recompute: 'scales' },
    bytes: byScale,
    changes: ['recompute scales'],
  });
  expect(fit(byScale - 2)).toMatchObject({
    config: { recompute: 'scales', batch: 2, accumulate: 2, crop: [96, 128] },
    bytes: halves,
    changes: ['batch 2 × 2 accumulated', 'recompute scales'],
  });
  expect(fit(halves - 2).config).toMatchObject({ batch: 1, accumulate: 4, crop: [96, 128] });
  expect(fit(single - 2)).toMatchObject({
    config: { batch: 1, accumulate: 4, crop: [64, 96] },
    changes: ['batch 1 × 4 accumulated', 'recompute scales', 'crop 96x64'],
  });
});

test('what the user has set stays, and the refusal says what would fit', () => {
  expect(fit(bytesOf({ batch: 2, accumulate: 2 }), ['recompute']).config).toMatchObject({
    recompute: 'none',
    batch: 2,
  });
  expect(() => fit(byScale - 2, ['batch', 'crop'])).toThrow(
    /^memory: expected a training of at most \d+ MB, so that \d+ MB hold it although the prediction is not exact, received one that takes about \d+ MB even with recompute scales\. Allow \d+ MB\. With batch 2 × 2 accumulated, recompute scales it fits\.$/,
  );
  expect(() => fit(base)).toThrow(/Train fewer or smaller scales, or a smaller trunk\.$/);
});

test('what several trainings share fits in each of them', () => {
  const large = { model: { ...model, classes: 9 }, config };
  const limit = 1.1 * whole + 1;
  const fitted = fitMemory(model, config, { limit, base, others: [large] });
  const bytesOfLarge = (changes: object) =>
    base + phaseMemory(large.model, { ...large.config, ...changes })[0]!.bytes;
  expect(bytesOfLarge({})).toBeGreaterThan(whole);
  expect(fitted.changes).not.toEqual([]);
  expect(fitted.bytes).toBe(bytesOfLarge(fitted.config));
  expect(fitted.bytes).toBeLessThanOrEqual(whole);
});
