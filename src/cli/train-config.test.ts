import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test, vi } from 'vitest';
import { presets } from '../training/index.js';
import { configText } from './train-config.js';

const repository = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');
const schemaFrom = (folder: string): string => {
  vi.spyOn(process, 'cwd').mockReturnValue(folder);
  return JSON.parse(configText(presets.quick)).$schema;
};
afterEach(() => {
  vi.restoreAllMocks();
});

test('a configuration names the schema by a path below the working folder, or else by its URL', () => {
  expect(schemaFrom(repository)).toBe('./schema/train-config.schema.json');
  const above = schemaFrom(dirname(repository));
  expect(above).toMatch(/^\.\/.+\/schema\/train-config\.schema\.json$/);
  expect(existsSync(join(dirname(repository), above))).toBe(true);
  // Beside the repository even where that lies in the folder of temporary files.
  for (const folder of [join(repository, 'docs'), join(tmpdir(), 'elsewhere')]) {
    const url = schemaFrom(folder);
    expect(url).toMatch(/^file:/);
    expect(existsSync(fileURLToPath(url))).toBe(true);
  }
});
