import { expect, test, vi } from 'vitest';
import { HmsaError, printable } from './hmsa-error.js';

test('the message names operation, expected, received and remedy on one line', () => {
  const error = new HmsaError({
    operation: '--scales',
    expected: 'a list that contains 1',
    received: '0.5,2',
    remedy: 'Add 1 to the list.',
  });
  expect(error.message).toBe('--scales: expected a list that contains 1, received 0.5,2. Add 1 to the list.');
  expect(error).toBeInstanceOf(Error);
});

test('an error of another copy of the module is one too, and a class that extends it has instances of its own', async () => {
  vi.resetModules();
  const other = await import('./hmsa-error.js');
  expect(other.HmsaError).not.toBe(HmsaError);
  const parts = { operation: 'a', expected: 'b', received: 'c' };
  expect(new other.HmsaError(parts)).toBeInstanceOf(HmsaError);
  class Own extends HmsaError {}
  expect(new Own(parts)).toBeInstanceOf(Own);
  expect(new Own(parts)).toBeInstanceOf(HmsaError);
  expect(new HmsaError(parts)).not.toBeInstanceOf(Own);
  expect(new Error('a')).not.toBeInstanceOf(HmsaError);
});

test('what would move the cursor, set a title, break a line or turn text around is written out', () => {
  expect(printable('a\nb\r\t\u001b]0;x\u0007')).toBe('a\\nb\\r\\t\\u001b]0;x\\u0007');
  expect(printable('gpj.\u202ecod')).toBe('gpj.\\u202ecod');
  expect(printable('\u2028\u200b\ufeff\u009b')).toBe('\\u2028\\u200b\\ufeff\\u009b');
  expect(printable('\ud800')).toBe('\\ud800');
});

test('letters, accents and pictures stay as they are', () => {
  for (const text of ['Straße', 'дорога', '道路', '🛣 road', 'é']) expect(printable(text)).toBe(text);
});

test('a long text is cut in its middle', () => {
  const text = printable(`start${'x'.repeat(1e6)}end`, 40);
  expect(text).toMatch(/^start.*….*end$/);
  expect([...text]).toHaveLength(40);
});

test('an error message is safe to print and bounded, whatever its parts hold', () => {
  const name = 'a\n\u001b[31mred';
  const error = new HmsaError({ operation: name, expected: 'x', received: 'y'.repeat(1e6), remedy: 'Do z.' });
  expect(error.message).toMatch(/^a\\n\\u001b\[31mred: expected x, received y+…y+\. Do z\.$/);
  expect(error.message.length).toBeLessThan(2100);
  expect(error.operation).toBe(name);
});
