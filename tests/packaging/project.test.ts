import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repository } from './install.js';

const read = (path: string) => readFile(join(repository, path), 'utf8');
const { version } = JSON.parse(await read('package.json'));

test('the changelog has a section for the version, newest first, below what is unreleased', async () => {
  const headings = [...(await read('CHANGELOG.md')).matchAll(/^## (.+)$/gm)].map(([, heading]) => heading!);
  expect(headings.slice(0, 2)).toEqual(['[Unreleased]', `[${version}]`]);
});

test('the citation names the version, the licence and the paper', async () => {
  const citation = await read('CITATION.cff');
  expect(citation).toContain(`\nversion: ${version}\n`);
  expect(citation).toContain('\nlicense: Apache-2.0\n');
  expect(citation).toContain('arXiv:2005.10821');
});

test('the workflow runs what CI runs, on three systems and two versions of Node', async () => {
  const workflow = await read('.github/workflows/ci.yml');
  expect(workflow).toContain('run: bash .ci/run');
  expect(workflow).toContain('os: [ubuntu-latest, macos-latest, windows-latest]');
  expect(workflow).toContain('node: [20, 22]');
});
