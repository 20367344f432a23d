import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('examples/predict.mjs labels what it can, and writes polygons and overlays', async () => {
  const out = await mkdtemp(join(tmpdir(), 'hmsa-predict-'));
  const script = new URL('../../examples/predict.mjs', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [script, '--out', out]);
  expect(stdout.trim().split('\n')).toEqual([
    expect.stringMatching(/^street-0: \S.* \d+%, \d+ regions, sure by \d+%$/),
    expect.stringMatching(/^street-1: /),
  ]);
  expect((await readdir(out)).sort()).toEqual([
    'street-0.json',
    'street-0.png',
    'street-1.json',
    'street-1.png',
  ]);
  const [region] = JSON.parse(await readFile(join(out, 'street-0.json'), 'utf8'));
  expect(region).toMatchObject({ type: 'Feature', geometry: { type: 'Polygon' } });
  await rm(out, { recursive: true });
});
