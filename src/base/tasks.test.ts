import { expect, test } from 'vitest';
import { setTimeout } from '../../tests/support/node.js';
import { mapBounded, RunQueue } from './tasks.js';

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

test('a task that throws, at once or later, rejects alone', async () => {
  const queue = new RunQueue();
  const order: string[] = [];
  const results = await Promise.allSettled([
    queue.add(() => {
      throw new Error('at once');
    }),
    queue.add(async () => {
      order.push('second');
      throw new Error('later');
    }),
    queue.add(async () => order.push('third')),
  ]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
  expect(order).toEqual(['second', 'third']);
  expect(await queue.add(async () => 4)).toBe(4);
});
