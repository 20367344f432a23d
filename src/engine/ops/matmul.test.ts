import { describe, expect, test } from 'vitest';
import { checkOperator } from '../../../tests/support/check-operator.js';
import { runFree } from '../../../tests/support/run-free.js';
import { input, symbol } from '../graph/index.js';
import { matmul } from './matmul.js';

describe('matmul', () => {
  const transposes = [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ] as const;

  describe.each(transposes)('transposed: %s, %s', (transposeA, transposeB) => {
    const turned = (shape: readonly number[], turn: boolean) =>
      turn ? [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!] : shape;

    test.each([
      [
        [3, 5],
        [5, 4],
      ],
      [
        [2, 3, 5],
        [2, 5, 4],
      ],
      [
        [2, 3, 5],
        [5, 4],
      ],
      [
        [3, 5],
        [2, 5, 4],
      ],
      [
        [2, 1, 3, 5],
        [7, 5, 4],
      ],
      [
        [1, 3, 5],
        [2, 5, 1],
      ],
      [
        [1, 1],
        [1, 1],
      ],
    ])('%j by %j', async (a, b) => {
      await checkOperator(
        (x, y) => matmul(x, y, transposeA, transposeB),
        [{ shape: turned(a, transposeA) }, { shape: turned(b, transposeB) }],
      );
    });
  });

  test('a matrix with itself, transposed', async () => {
    await checkOperator((x) => matmul(x, x, false, true), [{ shape: [2, 3, 5] }]);
  });

  test('free sides', async () => {
    const x = input('x', [1, symbol('H'), 3]);
    const y = matmul(x, x, false, true);
    expect(y.shape).toEqual([1, symbol('H'), symbol('H')]);
    await runFree(y, x, [1, 5, 3]);
    await runFree(matmul(x, x, true), x, [1, 5, 3]);
  });

  test('an error names the operator, what was expected and what came', () => {
    expect(() => matmul(input('a', [2, 3]), input('b', [2, 3]))).toThrow(
      'matmul: expected equal inner sides, received float32 [2, 3] and float32 [2, 3].',
    );
    expect(() => matmul(input('a', [3]), input('b', [3, 2]))).toThrow(/operands of rank 2 or more/);
    expect(() => matmul(input('a', [2, 3, 4]), input('b', [3, 4, 5]))).toThrow(/matmul: .*broadcast/);
    expect(() => matmul(input('a', [2, 3], 'int32'), input('b', [3, 4]))).toThrow(/float32/);
  });
});
