import { expect, test } from 'vitest';
import { parseJson } from './index.js';

test('what JSON.parse reads is read the same, a byte-order mark aside', () => {
  for (const value of [
    null,
    1.5,
    'a"\\b',
    [],
    {},
    { a: [{ b: '{"c": [' }, { b: 2 }], '': 0, constructor: 1 },
  ]) {
    expect(parseJson(JSON.stringify(value, null, 1), 'x.json')).toEqual(value);
    expect(parseJson(`\ufeff${JSON.stringify(value)}`, 'x.json')).toEqual(value);
  }
});

test.each<[string, string, RegExp]>([
  ['no JSON', '{"a": 1,}', /^x\.json: expected JSON, received .*JSON.*\. Mend the file\.$/],
  ['an empty file', ' \n', /expected JSON, received nothing\./],
  ['a string without end', '{"a', /expected JSON/],
  [
    'a million lists',
    '['.repeat(1e6),
    /^x\.json: expected JSON nested at most 64 deep, received deeper nesting\./,
  ],
  ['a million objects', `${'{"a":'.repeat(1e6)}1${'}'.repeat(1e6)}`, /nested at most 64 deep/],
  ['a key twice', '{"a": [{"b": 1, "b" : 2}]}', /expected each key once, received b twice in one object\./],
  ['a key twice, once escaped', '{"a": 1, "\\u0061": 2}', /received a twice/],
  ['a prototype', '{"a": {"__proto__": {"batch": 1}}}', /expected no key __proto__, received one\./],
  ['an escaped prototype', '{"__proto\\u005f_": 1}', /no key __proto__/],
])('%s is refused in one short line', (_, text, message) => {
  expect(() => parseJson(text, 'x.json')).toThrow(message);
  expect(() => parseJson(text, 'x.json')).toThrow(/^[^\n]{1,400}$/);
});

test('limits and remedy are the caller’s', () => {
  expect(() => parseJson('[[1]]', 'x', { deepest: 1, remedy: 'Get it again.' })).toThrow(
    'x: expected JSON nested at most 1 deep, received deeper nesting. Get it again.',
  );
  expect(parseJson('[1]', 'x', { deepest: 1 })).toEqual([1]);
  expect(() => parseJson('"aaaa"', 'x', { longest: 5 })).toThrow('at most 5 characters of JSON, received 6.');
});

test('a key of one object may be another’s, and a value may look like a key', () => {
  expect(parseJson('{"a": {"a": "a"}, "b": ["a", "a"], "c": "a"}', 'x')).toEqual({
    a: { a: 'a' },
    b: ['a', 'a'],
    c: 'a',
  });
});
