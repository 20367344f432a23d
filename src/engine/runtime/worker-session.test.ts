import { expect, test } from 'vitest';
import { accumulator } from '../../../tests/runtime/models.js';
import { float32 } from '../../base/arrays.js';
import { Caller, type Port, type Remote, serve } from '../../base/calls.js';
import { openSessionInThread } from '../../node/session/load-runtime.js';
import { openWorkerSession, type SessionCalls, sessionHandlers } from './worker-session.js';

/** A worker as a browser has it: two ports and a way to end it. Here both sides are in one thread. */
function worker() {
  const channel = new MessageChannel();
  const [near, far] = [channel.port1, channel.port2] as unknown as Port[];
  serve<SessionCalls>(far!, sessionHandlers(openSessionInThread));
  const caller = new Caller<SessionCalls>(near!, 'session');
  let isClosed = false;
  const remote: Remote<SessionCalls> = {
    call: (...asked) => caller.call(...asked),
    get isAlive() {
      return caller.isAlive;
    },
    async close() {
      isClosed = true;
      channel.port1.close();
    },
  };
  return { start: () => remote, isClosed: () => isClosed };
}

test('a session and its sibling work over a message port, and the worker ends with the last of them', async () => {
  const { start, isClosed } = worker();
  const options = { threads: 1, state: { w: 'w_next' } } as const;
  const session = await openWorkerSession(start, accumulator(2), options);
  expect(session.state.map(({ name }) => name)).toEqual(['w']);
  const one = float32(Float32Array.of(1), [1]);
  const ones = () => float32(Float32Array.of(1, 1), [2]);
  await session.setState({ w: ones() });
  await session.run({ g: one });
  const sibling = await session.sibling(accumulator(2), { state: { w: 'w_next' } });
  await session.dispose();
  expect(isClosed()).toBe(false);
  await sibling.run({ g: one });
  const { w } = await sibling.getState();
  expect([...w!.data]).toEqual([3, 3]);
  await sibling.dispose();
  expect(isClosed()).toBe(true);
});

test('what cannot be opened closes the worker; what is wrong from the start starts none', async () => {
  const { start, isClosed } = worker();
  await expect(openWorkerSession(start, Uint8Array.of(1, 2, 3), { threads: 1 })).rejects.toThrow(/^model: /);
  expect(isClosed()).toBe(true);
  const never = () => {
    throw new Error('started');
  };
  await expect(openWorkerSession(never, accumulator(1), { threads: 0 })).rejects.toThrow(/^threads: /);
  await expect(openWorkerSession(never, new Uint8Array(), {})).rejects.toThrow(/^model: /);
});
