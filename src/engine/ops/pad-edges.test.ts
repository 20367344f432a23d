import { describe, expect, test } from 'vitest';
import { checkOperator } from '../../../tests/support/check-operator.js';
import { runFree } from '../../../tests/support/run-free.js';
import { constant, input, symbol } from '../graph/index.js';
import { interpret } from '../interpret.js';
import { padEdges } from './pad-edges.js';

describe('padEdges', () => {
  test.each([
    [
      [2, 3, 4],
      [
        [0, 0],
        [1, 2],
        [3, 0],
      ],
    ],
    [
      [1, 2],
      [
        [2, 1],
        [0, 5],
      ],
    ],
    [
      [1, 2, 3, 1],
      [
        [0, 0],
        [1, 0],
        [1, 1],
        [2, 2],
      ],
    ],
  ] as const)('shape %j by %j', async (shape, padding) => {
    await checkOperator((x) => padEdges(x, padding), [{ shape: [...shape] }]);
  });

  test('repeats the first and the last', () => {
    const y = padEdges(constant([1, 2, 3, 4, 5, 6], [2, 3]), [
      [0, 1],
      [2, 1],
    ]);
    const [value] = interpret([y], new Map());
    expect(value!.shape).toEqual([3, 6]);
    expect([...value!.data]).toEqual([1, 1, 1, 2, 3, 3, 4, 4, 4, 5, 6, 6, 4, 4, 4, 5, 6, 6]);
  });

  test('free sides', async () => {
    const x = input('x', [1, symbol('H'), symbol('W')]);
    const y = padEdges(x, [
      [0, 0],
      [1, 2],
      [1, 0],
    ]);
    expect(y.shape).toMatchObject([1, { text: '(H+3)' }, { text: '(W+1)' }]);
    await runFree(y, x, [1, 3, 5]);
  });

  test('an error names the operator, what was expected and what came', () => {
    expect(() => padEdges(input('x', [2, 3]), [[1, 1]])).toThrow(
      'padEdges: expected two counts from 0 for each axis of float32 [2, 3], received [[1,1]].',
    );
    expect(() =>
      padEdges(input('x', [2, 3]), [
        [0, 0],
        [-1, 0],
      ]),
    ).toThrow(/two counts from 0/);
  });
});
