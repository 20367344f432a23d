import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hmsa } from '../support/hmsa.js';
import { bands, pngBomb, randomPhoto, writeTree } from './files.js';
import { camvidIndexFiles } from './layouts.js';

const program = fileURLToPath(new URL('../../bin/hmsa.js', import.meta.url));

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hmsa-command-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

test('a clean set: a table, exit code 0, nothing on stderr', async () => {
  await writeTree(root, camvidIndexFiles());
  const { code, stdout, stderr } = await hmsa('data', 'inspect', `camvid:${root}`, '--quiet');
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(stdout).toContain('Nothing found that would break training or evaluation.');
  expect(stdout).toContain('Classes that never occur: pole, pavement,');
  expect(stdout).not.toContain('\x1b');
  expect(stdout).not.toMatch(/\.png/);
});

test('hostile files: a line each, exit code 1, JSON and page all the same', async () => {
  await writeTree(root, camvidIndexFiles({ lists: false }));
  await writeFile(join(root, 'train/0001TP_006690.png'), pngBomb(30_000));
  await writeFile(join(root, 'train/0001TP_006720.png'), '');
  await writeFile(join(root, 'train/0001TP_006750.png'), 'no picture');
  await symlink('/etc/hostname', join(root, 'train/passwd.png'));
  const json = join(root, 'out/report.json');
  const html = join(root, 'out/report.html');
  const { code, stdout, stderr } = await hmsa(
    ...['data', 'inspect', `camvid:${root}`, '--json', json, '--html', html],
  );
  expect(code).toBe(1);
  expect(stderr).toContain(`Wrote ${json}: the report as JSON\nWrote ${html}: the report as a page`);
  const lines = stdout.slice(stdout.indexOf('4 faults:')).trim().split('\n').slice(1);
  expect(lines).toEqual([
    'outside link: train/passwd.png: skipped: this symbolic link leads out of the data set',
    expect.stringMatching(
      /^unreadable image: train\/0001TP_006690.png: .*at most 134 million pixels, received 30000×30000$/,
    ),
    'unreadable image: train/0001TP_006720.png: expected an image, received an empty file',
    expect.stringMatching(/^unreadable image: train\/0001TP_006750.png: expected a PNG, JPEG/),
  ]);
  expect(JSON.parse(await readFile(json, 'utf8')).faults.length).toBe(4);
  expect(await readFile(html, 'utf8')).toContain('train/0001TP_006690.png');
});

test('what the caller can mend is one line with the near name, exit code 1', async () => {
  await writeTree(root, camvidIndexFiles());
  for (const [args, message] of [
    [[`camvdi:${root}`], 'Did you mean camvid?'],
    [[`camvid:${root}`, '--split', 'vla'], 'Did you mean val?'],
    [[`camvid:${root}/none`], 'received no such folder'],
    [[`camvid:${root}`, '--slpit', 'val'], '(Did you mean --split?)'],
    [[`camvid:${root}`, '--json', `${root}/train.txt/x.json`], 'expected a place to write this file'],
  ] as const) {
    const { code, stderr } = await hmsa('data', 'inspect', ...args);
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n').length, stderr).toBeLessThanOrEqual(2);
    expect(code).toBe(1);
  }
});

test('equal faults of many files are one line, and the remedy adds a class for the value', async () => {
  const files: Record<string, ReturnType<typeof bands>> = {};
  for (let i = 0; i < 6; i++) {
    files[`images/${i}.png`] = randomPhoto(i, 32, 32);
    files[`masks/${i}.png`] = bands(i % 2 === 0 ? [0, 1, 2] : [2, 2, 0, 1], 32, 32);
  }
  await writeTree(root, { ...files, 'classes.json': '["a", "b"]' });
  const { code, stdout } = await hmsa('data', 'inspect', `folder:${root}`, '--quiet');
  expect(code).toBe(1);
  expect(stdout).toContain(
    'unknown label: 6 files: expected labels of the 2 classes or void, received value 2: masks/0.png, masks/1.png, masks/2.png and 3 more\n--json FILE lists all\n',
  );
  const trained = await hmsa('train', '--data', `folder:${root}`, '--out', join(root, 'run'), '--quiet');
  expect(trained.stderr).toMatch(
    /^hmsa: folder:[^\n]*: unknown label: 5 files such as [^\n]*received value 2\. Add a class for value 2 to the class file, or list it under "void"\. `npx hmsa data inspect folder:[^\n]*` names all of them\.\n$/,
  );
  const named = await hmsa('data', 'inspect', `garden:${root}`);
  expect(named.stderr).toMatch(/For a folder of images and masks write folder:\//);
  expect(named.stderr.match(/mapillary-2.0/g)?.length ?? 1).toBe(1);
});

test.skipIf(process.platform === 'win32')(
  'SIGINT: stops early, exit code 130, no report written',
  async () => {
    await writeTree(root, {
      'images/0.png': randomPhoto(0, 1200, 900),
      'masks/0.png': bands([0, 1], 1200, 900),
    });
    for (let i = 1; i < 300; i++) await symlink('0.png', join(root, `images/${i}.png`));
    const json = join(root, 'report.json');
    const child = spawn(process.execPath, [program, 'data', 'inspect', `folder:${root}`, '--json', json]);
    let stderr = '';
    child.stderr.on('data', (text) => {
      // The first line of progress: the command runs.
      if (stderr === '') child.kill('SIGINT');
      stderr += text;
    });
    const code = await new Promise((resolve) => child.on('exit', resolve));
    expect(stderr).toMatch(/Inspecting \d+\/300.*\nhmsa: interrupted\n$/);
    expect(code).toBe(130);
    expect(existsSync(json)).toBe(false);
  },
);
