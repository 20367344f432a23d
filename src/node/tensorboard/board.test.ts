import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { presets } from '../../training/index.js';
import type { TrainEvent } from '../../training/run/index.js';
import { Board } from './board.js';
import { EventFile } from './event-file.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-board-'));
});
afterEach(() => rm(folder, { recursive: true }));

const planned: TrainEvent = { kind: 'planned', config: presets.quick, stepsPerEpoch: 2, from: 0, ends: [] };
const step = {
  kind: 'step',
  step: 9,
  loss: 1,
  learningRate: 0.1,
  gradientNorm: 2,
  metrics: {},
} as unknown as TrainEvent;

test('a full disk ends the events, not the run, and is told once', async () => {
  const warn = vi.fn();
  const full = {
    write: vi.fn().mockRejectedValue(new Error('a full disk')),
    close: vi.fn().mockResolvedValue(undefined),
  };
  const create = vi.spyOn(EventFile, 'create').mockResolvedValue(full as never);
  const board = new Board(folder, warn);
  await board.take(planned);
  await board.take(step);
  await board.close();
  create.mockRestore();
  expect(full.write).toHaveBeenCalledTimes(1);
  expect(full.close).toHaveBeenCalledTimes(1);
  expect(warn.mock.calls).toEqual([[expect.stringMatching(/the run goes on without them: a full disk$/)]]);
});

test('a folder that cannot be made is an error before the first step', async () => {
  await symlink('nowhere/below', join(folder, 'link'));
  await expect(new Board(join(folder, 'link'), () => {}).take(planned)).rejects.toThrow(
    /expected a folder, or a place where one/,
  );
});
