import { expect, test } from 'vitest';
import { HmsaError } from '../base/errors/index.js';
import { checkSample } from './check-sample.js';
import type { Sample } from './contracts.js';

const sample: Sample = {
  image: new Uint8Array(18),
  label: Uint8Array.of(0, 1, 2, 255, 0, 0),
  width: 3,
  height: 2,
  id: 'a',
};

test('a sample that keeps the contract passes, with a label and without', () => {
  checkSample(sample, 0, 3);
  const { label: _, ...unlabelled } = sample;
  checkSample(unlabelled, 0, 3);
});

test.each([
  ['no object', undefined, /^sample 4 of the data set: expected an object .*, received undefined/],
  ['no id', { ...sample, id: '' }, /^sample 4 of the data set: expected an id/],
  ['half a pixel', { ...sample, width: 2.5 }, /^a: expected a width and a height in pixels, received 2.5×2/],
  [
    'grey pixels',
    { ...sample, image: new Uint8Array(6) },
    /expected an image of 18 bytes, RGB of 3×2, received 6 bytes/,
  ],
  ['floats', { ...sample, image: new Float32Array(18) }, /received a Float32Array/],
  [
    'a label of another size',
    { ...sample, label: new Uint8Array(5) },
    /a label of 6 bytes.*, received 5 bytes/,
  ],
  [
    'a class that there is not',
    { ...sample, label: Uint8Array.of(0, 1, 3, 0, 0, 0) },
    /train ids of 0 … 2, or 255 for void, received 3/,
  ],
])('%s is refused', (_, wrong, message) => {
  const check = () => checkSample(wrong as Sample, 4, 3);
  expect(check).toThrow(HmsaError);
  expect(check).toThrow(message);
});
