import { describe, expect, test } from 'vitest';
import { checkOperator, type Operand } from '../../../tests/support/check-operator.js';
import { runFree } from '../../../tests/support/run-free.js';
import { input, symbol } from '../graph/index.js';
import { cast } from './conversion.js';
import { argmax, gatherClass, notIgnored, oneHot } from './labels.js';

const classes = 5;
const shape = [2, 3, 7];

/** Every class, void, and a value between: what label maps hold. Signed types hold negative ones too. */
function labelsOf(dtype: 'uint8' | 'int32' | 'int64', batch = shape): Operand {
  const values = [0, 1, 2, 3, 4, 255, 7, ...(dtype === 'uint8' ? [] : [-1, -5])];
  const count = batch.reduce((a, b) => a * b, 1);
  return {
    shape: batch,
    dtype,
    data: Array.from({ length: count }, (_, i) => values[(i * 4) % values.length]!),
  };
}

describe.each(['uint8', 'int32', 'int64'] as const)('%s labels', (dtype) => {
  const labels = labelsOf(dtype);

  test('oneHot', async () => {
    await checkOperator((map) => oneHot(map, classes), [labels], { valuesOnly: true, onnxTolerance: 0 });
  });

  test('notIgnored', async () => {
    await checkOperator((map) => notIgnored(map, classes), [labels], { valuesOnly: true, onnxTolerance: 0 });
  });

  test('gatherClass', async () => {
    await checkOperator((x, map) => gatherClass(x, map), [{ shape: [2, classes, 3, 7] }, labels]);
  });

  test('one class', async () => {
    await checkOperator((map) => oneHot(map, 1), [labels], { valuesOnly: true, onnxTolerance: 0 });
    await checkOperator((x, map) => gatherClass(x, map), [{ shape: [2, 1, 3, 7] }, labels]);
  });

  test('an all-void map', async () => {
    const voids = { ...labels, data: new Array<number>(42).fill(255) };
    await checkOperator((x, map) => gatherClass(x, map), [{ shape: [2, classes, 3, 7] }, voids]);
    await checkOperator((map) => notIgnored(map, classes), [voids], { valuesOnly: true, onnxTolerance: 0 });
  });
});

test('as many classes as a uint8 map can name', async () => {
  const all = { shape: [1, 16, 16], dtype: 'uint8', data: Array.from({ length: 256 }, (_, i) => i) } as const;
  await checkOperator((map) => oneHot(map, 255), [all], { valuesOnly: true, onnxTolerance: 0 });
  await checkOperator((map) => notIgnored(map, 255), [all], { valuesOnly: true, onnxTolerance: 0 });
});

describe('argmax', () => {
  test.each([
    ['classes of an image', [2, 5, 3, 7], 1],
    ['the last axis', [3, 4, 5], -1],
    ['the first axis', [5, 3], 0],
    ['one class', [2, 1, 3, 3], 1],
  ])('%s', async (_, sides, axis) => {
    await checkOperator((x) => argmax(x, axis), [{ shape: sides }], { valuesOnly: true, onnxTolerance: 0 });
  });

  test('the first of equal ones wins', async () => {
    const data = Array.from({ length: 5 * 21 }, (_, i) => (i * 7) % 3);
    const scores = { shape: [1, 5, 3, 7], data };
    await checkOperator((x) => argmax(x), [scores], { valuesOnly: true, onnxTolerance: 0 });
    await checkOperator((x) => argmax(x), [{ ...scores, data: data.fill(1) }], {
      valuesOnly: true,
      onnxTolerance: 0,
    });
  });
});

describe('free sides', () => {
  const [H, W] = [symbol('H'), symbol('W')];

  test('argmax, oneHot and gatherClass keep them', async () => {
    const x = input('x', [1, 4, H, W]);
    const labels = cast(argmax(x), 'uint8');
    expect(labels.shape).toEqual([1, H, W]);
    expect(oneHot(labels, 4).shape).toEqual([1, 4, H, W]);
    expect(notIgnored(labels, 4).shape).toEqual([1, 1, H, W]);
    await runFree(oneHot(labels, 4), x, [1, 4, 5, 3]);
    await runFree(notIgnored(labels, 3), x, [1, 4, 5, 3]);
    await runFree(gatherClass(x, labels), x, [1, 4, 5, 3]);
  });
});

test('an error names the operator, what was expected and what came', () => {
  const labels = input('labels', [2, 8, 9], 'uint8');
  const x = input('x', [2, 5, 8, 9]);
  expect(() => oneHot(input('l', [2, 1, 8, 9], 'uint8'), 5)).toThrow(
    'oneHot: expected a label map [N, H, W] of rank 3, received uint8 [2, 1, 8, 9].',
  );
  expect(() => oneHot(input('l', [2, 8, 9]), 5)).toThrow(/uint8 or int32 or int64/);
  expect(() => oneHot(labels, 0)).toThrow(/one class or more/);
  expect(() => notIgnored(labels, 256)).toThrow(/Use int32 labels/);
  expect(() => gatherClass(x, input('l', [2, 9, 8], 'uint8'))).toThrow(
    'gatherClass: expected labels [N, H, W] of float32 [2, 5, 8, 9], received uint8 [2, 9, 8].',
  );
  expect(() => gatherClass(input('x', [2, symbol('C'), 8, 9]), labels)).toThrow(/a number of classes/);
  expect(() => argmax(x, 4)).toThrow('argmax: expected an axis from -4 to 3, received 4.');
  expect(() => argmax(labels)).toThrow(/float32/);
});
