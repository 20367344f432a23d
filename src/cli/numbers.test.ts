import { expect, test } from 'vitest';
import { positiveNumber, scaleList, sideLimit, wholeNumber } from './numbers.js';

test('whole numbers are decimal digits and nothing else', () => {
  expect([wholeNumber('0'), wholeNumber('42'), positiveNumber('7')]).toEqual([0, 42, 7]);
  for (const text of ['', ' ', '0x10', '1e2', '3.0', '+5', '-1', '٣', '9007199254740993'])
    expect(() => wholeNumber(text), text).toThrow(/^A whole number is needed\.$/);
  expect(() => positiveNumber('0')).toThrow(/^A whole number of at least 1 is needed\.$/);
});

test('scales are decimal numbers, and the message names their range', () => {
  expect(scaleList('0.5, 1,2.')).toEqual([0.5, 1, 2]);
  expect(scaleList('.25')).toEqual([0.25]);
  for (const text of ['', '0', '1,,2', '1e0', '0x1', '-1', 'Infinity'])
    expect(() => scaleList(text), text).toThrow(/^Numbers from 1\/64 to 16 are needed/);
});

test('a limit of a side is a number of pixels or none', () => {
  expect([sideLimit('none'), sideLimit('640')]).toEqual(['none', 640]);
  expect(() => sideLimit('0')).toThrow();
});
