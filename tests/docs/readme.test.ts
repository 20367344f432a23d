import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
// @ts-expect-error: a tool, in JavaScript
import { blocksOf } from '../../tools/readme.mjs';

const execute = promisify(execFile);
const repository = fileURLToPath(new URL('../..', import.meta.url));
const page = await readFile(join(repository, 'README.md'), 'utf8');
const blocks: { language: string; text: string }[] = blocksOf(page);

// Nine commands after one another, each a process of its own.
vi.setConfig({ testTimeout: 300_000 });

/** A checkout that has been built and nothing else. */
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-readme-'));
  await cp(join(repository, 'package.json'), join(folder, 'package.json'));
  for (const name of ['bin', 'dist', 'models', 'node_modules', 'docs'])
    await symlink(join(repository, name), join(folder, name));
});
afterAll(() => rm(folder, { recursive: true }));

test('the README’s commands and programs run in its order, each with what those before it have left', async () => {
  // What npm does is for `node tools/readme.mjs`, which takes minutes.
  const own = blocks.filter(({ text }) => !/^\s*npm /.test(text));
  expect(own.length).toBe(blocks.length - 3);
  for (const [i, { language, text }] of own.entries()) {
    if (language === 'js') await writeFile(join(folder, `${i}.mjs`), text);
    const commands = language === 'js' ? [`node ${i}.mjs`] : text.trim().split('\n');
    for (const command of commands) {
      const direct = command.replace(/^npx hmsa /, 'node bin/hmsa.js ');
      // The whole takes a minute; fewer scenes and epochs leave the same files.
      const short = direct.replace('--count 64', '--count 8').replace(/(?<= train .*)$/, ' --epochs 3');
      await execute('bash', ['-c', short], { cwd: folder });
    }
  }
});

test('what the README names exists', async () => {
  const named = [...page.matchAll(/`(?:npm run |node )([\w./-]+)/g)].map(([, name]) => name!);
  const { scripts } = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8'));
  const { version } = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8'));
  for (const name of named) expect(Object.keys(scripts)).toContain(name);
  expect(page).toContain(`hmsa-${version}.tgz`);
});
