import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { mapBounded } from './map-bounded.js';

test('results come in order, and no more calls than allowed are under way', async () => {
  let running = 0;
  let most = 0;
  const squares = await mapBounded(7, 3, async (index) => {
    most = Math.max(most, ++running);
    await setTimeout(index % 2);
    running--;
    return index * index;
  });
  expect(squares).toEqual([0, 1, 4, 9, 16, 25, 36]);
  expect(most).toBe(3);
});

test('a failure starts no further call, and shows when those under way are through', async () => {
  const ended: number[] = [];
  const started: number[] = [];
  const work = mapBounded(9, 2, async (index) => {
    started.push(index);
    if (index === 1) throw new Error('the second');
    await setTimeout(5);
    ended.push(index);
  });
  await expect(work).rejects.toThrow('the second');
  expect(started).toEqual([0, 1]);
  expect(ended).toEqual([0]);
});

test('an abort starts no further call and rejects with its reason', async () => {
  const controller = new AbortController();
  const started: number[] = [];
  const work = mapBounded(
    5,
    1,
    async (index) => {
      started.push(index);
      if (index === 1) controller.abort(new Error('enough'));
    },
    controller.signal,
  );
  await expect(work).rejects.toThrow('enough');
  expect(started).toEqual([0, 1]);
});
