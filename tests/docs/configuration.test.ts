import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { presets, type TrainConfig } from '../../dist/training/index.js';
// @ts-expect-error: a tool, in JavaScript
import { generated } from '../../tools/schema.mjs';

const files: Map<string, string> = await generated();

test.each([...files])('%s is what `npm run schema` writes', async (path, text) => {
  expect(await readFile(new URL(`../../${path}`, import.meta.url), 'utf8')).toBe(text);
});

test('the page has every key with what it accepts and means, and the presets', () => {
  const page = files.get('docs/configuration.md')!;
  expect(page).toMatch(
    /^\| `phases\[\]\.schedule\.power` +\| a number above 0 and up to 100 +\| Of `polynomial`: /m,
  );
  expect(page).toMatch(/^\| `batch` +\| 4 /m);
  expect(page).toMatch(
    /^\| `joint-2scale` +\| .*joint, 4 epochs, polynomial 0.001, power 0.9, warmUp 20 *\|$/m,
  );
});

test('the JSON Schema accepts what a file may say, explains it and refuses the rest', () => {
  const schema = JSON.parse(files.get('schema/train-config.schema.json')!);
  expect(schema.properties.phases.items.properties.epochs.description).toMatch(/training images/);
  const read = z.fromJSONSchema(schema);
  const accepts = (value: unknown) => read.safeParse(value).success;
  for (const preset of Object.values<TrainConfig>(presets)) expect(accepts(preset)).toBe(true);
  const fine = [
    {},
    { $schema: './train-config.schema.json', batch: 2 },
    { model: { trunk: { width: 0.5 } }, optimizer: { beta1: 0.8 } },
    { optimizer: { name: 'sgd', momentum: 0.9 } },
    { classWeights: [1, 2] },
  ];
  const wrong = [
    { bach: 2 },
    { batch: 0 },
    { crop: [64] },
    { model: { classes: 3 } },
    { optimizer: { name: 'sgd', beta1: 0.9 } },
    { phases: [{ kind: 'joint', epochs: 1 }] },
  ];
  expect(fine.filter((value) => !accepts(value))).toEqual([]);
  expect(wrong.filter(accepts)).toEqual([]);
});
