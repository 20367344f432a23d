import { expect, test } from 'vitest';
import { HmsaError } from '../base/errors/index.js';
import { whatWentWrong } from './what-went-wrong.js';

test.each<[unknown, RegExp]>([
  [new HmsaError({ operation: 'a', expected: 'b', received: 'c' }), /^a: expected b, received c\.$/],
  [
    Object.assign(new Error('EMFILE'), { code: 'EMFILE', syscall: 'open', path: 'x\ny' }),
    /^x\\ny: expected the system to allow open, received EMFILE\. Check/,
  ],
  [
    new RangeError('Array buffer allocation failed'),
    /^memory: expected enough for this, .* Use smaller images/,
  ],
  [new TypeError('x is not\na function'), /^a bug in hmsa: x is not\\na function\. Please report it/],
  [undefined, /^a bug in hmsa: undefined\./],
  ['y'.repeat(1e6), /^a bug in hmsa: y{1,600}…y+\. /],
])('%#: one line that says whose fault it is', (error, line) => {
  expect(whatWentWrong(error)).toMatch(line);
});
