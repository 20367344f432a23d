import { expect, test } from 'vitest';
import { bytesText } from './bytes-text.js';

test('amounts are rounded up to whole megabytes and hundredths of gigabytes', () => {
  expect([1.5e6, 4e9, 1.023e9].map(bytesText)).toEqual(['2 MB', '4.0 GB', '1.03 GB']);
});
