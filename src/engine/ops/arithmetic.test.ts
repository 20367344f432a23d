import { describe, expect, test } from 'vitest';
import { checkOperator } from '../../../tests/support/check-operator.js';
import { runFree } from '../../../tests/support/run-free.js';
import { gradients } from '../autodiff.js';
import { input, symbol, type Tensor } from '../graph/index.js';
import { add, addAll, div, mul, neg, sub } from './arithmetic.js';
import { sum } from './reductions.js';

const binary = { add, sub, mul, div } as const;

/** What broadcasting pairs: on either side, on both at once, with missing axes, with a scalar. */
const shapes: readonly (readonly [a: readonly number[], b: readonly number[]])[] = [
  [
    [3, 5],
    [3, 5],
  ],
  [
    [2, 3, 5, 7],
    [1, 3, 1, 1],
  ],
  [
    [1, 3, 1, 1],
    [2, 3, 5, 7],
  ],
  [
    [4, 1, 3],
    [1, 5, 1],
  ],
  [[3, 5], [5]],
  [[5], [2, 3, 5]],
  [[3, 4], []],
  [[], [3]],
  [[], []],
];

describe.each(Object.entries(binary))('%s', (name, build) => {
  test.each(shapes)('%j and %j', async (a, b) => {
    // Denominators away from the pole.
    await checkOperator(
      (x, y) => build(x, y),
      [{ shape: a }, { shape: b, map: (x) => (x < 0 ? x - 0.5 : x + 0.5) }],
    );
  });

  test('a number on either side', async () => {
    await checkOperator((x) => build(x, 2.5), [{ shape: [3, 5] }]);
    await checkOperator((x) => build(-1.5, x), [{ shape: [3, 5], map: (x) => x + 2 }]);
  });

  test('an operand with itself', async () => {
    await checkOperator((x) => build(x, x), [{ shape: [3, 5], map: (x) => x + 2 }]);
  });

  test('free sides', async () => {
    const x = input('x', [1, 3, symbol('H'), symbol('W')]);
    const y = build(x, sum(x, [1, 2]));
    expect(y.shape).toEqual(x.shape);
    await runFree(y, x, [1, 3, 4, 5], 1e-4);
  });

  test('an error names the operator, what was expected and what came', () => {
    expect(() => build(input('a', [2, 3]), input('b', [4]))).toThrow(
      `${name}: expected shapes that broadcast, received [2, 3] and [4].`,
    );
    expect(() => build(input('a', [symbol('H')]), input('b', [symbol('W')]))).toThrow(/\[H\] and \[W\]/);
    expect(() => build(input('a', [2], 'uint8'), 1)).toThrow(/type float32/);
  });
});

test('neg', async () => {
  await checkOperator(neg, [{ shape: [3, 5] }]);
});

describe('addAll', () => {
  test('operands that broadcast', async () => {
    await checkOperator(
      (...operands) => addAll(operands),
      [{ shape: [2, 3, 5] }, { shape: [3, 1] }, { shape: [] }, { shape: [1, 3, 5] }],
    );
  });

  test('one operand is itself, none an error', () => {
    const x = input('x', [2]);
    expect(addAll([x])).toBe(x);
    expect(() => addAll([])).toThrow('addAll: expected at least one tensor, received none.');
  });
});

test('an operand that is not wanted costs no gradient', () => {
  const [x, frozen] = [input('x', [3]), input('frozen', [3])];
  for (const build of Object.values(binary)) {
    const loss: Tensor = sum(build(x, frozen));
    expect([...gradients(loss, [x]).keys()]).toEqual([x]);
  }
});
