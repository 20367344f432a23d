import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonFault, parseJson } from './json.js';

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
  [
    'no JSON',
    '{"a": 1,}',
    /^x\.json, line 1, column 8: expected no comma before }, received one\. Mend the file\.$/,
  ],
  ['an empty file', ' \n', /expected JSON, received nothing\./],
  [
    'a string without end',
    '{"a',
    /^x\.json, line 1, column 2: expected a text in double quotes with an end, received one without/,
  ],
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

test.each<[string, string]>([
  ['{\n  "a": 1,\n}', 'x, line 2, column 9: expected no comma before }, received one.'],
  ['[1, 2,\n\n]', 'x, line 1, column 6: expected no comma before ], received one.'],
  ['{"a": 1\n "b": 2}', 'x, line 2, column 2: expected a comma or }, received a text.'],
  ['{a: 1}', 'x, line 1, column 2: expected a key in double quotes, received a.'],
  ["{'a': 1}", 'x, line 1, column 2: expected a key in double quotes, received single quotes.'],
  ['{"a" 1}', 'x, line 1, column 6: expected a colon after the key, received 1.'],
  ['{"a": }', 'x, line 1, column 7: expected a value after the colon, received }.'],
  ['{"a": True}', 'x, line 1, column 7: expected a value after the colon, received True.'],
  ['[NaN]', 'x, line 1, column 2: expected a value, received NaN.'],
  ['[01]', 'x, line 1, column 2: expected a value, received 01.'],
  ['[.5]', 'x, line 1, column 2: expected a value, received .5.'],
  ['[1,,2]', 'x, line 1, column 4: expected a value, received ,.'],
  ['// a\n1', 'x, line 1, column 1: expected a value, received a comment, which JSON does not have.'],
  ['{"a": 1', 'x, line 1, column 8: expected a } for the { of line 1, received the end of the file.'],
  [
    '["a\n"]',
    'x, line 1, column 4: expected a text in double quotes that ends in its line, received a line break within it.',
  ],
  ['["C:\\data"]', 'x, line 1, column 5: expected a backslash written as \\\\, received \\d within a text.'],
  ['{} {}', 'x, line 1, column 4: expected the end of the file, received { after its value.'],
  ['{"a": [1, 2}', 'x, line 1, column 12: expected a comma or ], received }.'],
])('%j: the place and what is wrong there', (text, message) => {
  expect(() => parseJson(text, 'x')).toThrow(`${message} Mend the file.`);
});

test('whatever JSON.parse refuses has a place', () => {
  const pieces = [
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"a"',
    '1',
    '-',
    '.',
    'e5',
    'true',
    'nul',
    '"\\',
    '\n',
    ' ',
    "'",
    '/',
    '\u0001',
  ];
  const some = fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(some, (parts) => {
      const text = parts.join('');
      let isJson = true;
      try {
        JSON.parse(text);
      } catch {
        isJson = false;
      }
      expect(jsonFault(text) === undefined).toBe(isJson);
    }),
    { numRuns: 3000 },
  );
});
