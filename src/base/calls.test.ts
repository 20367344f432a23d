import { afterEach, expect, test } from 'vitest';
import { Caller, type Port, serve, Transferring } from './calls.js';
import { HmsaError } from './errors/index.js';

interface Sums {
  add(numbers: readonly number[]): Promise<number>;
  double(numbers: Float32Array): Promise<Float32Array>;
  wait(name: string): Promise<string>;
  fail(how: string): Promise<never>;
}

const channels: InstanceType<typeof MessageChannel>[] = [];
afterEach(() => {
  for (const { port1 } of channels.splice(0)) port1.close();
});

/** Both sides in this thread, over a channel as browsers and Node have it. */
function sums() {
  const channel = new MessageChannel();
  channels.push(channel);
  const begun: string[] = [];
  serve<Sums>(channel.port2 as unknown as Port, {
    add: async (numbers) => numbers.reduce((sum, number) => sum + number, 0),
    double: async (numbers) => {
      const twice = numbers.map((number) => 2 * number);
      return new Transferring(twice, [twice.buffer]);
    },
    wait: (name, signal) => {
      begun.push(name);
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    },
    fail: async (how) => {
      if (how === 'unsendable') return (() => {}) as never;
      throw how === 'known'
        ? new HmsaError({ operation: 'sum', expected: 'numbers', received: 'none', remedy: 'Add some.' })
        : new TypeError('a bug');
    },
  });
  return { caller: new Caller<Sums>(channel.port1 as unknown as Port, 'sums'), begun };
}

test('calls are answered each with its own value, whatever their number', async () => {
  const { caller } = sums();
  const answers = await Promise.all([1, 2, 3].map((number) => caller.call('add', [number, 10])));
  expect(answers).toEqual([11, 12, 13]);
});

test('memory is handed over where that is asked for, in both directions', async () => {
  const { caller } = sums();
  const numbers = Float32Array.of(1, 2);
  const twice = await caller.call('double', numbers, { transfer: [numbers.buffer] });
  expect([...twice]).toEqual([2, 4]);
  expect(numbers).toHaveLength(0);
});

test('an HmsaError arrives as one, any other error with its message and its stack', async () => {
  const { caller } = sums();
  const known = await caller.call('fail', 'known').catch((error: unknown) => error);
  expect(known).toBeInstanceOf(HmsaError);
  expect(known).toMatchObject({ message: 'sum: expected numbers, received none. Add some.' });
  const bug = await caller.call('fail', 'bug').catch((error: unknown) => error);
  expect(bug).not.toBeInstanceOf(HmsaError);
  expect(bug).toMatchObject({ message: 'a bug', stack: expect.stringContaining('calls.test') });
});

test('what cannot cross rejects its own call, and others go on', async () => {
  const { caller } = sums();
  const unsendable = caller.call('add', [(() => 1) as unknown as number]);
  await expect(unsendable).rejects.toThrow(/^sums: expected plain data and arrays/);
  await expect(caller.call('fail', 'unsendable')).rejects.toThrow(/could not be cloned/);
  expect(await caller.call('add', [1, 1])).toBe(2);
});

test('an abort ends the call on the other side and rejects with the caller’s reason', async () => {
  const { caller, begun } = sums();
  const controller = new AbortController();
  const waiting = caller.call('wait', 'first', { signal: controller.signal });
  await caller.call('add', []);
  controller.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  await expect(caller.call('wait', 'second', { signal: controller.signal })).rejects.toThrow('enough');
  expect(begun).toEqual(['first']);
});

test('the end of the other side rejects what waits and all that follows, with the first reason', async () => {
  const { caller } = sums();
  const waiting = [caller.call('wait', 'a'), caller.call('wait', 'b')];
  expect(caller.isAlive).toBe(true);
  caller.end(new Error('gone'));
  caller.end(new Error('exit code 1'));
  expect(caller.isAlive).toBe(false);
  for (const call of [...waiting, caller.call('add', [1])]) await expect(call).rejects.toThrow('gone');
});
