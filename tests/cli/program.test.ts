import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { start } from '../support/hmsa.js';
import { phase, tinyChanges } from '../train/tiny.js';

// What `npx hmsa` runs is a bundle. It finds what it loads by an address: files of the package, threads and processes.
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-program-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function printed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await start(args).outcome;
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  return stdout;
}

test('the version and the devices, each of which a process tries', async () => {
  const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(await printed('--version')).toBe(`${version}\n`);
  const { devices } = JSON.parse(await printed('info', '--json'));
  expect(devices[0]).toEqual({ device: 'cpu', usable: true });
});

test('the schema of a configuration', async () => {
  const { $schema } = JSON.parse(await printed('train', '--print-config'));
  expect(existsSync($schema)).toBe(true);
});

test('threads that open the data set', async () => {
  const config = join(folder, 'short.json');
  await writeFile(config, JSON.stringify({ ...tinyChanges, phases: [phase('scales', 1, 1e-3)] }));
  const data = ['--data', 'synthetic:count=2,size=48x48', '--validation', 'none', '--threads', '1'];
  await printed('train', ...data, '--config', config, '--quiet', '--out', join(folder, 'out'));
});
