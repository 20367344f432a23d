import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { repository } from './install.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-release-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function check(manifest: object): Promise<{ code: number; stderr: string }> {
  const file = join(folder, 'package.json');
  await writeFile(file, JSON.stringify(manifest));
  return new Promise((resolve) => {
    const program = execFile(
      process.execPath,
      [join(repository, 'tools/check-release.mjs'), file],
      (_, __, stderr) => resolve({ code: program.exitCode!, stderr }),
    );
  });
}

test('a package that does not say where its source lies is not published', async () => {
  for (const manifest of [{}, { repository: '' }, { repository: { type: 'git' } }]) {
    const { code, stderr } = await check(manifest);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^package\.json: expected a repository, received none\. Add .*"repository": \{.*\n$/,
    );
  }
  for (const found of ['github:someone/hmsa', { type: 'git', url: 'git+https://example.org/hmsa.git' }])
    expect(await check({ repository: found })).toEqual({ code: 0, stderr: '' });
});
