import { expect, test } from 'vitest';
import { setTimeout } from '../../tests/support/node.js';
import { mapInOrder } from './map-in-order.js';

test('results come in order, no more calls than allowed are under way, and items are taken late', async () => {
  let running = 0;
  let most = 0;
  let taken = 0;
  async function* items() {
    for (let i = 0; i < 7; i++) {
      taken++;
      yield i;
    }
  }
  const results = [];
  const square = async (item: number, index: number) => {
    most = Math.max(most, ++running);
    await setTimeout(item % 2 === 0 ? 4 : 0);
    running--;
    return item * index;
  };
  for await (const { index, value } of mapInOrder(items(), 2, square)) {
    results.push(value);
    expect(taken).toBeLessThanOrEqual(index + 3);
  }
  expect(results).toEqual([0, 1, 4, 9, 16, 25, 36]);
  expect(most).toBe(2);
});

test('a result does not wait for the next item, nor does an abort', async () => {
  const never = new Promise<number>(() => {});
  async function* items() {
    yield 1;
    yield await never;
  }
  const controller = new AbortController();
  const seen: number[] = [];
  const work = async () => {
    for await (const { value } of mapInOrder(items(), 2, async (item) => item, controller.signal)) {
      seen.push(value);
      controller.abort(new Error('enough'));
    }
  };
  await expect(work()).rejects.toThrow('enough');
  expect(seen).toEqual([1]);
});

test('after a failure nothing more is started; what was under way is given before it is thrown', async () => {
  const started: number[] = [];
  const seen: number[] = [];
  const work = async () => {
    const call = async (item: number) => {
      started.push(item);
      if (item === 1) throw new Error('the second');
      await setTimeout(5);
      return item;
    };
    for await (const { value } of mapInOrder([0, 1, 2, 3, 4, 5], 3, call)) seen.push(value);
  };
  await expect(work()).rejects.toThrow('the second');
  expect(seen).toEqual([0, 2, 3].filter((item) => started.includes(item)));
  expect(started.length).toBeLessThan(6);
});

test('a reader that stops waits for what is under way', async () => {
  const ended: number[] = [];
  const call = async (item: number) => {
    await setTimeout(5 * item);
    ended.push(item);
  };
  for await (const _ of mapInOrder([0, 1, 2, 3], 3, call)) break;
  expect(ended.slice(0, 3)).toEqual([0, 1, 2]);
});

test('an abort before the first item calls nothing', async () => {
  const work = mapInOrder([1], 1, async () => {}, AbortSignal.abort(new Error('before')));
  await expect(work.next()).rejects.toThrow('before');
});
