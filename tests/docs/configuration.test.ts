import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import { everyKey, expectation } from '../../src/base/schema/index.js';
import { type PhaseConfig, presets, type TrainConfig, trainConfigSchema } from '../../src/training/index.js';

const page = await readFile(new URL('../../docs/configuration.md', import.meta.url), 'utf8');

/** The rows of the table whose first column is called so, by the cell of that column. */
function rowsOf(...columns: string[]): Map<string, string[]> {
  const lines = page.split('\n');
  const cells = (line: string) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  const start = lines.findIndex((line) => String(cells(line)) === String(columns));
  expect(start).toBeGreaterThan(0);
  const length = lines.slice(start).findIndex((line) => !line.startsWith('|'));
  const rows = lines.slice(start + 2, start + length).map(cells);
  return new Map(rows.map(([key, ...rest]) => [key!.replaceAll('`', ''), rest]));
}

/** What any of the variants accepts. */
function acceptedBy(schemas: readonly z.ZodType[]): string {
  const words = schemas.map(expectation);
  const lists = words.map((text) => /^"(.*)"$/.exec(text)?.[1] ?? /^one of (.*)$/.exec(text)?.[1]);
  return [...new Set(lists.includes(undefined) ? words : lists)].join(
    lists.includes(undefined) ? ' or ' : ', ',
  );
}

test('every key of a configuration is on its page, with what it accepts, and no other', () => {
  const rows = rowsOf('key', 'value', 'meaning');
  const keys = everyKey(trainConfigSchema);
  expect([...rows.keys()]).toEqual([...keys.keys()]);
  for (const [key, [value, meaning]] of rows) {
    expect([key, value]).toEqual([key, acceptedBy(keys.get(key)!)]);
    expect(meaning).not.toBe('');
  }
});

test('its values in each preset are those of the program', () => {
  const names = Object.keys(presets) as (keyof typeof presets)[];
  const rows = rowsOf('key', ...names);
  const at = (preset: TrainConfig, key: string) =>
    key.split('.').reduce((part: unknown, name) => Object(part)[name], preset);
  names.forEach((name, i) => {
    for (const [key, values] of rows) {
      const value = at(presets[name], key);
      expect([key, values[i]]).toEqual([key, Array.isArray(value) ? value.join(', ') : String(value)]);
    }
  });
  const isLeaf = (key: string) => !/^phases|\[\]/.test(key);
  const valued = [...everyKey(trainConfigSchema).keys()].filter((key) => {
    const value = at(presets.quick, key);
    return isLeaf(key) && (Array.isArray(value) || !['object', 'undefined'].includes(typeof value));
  });
  expect([...rows.keys()]).toEqual(valued);
  const phases = rowsOf('preset', 'phases');
  const shown = names.map((name) => [
    name,
    [(presets[name].phases as readonly PhaseConfig[]).map(line).join('; ')],
  ]);
  expect([...phases]).toEqual(shown);
});

function line({ kind, epochs, schedule }: PhaseConfig): string {
  const { kind: form, rate, warmUp, ...rest } = schedule;
  const more = Object.entries(rest).map(([key, value]) => `, ${key} ${value}`);
  return `${kind}, ${epochs} epochs, ${form} ${rate}${more.join('')}${warmUp ? `, warmUp ${warmUp.steps}` : ''}`;
}
