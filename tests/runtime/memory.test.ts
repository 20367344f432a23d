import { expect, test } from 'vitest';
import { float32 } from '../../dist/arrays/index.js';
import { openSession, openSessionInThread } from '../../dist/node/index.js';
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
