import { expect, test } from 'vitest';
import { RunQueue } from './run-queue.js';

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
