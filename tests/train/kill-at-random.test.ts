import { expect, test } from 'vitest';
import { start } from '../support/hmsa.js';

const script = new URL('../../bench/kill-at-random.mjs', import.meta.url).pathname;

test('killed at random moments, a run ends with the same bits', async () => {
  const { code, stdout, stderr } = await start(['--kills', '1'], [process.execPath, script]).outcome;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^1 kills in \d runs, gone on \d+ times: the same bits each time\n$/);
});
