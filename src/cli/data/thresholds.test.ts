import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readThreshold } from './thresholds.js';

test('a number, classes with numbers, both, or a JSON file', async () => {
  expect(await readThreshold('0.9')).toEqual({ '*': 0.9 });
  expect(await readThreshold('road=0.95, sign symbol=.8,0.7')).toEqual({
    road: 0.95,
    'sign symbol': 0.8,
    '*': 0.7,
  });
  const folder = await mkdtemp(join(tmpdir(), 'hmsa-threshold-'));
  try {
    const file = join(folder, 't.json');
    await writeFile(file, '{"*": 0.5, "a,b=c": 0.1}');
    expect(await readThreshold(file)).toEqual({ '*': 0.5, 'a,b=c': 0.1 });
    await writeFile(file, '[0.5]');
    await expect(readThreshold(file)).rejects.toThrow('an object of classes and numbers');
  } finally {
    await rm(folder, { recursive: true });
  }
});

test.each(['', 'high', 'road=', '=0.9', 'road=0.9,road=0.8', '0.9,0.8', '-1', 'road=1e-1'])(
  '%j is refused',
  async (text) => {
    await expect(readThreshold(text)).rejects.toThrow('--threshold: expected');
  },
);
