import { expect, test } from 'vitest';
import { HmsaError } from './hmsa-error.js';

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
