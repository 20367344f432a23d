import { describe, expect, test } from 'vitest';
import { checkOperator } from '../../../tests/support/check-operator.js';
import { runFree } from '../../../tests/support/run-free.js';
import { input, product, symbol } from '../graph/index.js';
import { expand, reshape, transpose } from './layout.js';

const [H, W] = [symbol('H'), symbol('W')];

describe('reshape', () => {
  test.each([
    [
      [2, 3, 5],
      [6, 5],
    ],
    [
      [6, 5],
      [2, 3, 1, 5],
    ],
    [[1], []],
    [[], [1, 1]],
    [[3, 5], [15]],
  ])('%j to %j', async (from, to) => {
    await checkOperator((x) => reshape(x, to), [{ shape: from }]);
  });

  test('free sides', async () => {
    const x = input('x', [1, 3, H, W]);
    const y = reshape(x, [3, product([W, H])]);
    expect(y.shape[1]).toMatchObject({ text: 'H*W' });
    await runFree(y, x, [1, 3, 5, 7]);
    await runFree(reshape(y, [1, 3, H, W]), x, [1, 3, 5, 7]);
  });

  test('the shape that x has already is x itself', () => {
    const x = input('x', [1, H]);
    expect(reshape(x, [1, symbol('H')])).toBe(x);
  });

  test('an error names the operator, what was expected and what came', () => {
    expect(() => reshape(input('x', [2, 3]), [7])).toThrow(
      'reshape: expected as many elements as float32 [2, 3] holds, received [7].',
    );
    expect(() => reshape(input('x', [H, 2]), [W, 2])).toThrow(/\[W, 2\]/);
  });
});

describe('expand', () => {
  test.each([
    [
      [1, 3, 1],
      [2, 3, 5],
    ],
    [[3], [2, 3]],
    [[], [3, 2]],
    [[1], [4]],
  ])('%j to %j', async (from, to) => {
    await checkOperator((x) => expand(x, to), [{ shape: from }]);
  });

  test('free sides', async () => {
    const x = input('x', [1, 3, H]);
    expect(expand(x, [2, 3, H]).shape).toEqual([2, 3, H]);
    await runFree(expand(x, [2, 3, H]), x, [1, 3, 5]);
  });

  test('an error names the operator, what was expected and what came', () => {
    expect(() => expand(input('x', [2, 3]), [3])).toThrow(
      'expand: expected a shape that float32 [2, 3] broadcasts to, received [3].',
    );
    expect(() => expand(input('x', [2]), [3])).toThrow(/expand: .*broadcast/);
  });
});

describe('transpose', () => {
  test.each([
    [
      [2, 3],
      [1, 0],
    ],
    [
      [2, 3, 5],
      [2, 0, 1],
    ],
    [
      [2, 3, 5, 4],
      [0, 2, 3, 1],
    ],
    [[3], [0]],
  ])('%j by %j', async (shape, order) => {
    await checkOperator((x) => transpose(x, order), [{ shape }]);
  });

  test('free sides', async () => {
    const x = input('x', [1, 3, H, W]);
    expect(transpose(x, [0, 2, 3, 1]).shape).toEqual([1, H, W, 3]);
    await runFree(transpose(x, [0, 2, 3, 1]), x, [1, 3, 5, 2]);
  });

  test('an error names the operator, what was expected and what came', () => {
    expect(() => transpose(input('x', [2, 3]), [0, 0])).toThrow(
      'transpose: expected every axis of float32 [2, 3] once, received [0,0].',
    );
    expect(() => transpose(input('x', [2, 3]), [0])).toThrow(/every axis/);
  });
});
