import { expect, test } from 'vitest';
import { table } from './table.js';

test('columns stand below one another, also where characters are two columns wide or none', () => {
  const rows = [
    ['class', 'IoU %'],
    ['road', '98.0'],
    ['道路', '100.0'],
    ['Strasse e\u0301', '7.5'],
    ['🚗', '–'],
  ];
  expect(table(rows, 'lr')).toEqual([
    'class      IoU %',
    'road        98.0',
    '道路       100.0',
    'Strasse e\u0301    7.5',
    '🚗             –',
  ]);
});

test('short rows and no rows are no error, and no line ends in spaces', () => {
  expect(table([['a', 'b', 'c'], ['long'], ['', '']], 'lrl')).toEqual(['a     b  c', 'long', '']);
  expect(table([], 'll')).toEqual([]);
});
