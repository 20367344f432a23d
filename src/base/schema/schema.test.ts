import { expect, test } from 'vitest';
import { z } from 'zod';
import { changesSchema, checkSchema, everyKey, expectation, keyRows } from './index.js';

test.each<[z.ZodType, string]>([
  [z.int().positive().max(65_536).max(8), 'a whole number from 1 to 8'],
  [z.int().min(1), 'a whole number of at least 1'],
  [z.number().positive(), 'a number above 0'],
  [z.number().min(0).lt(1).optional(), 'a number from 0 to below 1'],
  [z.number().max(3), 'a number up to 3'],
  [z.tuple([z.int(), z.int()]).readonly(), 'a list of 2 whole numbers'],
  [z.array(z.boolean()), 'a list of true and false'],
  [z.literal([8, 16]), 'one of 8, 16'],
  [z.literal('a'), '"a"'],
])('what a schema accepts is said in words (%#)', (schema, words) => {
  expect(expectation(schema)).toBe(words);
});

test('keys of all variants are found, and the first fault is named by its path', () => {
  const shape = z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('circle'), radius: z.number().positive() }),
    z.strictObject({ kind: z.literal('box'), sides: z.array(z.strictObject({ length: z.int() })) }),
  ]);
  const schema = z.strictObject({ shape });
  expect([...everyKey(schema).keys()]).toEqual([
    'shape',
    'shape.kind',
    'shape.radius',
    'shape.sides',
    'shape.sides[].length',
  ]);
  const value = { shape: { kind: 'box', sides: [{ length: 1 }] } };
  expect(checkSchema(schema, value, 'file')).toEqual(value);
  const wrong = (shape: unknown) => () => checkSchema(schema, { shape }, 'file');
  expect(wrong({ kind: 'box', sides: [{ length: 0.5 }] })).toThrow(
    'file, shape.sides[0].length: expected a whole number, received 0.5.',
  );
  expect(wrong({ kind: 'ball' })).toThrow('file, shape.kind: expected one of circle, box, received "ball".');
  expect(wrong({ kind: 'circle', radiu: 1 })).toThrow(
    'file: expected known keys in shape (kind, radius), received radiu. Did you mean radius?',
  );
  expect(wrong(undefined)).toThrow(
    'file, shape: expected an object with kind (circle, box) and what belongs to it, received nothing.',
  );
});

const update = z.discriminatedUnion('name', [
  z.strictObject({
    name: z.literal('sgd').describe('Plain descent.'),
    momentum: z.number().describe('Kept of the velocity.').optional(),
    rate: z.number().positive().describe('The peak.'),
  }),
  z.strictObject({
    name: z.literal(['adam', 'adamW']).describe('Adam.'),
    beta: z.number().optional().describe('Kept of the mean.'),
    rate: z.number().positive().describe('The peak.'),
  }),
]);
const run = z.strictObject({
  batch: z.int().min(1).describe('Images.'),
  update: z.lazy(() => update).describe('The rule.'),
  parts: z.array(z.strictObject({ update })).readonly().describe('One after the other.'),
});

test('a table of keys says what each accepts and means, and of which variants it is', () => {
  const rows = keyRows(run).map(({ key, value, meaning }) => [key, value, meaning]);
  expect(rows.slice(0, 6)).toEqual([
    ['batch', 'a whole number of at least 1', 'Images.'],
    ['update', 'an object with name (sgd, adam, adamW) and what belongs to it', 'The rule.'],
    ['update.name', 'sgd, adam, adamW', '`sgd`: Plain descent. `adam` and `adamW`: Adam.'],
    ['update.momentum', 'a number', 'Of `sgd`: Kept of the velocity.'],
    ['update.rate', 'a number above 0', 'The peak.'],
    ['update.beta', 'a number', 'Of `adam` and `adamW`: Kept of the mean.'],
  ]);
  expect(rows.slice(6).map(([key]) => key)).toContain('parts[].update.beta');
});

test('the JSON Schema of changes requires nothing but what is in lists, and knows each key', () => {
  const schema = changesSchema(run, { id: 'urn:run', title: 'Run', description: 'Some.' });
  expect(Object.keys(schema)).toEqual(
    expect.arrayContaining(['$schema', '$id', 'title', 'description', 'type', 'properties']),
  );
  expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
  // Read back as a schema of its own: what it accepts counts, not how it says so.
  const read = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
  const accepts = (value: unknown) => read.safeParse(value).success;
  expect(accepts({})).toBe(true);
  expect(accepts({ $schema: './run.schema.json', batch: 2, update: { rate: 1 } })).toBe(true);
  expect(accepts({ update: { name: 'adamW', beta: 0.5 } })).toBe(true);
  expect(accepts({ parts: [{ update: { name: 'sgd', rate: 1 } }] })).toBe(true);
  expect(accepts({ batch: 0 })).toBe(false);
  expect(accepts({ bach: 2 })).toBe(false);
  expect(accepts({ update: { name: 'adam', momentum: 0.9 } })).toBe(false);
  expect(accepts({ parts: [{ update: { name: 'sgd' } }] })).toBe(false);
  expect(JSON.stringify(schema)).not.toContain('readOnly');
});
