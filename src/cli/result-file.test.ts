import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { htmlPage } from '../report/pages/html.js';
import { checkResultFiles } from './result-file.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-result-'));
});
afterEach(() => rm(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

test('two results in one place, a folder, and a place below a file are refused before the work', async () => {
  await writeFile(at('file'), 'x');
  await mkdir(at('folder'));
  const check = (json: string, html: string) =>
    checkResultFiles(['--json', at(json), 'comparison'], ['--html', at(html), 'page']);
  await check('new/a', 'new/b');
  await expect(check('same', './same')).rejects.toThrow(/^--html: expected another file than --json/);
  await expect(check('folder', 'b')).rejects.toThrow(/^--json: expected a file to write.*a folder\./);
  await expect(check('a', 'file/b')).rejects.toThrow(
    /^--html: expected a place to write this file.*file is a file/,
  );
});

test('a page of ours is replaced, one of somebody else is not', async () => {
  const check = () => checkResultFiles(['--html', at('page'), 'page']);
  await writeFile(at('page'), htmlPage('Comparison', '', ''));
  await check();
  await writeFile(at('page'), '<!doctype html>\n<html lang="en">\n<title>Mine</title>');
  await expect(check()).rejects.toThrow(/holds something else/);
});
