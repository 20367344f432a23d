import { expect, test } from 'vitest';
import { z } from 'zod';
import { checkSchema, everyKey, expectation } from './index.js';

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
    'file, shape.sides.0.length: expected a whole number, received 0.5.',
  );
  expect(wrong({ kind: 'ball' })).toThrow('file, shape.kind: expected one of circle, box, received "ball".');
  expect(wrong({ kind: 'circle', radiu: 1 })).toThrow(
    'file: expected known keys in shape (kind, radius), received radiu. Did you mean radius?',
  );
  expect(wrong(undefined)).toThrow(
    'file, shape: expected an object with kind and what belongs to it, received nothing.',
  );
});
