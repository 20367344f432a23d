import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { planPhases, type TrainConfig } from '../training/index.js';
import { TrainingLine } from './training-line.js';

type Step = Parameters<TrainingLine['step']>[0];

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

type Kind = Step['phase']['kind'];

/** The lines that a terminal shows of steps that take so many seconds each, at scales that alternate; epochs have 5. */
function shown(
  seconds: readonly number[],
  phases: readonly (readonly [Kind, number, views?: number])[] = [['scales', 20]],
  metricsAt: (step: number) => Record<string, number> = () => ({}),
): string[] {
  const lines: string[] = [];
  const stream = { isTTY: true, write: (text: string) => lines.push(text.replace('\r\u001b[K', '')) };
  const line = new TrainingLine(false, stream as unknown as NodeJS.WriteStream);
  const config = {
    model: { scales: [0.5, 1] },
    recompute: 'scales',
    phases: phases.map(([kind, epochs, views]) => ({ kind, epochs, views })),
  } as unknown as TrainConfig;
  line.planned({ kind: 'planned', config, stepsPerEpoch: 5, from: 0, ends: [] });
  const plan = planPhases(config, 5);
  seconds.forEach((taken, step) => {
    vi.advanceTimersByTime(taken * 1000);
    const phase = plan.find(({ to }) => step < to)!;
    line.step({
      kind: 'step',
      phase,
      scale: phase.kind !== 'scales' || step % 2 === 0 ? 1 : 0.5,
      ...{ step, steps: plan.at(-1)!.to, images: 4, loss: 2, learningRate: 1e-3, waitShare: 0.01 },
      metrics: metricsAt(step),
    } as Step);
  });
  return lines;
}

test('the pace leaves out the steps that opened a graph, and is told once there are others', () => {
  const lines = shown([30, 20, 2, 1, 2, 1]);
  expect(lines[0]).toMatch(
    /^phase scales {2}step 1\/100 {2}loss 2\.000 {2}rate 0\.0010 {2}data waits 1\.0% {2}\d+ MiB$/,
  );
  expect(lines[1]).toMatch(/^phase scales {2}step 2\/100 .* MiB$/);
  expect(lines[2]).toMatch(/ 2\.0 images\/s .* 3 min left$/);
  expect(lines[5]).toMatch(/ 2\.7 images\/s .* 2 min left$/);
});

test('the pace is that of the latest steps', () => {
  const lines = shown([...Array<number>(60).fill(5), ...Array<number>(30).fill(1)]);
  expect(lines.at(-1)).toMatch(/ 4\.0 images\/s .* 10 s left$/);
});

test('another phase has a pace of its own, and what one of its kind took before is known', () => {
  // After opening two graphs in 18 s: 1 s for each of the 3 steps that are seen; then 5 steps of 4 s, the first of them
  // opening a graph; then 5 of the first kind again.
  const lines = shown(
    [9, 9, 1, 1, 1, 20, 4, 4, 4, 4, 12, 8, 1],
    [
      ['scales', 1],
      ['attention', 1],
      ['scales', 1],
    ],
  );
  // 5 steps at 1.25 / 1.875 of a second, which is a guess, and 5 at 1.
  expect(lines[4]).toMatch(/^phase scales {2}step 5\/15 .* 4\.0 images\/s .* about 9 s left$/);
  expect(lines[5]).not.toMatch(/images\/s|left/);
  // 3 more at 4 s, 5 at 1 s.
  expect(lines[6]).toMatch(/^phase attention {2}step 7\/15 .* 1\.0 images\/s .* {2}17 s left$/);
  // Opening the graphs of the last phase is not its pace.
  expect(lines[10]).toMatch(/^phase scales {2}step 11\/15 .* 4\.0 images\/s .* {2}4 s left$/);
  expect(lines[12]).toMatch(/ {2}2 s left$/);
});

test('the attention of each scale is shown, and what of it is saturated, as long as its phase lasts', () => {
  const metrics = (mean: number) => ({
    'attentionMean@0.5': mean,
    'attentionBelow0.05@0.5': 0.25,
    'attentionAbove0.95@0.5': 0.25,
  });
  const lines = shown(
    [1, 1, 1, 1, 1, 1],
    [
      ['attention', 1],
      ['scales', 1],
    ],
    (step) => (step < 5 ? metrics(step === 0 ? 0.5 : 0.7) : {}),
  );
  expect(lines[0]).toMatch(/ {2}loss 2\.000 {2}α 0\.5×: 0\.50, 50% saturated {2}rate /);
  expect(lines[1]).toMatch(/α 0\.5×: 0\.51, 50% saturated/);
  expect(lines[5]).not.toMatch(/α/);
});

test('a phase that is still to come is reckoned by its work', () => {
  const lines = shown(
    [9, 9, 3, 3, 3],
    [
      ['scales', 1],
      ['attention', 2],
      ['refinement', 2],
    ],
  );
  // Work of a step at scales 0.5 and 1: 1.875 in scales, here 3 s; 1.25 in attention; 5 with recomputation.
  expect(lines[2]).toMatch(/ {2}about 2 min left$/); // 2 × 3 + 10 × 2 + 10 × 8 = 106 s
  expect(lines[4]).toMatch(/ {2}about 2 min left$/);
});

test('the pace that is measured takes the place of what was reckoned', () => {
  const lines = shown(
    [9, 9, 3, 3, 3, 9, 1],
    [
      ['scales', 1],
      ['attention', 1],
      ['refinement', 1],
    ],
  );
  // 3 × 1 s of attention, 5 × 4 s of refinement, by the pace of attention.
  expect(lines[6]).toMatch(/ {2}about 23 s left$/);
});

test('where features are kept, the first epochs have another pace than those after', () => {
  const lines = shown([20, 4, 4, 4, 4, 1, 1], [['attention', 3, 1]]);
  // 2 × 4 s, and 10 steps at half of it; then 8 at what is measured.
  expect(lines[2]).toMatch(/ {2}about 28 s left$/);
  expect(lines[6]).toMatch(/ 4\.0 images\/s .* {2}8 s left$/);
});
