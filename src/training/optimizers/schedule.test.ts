import { describe, expect, test } from 'vitest';
import { learningRate, type Schedule } from './index.js';

const extent = { stepsPerEpoch: 10, epochs: 4 };
const at = (schedule: Schedule, step: number) => learningRate(schedule, step, extent);

describe('corners', () => {
  test.each<[string, Schedule, readonly (readonly [step: number, rate: number])[]]>([
    [
      'constant',
      { kind: 'constant', rate: 0.1 },
      [
        [0, 0.1],
        [39, 0.1],
        [1000, 0.1],
      ],
    ],
    [
      'step decay',
      { kind: 'stepDecay', rate: 1e-3, factor: 0.8 },
      [
        [0, 1e-3],
        [9, 1e-3],
        [10, 8e-4],
        [19, 8e-4],
        [30, 1e-3 * 0.8 ** 3],
      ],
    ],
    [
      'polynomial',
      { kind: 'polynomial', rate: 0.01, power: 2 },
      [
        [0, 0.01],
        [20, 0.0025],
        [39, 0.01 / 1600],
        [40, 0],
        [50, 0],
      ],
    ],
    [
      'polynomial to an end',
      { kind: 'polynomial', rate: 1, power: 1, end: 0.5 },
      [
        [0, 1],
        [20, 0.75],
        [40, 0.5],
        [99, 0.5],
      ],
    ],
    [
      'cosine',
      { kind: 'cosine', rate: 1 },
      [
        [0, 1],
        [20, 0.5],
        [40, 0],
        [41, 0],
      ],
    ],
    [
      'cosine to an end',
      { kind: 'cosine', rate: 1, end: 0.2 },
      [
        [10, 0.2 + (0.8 * (1 + Math.SQRT1_2)) / 2],
        [40, 0.2],
      ],
    ],
    [
      'warm-up, then polynomial over the rest',
      { kind: 'polynomial', rate: 1, power: 1, warmUp: { steps: 4 } },
      [
        [0, 0.2],
        [1, 0.4],
        [3, 0.8],
        [4, 1],
        [22, 0.5],
        [40, 0],
      ],
    ],
    [
      'warm-up from a share',
      { kind: 'constant', rate: 2, warmUp: { steps: 1, start: 0.5 } },
      [
        [0, 1.5],
        [1, 2],
      ],
    ],
    [
      'warm-up over step decay',
      { kind: 'stepDecay', rate: 1, factor: 0.5, warmUp: { steps: 3 } },
      [
        [2, 0.75],
        [3, 1],
        [10, 0.5],
      ],
    ],
    [
      'warm-up longer than the training',
      { kind: 'cosine', rate: 1, warmUp: { steps: 99 } },
      [
        [39, 0.4],
        [99, 0],
      ],
    ],
    ['no warm-up', { kind: 'constant', rate: 1, warmUp: { steps: 0 } }, [[0, 1]]],
  ])('%s', (_, schedule, points) => {
    for (const [step, rate] of points) expect(at(schedule, step), `step ${step}`).toBeCloseTo(rate, 14);
  });
});

test('a schedule survives being written down', () => {
  const schedule: Schedule = { kind: 'cosine', rate: 0.3, end: 0.1, warmUp: { steps: 5, start: 0.1 } };
  const again = JSON.parse(JSON.stringify(schedule)) as Schedule;
  for (let step = 0; step < 50; step++) expect(at(again, step)).toBe(at(schedule, step));
});

test.each([
  [{ kind: 'constant', rate: -1 }, 'schedule, rate: expected a number above 0 and up to 100, received -1.'],
  [{ kind: 'constant', rate: Number.NaN }, /schedule, rate/],
  [{ kind: 'stepDecay', rate: 1, factor: 0 }, /schedule, factor/],
  [{ kind: 'polynomial', rate: 1, power: 0 }, /schedule, power/],
  [{ kind: 'cosine', rate: 1, end: -1 }, /schedule, end/],
  [{ kind: 'constant', rate: 1, warmUp: { steps: 1.5 } }, /schedule, warmUp.steps/],
  [{ kind: 'constant', rate: 1, warmUp: { steps: 1, start: 2 } }, /schedule, warmUp.start/],
  [
    { kind: 'linear', rate: 1 },
    /schedule, kind: expected one of constant, stepDecay, polynomial, cosine, received "linear"/,
  ],
])('%o is refused', (schedule, message) => {
  expect(() => at(schedule as Schedule, 0)).toThrow(message);
});

test('a step decay may fall every few epochs alone', () => {
  const schedule = { kind: 'stepDecay', rate: 1, factor: 0.5, every: 2 } as const;
  const rates = [0, 9, 19, 20, 39, 40].map((step) =>
    learningRate(schedule, step, { stepsPerEpoch: 10, epochs: 6 }),
  );
  expect(rates).toEqual([1, 1, 1, 0.5, 0.5, 0.25]);
});
