import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TrainingLine } from './training-line.js';

type Step = Parameters<TrainingLine['step']>[0];

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** The lines that a terminal shows of steps that take so many seconds each, at scales that alternate. */
function shown(seconds: readonly number[], phaseOf: (step: number) => number = () => 0): string[] {
  const lines: string[] = [];
  const stream = { isTTY: true, write: (text: string) => lines.push(text.replace('\r\u001b[K', '')) };
  const line = new TrainingLine(false, stream as unknown as NodeJS.WriteStream);
  seconds.forEach((taken, step) => {
    vi.advanceTimersByTime(taken * 1000);
    line.step({
      kind: 'step',
      phase: { phase: { kind: 'scales' }, index: phaseOf(step) },
      scale: step % 2 === 0 ? 1 : 0.5,
      ...{ step, steps: 100, images: 4, loss: 2, learningRate: 1e-3, waitShare: 0.01 },
    } as Step);
  });
  return lines;
}

test('the pace leaves out the steps that opened a graph, and is told once there are others', () => {
  const lines = shown([30, 20, 2, 1, 2, 1]);
  expect(lines[0]).toMatch(/^scales 1\/100 {2}loss 2\.000 {2}rate 0\.0010 {2}waits 1\.0% {2}\d+ MiB$/);
  expect(lines[1]).toMatch(/^scales 2\/100 .* MiB$/);
  expect(lines[2]).toMatch(/ 2\.0 images\/s .* 3 min left$/);
  expect(lines[5]).toMatch(/ 2\.7 images\/s .* 2 min left$/);
});

test('the pace is that of the latest steps', () => {
  const lines = shown([...Array<number>(60).fill(5), ...Array<number>(30).fill(1)]);
  expect(lines.at(-1)).toMatch(/ 4\.0 images\/s .* 10 s left$/);
});

test('another phase has a pace of its own', () => {
  const lines = shown([9, 9, 1, 1, 1, 20, 20, 5, 5], (step) => (step < 5 ? 0 : 1));
  expect(lines[4]).toMatch(/ 4\.0 images\/s /);
  expect(lines[5]).not.toMatch(/images\/s/);
  expect(lines[8]).toMatch(/ 0\.8 images\/s .* 8 min left$/);
});
