import { describe, expect, test } from 'vitest';
import type { NdArray } from '../../dist/base/arrays.js';
import {
  type Checkpoint,
  checkCheckpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  weightsOf,
} from '../../dist/training/index.js';
import { phase, smallConfig } from './tiny.js';
import { STEPS, trained } from './trained.js';

const DECAY = 0.75;
const numbers = (array: NdArray | undefined) => array!.data as Float32Array;

/** The averages of a run's weights and statistics after each step, written a second time and plainly. */
function averagesOf(checkpoints: readonly Checkpoint[], decayAt = (_step: number) => DECAY) {
  const [first, ...steps] = checkpoints;
  let averages = new Map([...first!.values].map(([name, value]) => [name, numbers(value)] as const));
  return steps.map(({ values }, step) => {
    averages = new Map(
      [...averages].map(([name, average]) => {
        const now = numbers(values.get(name));
        const moved = average.map((a, i) => a + Math.fround(Math.fround(now[i]! - a) * (1 - decayAt(step))));
        return [name, moved] as const;
      }),
    );
    return averages;
  });
}

test('with a warm-up, the decay of step t is (1 + t) / (10 + t) until it reaches the configured one', async () => {
  const phases = [phase('scales', 2, 1e-2)];
  const decay = 0.2;
  const config = smallConfig({ phases, ema: { decay, warmUp: true } });
  const { checkpoints, model } = await trained(config, false, undefined, true);
  const expected = averagesOf(checkpoints, (step) => [0.1, 2 / 11, decay, decay][step]!);
  for (const [step, averages] of expected.entries()) {
    const averaged = weightsOf(model, checkpoints[step + 1]!.values, { average: true });
    for (const [name, actual] of averaged) {
      const wanted = averages.get(name)!;
      const gap = Math.max(...numbers(actual).map((value, i) => Math.abs(value - wanted[i]!)));
      expect(gap, `${name} after step ${step}`).toBeLessThan(1e-6 * Math.max(1, ...wanted.map(Math.abs)));
    }
  }
});

describe.each([1, 2])('with %d batches a step', (accumulate) => {
  // Four steps: the second phase freezes what the first has learned.
  const phases = [phase('scales', 1, 1e-2), phase('attention', 1, 1e-2)];
  const config = smallConfig({ phases, accumulate, ema: { decay: DECAY } });

  test('averages are those of a plain program, over phases, and change no weight', async () => {
    const { checkpoints, model } = await trained(config, false, undefined, true);
    const { checkpoints: raw } = await trained(smallConfig({ phases, accumulate }), false, undefined, true);
    const expected = averagesOf(raw);
    expect(expected).toHaveLength(2 * STEPS);
    for (const [step, averages] of expected.entries()) {
      const { values } = checkpoints[step + 1]!;
      const [own, averaged] = [weightsOf(model, values), weightsOf(model, values, { average: true })];
      expect([...averaged.keys()]).toEqual([...averages.keys()]);
      for (const [name, average] of averages) {
        expect(numbers(own.get(name)), name).toEqual(numbers(raw[step + 1]!.values.get(name)));
        expect(numbers(averaged.get(name)), `average of ${name} after step ${step}`).toEqual(average);
      }
    }
    const last = raw.at(-1)!;
    const apart = [...expected.at(-1)!].filter(([name, average]) =>
      average.some((a, i) => a !== numbers(last.values.get(name))[i]),
    );
    expect(apart.map(([name]) => name)).toContain('trunk.features.0.1.running_mean');
    expect(() => weightsOf(model, last.values, { average: true })).toThrow(
      /expected a value for average\.trunk/,
    );
  });

  test('a run that goes on within a phase ends with the same bytes', async () => {
    const { checkpoints, model } = await trained(config, false, undefined, true);
    for (const saved of [checkpoints[1]!, checkpoints[3]!]) {
      const restored = decodeCheckpoint(encodeCheckpoint(saved), 'checkpoint');
      const checked = checkCheckpoint(model, config, STEPS, restored, 'checkpoint');
      const { checkpoints: resumed } = await trained(config, false, checked);
      const [actual, wanted] = [resumed.at(-1)!, checkpoints.at(-1)!].map((checkpoint) =>
        encodeCheckpoint(checkpoint),
      );
      expect(Buffer.compare(actual!, wanted!)).toBe(0);
    }
    const without = new Map(checkpoints[1]!.values);
    without.delete('average.trunk.features.0.0.weight');
    const incomplete = { step: 1, values: without };
    expect(() => checkCheckpoint(model, config, STEPS, incomplete, 'checkpoint')).toThrow(
      /checkpoint: expected average\.trunk\.features\.0\.0\.weight .* received none of that name/,
    );
  });
});
