import { expect, test } from 'vitest';
import { dataUrl, escapeHtml, swatched } from './html.js';

test('a picture of any length becomes an address that holds its bytes', () => {
  for (const length of [0, 1, 4096, 10_001]) {
    const bytes = Uint8Array.from({ length }, (_, i) => (7 * i) % 256);
    expect(dataUrl('png', bytes)).toBe(`data:image/png;base64,${Buffer.from(bytes).toString('base64')}`);
  }
});

test('texts of a data set cannot leave their place in a page', () => {
  const evil = `"><script>'&`;
  expect(escapeHtml(evil)).toBe('&#34;&#62;&#60;script&#62;&#39;&#38;');
  expect(swatched(evil, evil)).not.toContain('<script>');
  expect(swatched('road', [1, 2, 3])).toContain('background:rgb(1,2,3)');
});
