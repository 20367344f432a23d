import { expect, test } from 'vitest';
import { checkArgument, shown } from './arguments.js';

test.each<[unknown, string]>([
  [undefined, 'undefined'],
  [null, 'null'],
  ['a\n"b', '"a\\n\\"b"'],
  [Number.NaN, 'NaN'],
  [10n, '10'],
  [[1, 2], 'an array of 2'],
  [Object.create(null), 'an object'],
  [new Float32Array(2), 'a Float32Array'],
  [() => {}, 'a function'],
  [Symbol('x'), 'a symbol'],
])('%s is shown as %s', (value, text) => {
  expect(shown(value)).toBe(text);
});

test('an argument that does not fit is an error on one short line', () => {
  expect(() => checkArgument(false, 'f', 'a number', 'x'.repeat(1e6), 'Give one.')).toThrow(
    /^f: expected a number, received "x+…x+"\. Give one\.$/,
  );
});
