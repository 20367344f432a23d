import { expect, test } from 'vitest';
import { float32 } from '../../dist/base/arrays.js';
import { openSession, openSessionInThread } from '../../dist/node/session/index.js';
import { onnxModel } from './models.js';

const MB = 2 ** 20;
const size = MB / 4;
const model = onnxModel(
  { w: ['float32', size], x: ['float32', size] },
  [
    ['Add', ['w', 'x'], ['a']],
    ['Sin', ['a'], ['b']],
    ['Mul', ['a', 'b'], ['w_next']],
  ],
  { w_next: ['float32', size] },
);
const megabyte = () => float32(new Float32Array(size), [size]);

/** Opens, runs and disposes a session that holds about 3 MB while it lives. */
async function life(open: typeof openSession): Promise<void> {
  const session = await open(model, { threads: 1, state: { w: 'w_next' } });
  await session.setState({ w: megabyte() });
  for (let step = 0; step < 2; step++) await session.run({ x: megabyte() });
  await session.dispose();
}

/** One session with siblings that come and go: each lives for a run over the one state. */
async function family(open: typeof openSession, count: number): Promise<void> {
  const options = { state: { w: 'w_next' } };
  const first = await open(model, { threads: 1, ...options });
  await first.setState({ w: megabyte() });
  for (let i = 0; i < count; i++) {
    const sibling = await first.sibling(model, options);
    await sibling.run({ x: megabyte() }, { outputs: [] });
    await sibling.dispose();
  }
  await first.dispose();
}

test.each([
  ['in the calling thread', openSessionInThread],
  ['in a worker thread', openSession],
])('siblings %s leave no memory behind', async (_, open) => {
  const count = 100;
  await family(open, count / 4);
  const before = process.memoryUsage.rss();
  await family(open, count);
  expect(process.memoryUsage.rss() - before).toBeLessThan((count / 2) * MB);
});

/** Peak of resident memory while siblings over 64 MB of state take turns. */
test('siblings hold their state once', async () => {
  const large = 16 * MB;
  const copy = onnxModel({ w: ['float32', large] }, [['ReduceMax', ['w'], ['top']]], { top: ['float32', 1] });
  const first = await openSession(copy, { threads: 1, state: { w: null } });
  await first.setState({ w: float32(new Float32Array(large), [large]) }, { transfer: true });
  await first.run({});
  const before = process.memoryUsage.rss();
  const siblings = await Promise.all(
    Array.from({ length: 4 }, () => first.sibling(copy, { state: { w: null } })),
  );
  for (const sibling of siblings) await sibling.run({});
  expect(process.memoryUsage.rss() - before).toBeLessThan(64 * MB);
  for (const session of [first, ...siblings]) await session.dispose();
});

// bench/sessions.mjs opens and closes a thousand and prints the figures.
test.each([
  ['in the calling thread', openSessionInThread, 200],
  ['in a worker thread', openSession, 40],
])('sessions %s leave no memory behind', async (_, open, count) => {
  for (let i = 0; i < count / 4; i++) await life(open);
  const before = process.memoryUsage.rss();
  for (let i = 0; i < count; i++) await life(open);
  expect(process.memoryUsage.rss() - before).toBeLessThan(count * MB);
});
