import { expect, test } from 'vitest';
import { bytesText } from '../base/bytes-text.js';
import { parseBytes } from './bytes.js';

test('amounts of memory', () => {
  const parsed = ['0', '12', '512MB', '4GB', '3.5GiB', '2 kB', '1TB', '2TiB', '4gb', '1KB'].map((text) =>
    parseBytes(text, 'x'),
  );
  expect(parsed).toEqual([0, 12, 512e6, 4e9, 3.5 * 2 ** 30, 2000, 1e12, 2 ** 41, 4e9, 1000]);
  for (const text of ['', '4G', '-1GB', 'GB', '1e9', '1e30GB', 'abc'])
    expect(() => parseBytes(text, '--memory')).toThrow(
      /^--memory: expected an amount of memory, such as 512MB/,
    );
  expect([4e9, 1.5e6, 1.023e9].map(bytesText)).toEqual(['4.0 GB', '2 MB', '1.03 GB']);
});
