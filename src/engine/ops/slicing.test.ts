import { describe, expect, test } from 'vitest';
import { checkOperator } from '../../../tests/support/check-operator.js';
import { runFree } from '../../../tests/support/run-free.js';
import { gradients } from '../autodiff.js';
import { input, symbol } from '../graph/index.js';
import { sum } from './reductions.js';
import { concat, type Padding, pad, slice } from './slicing.js';

const [H, W] = [symbol('H'), symbol('W')];
const exactly = { valuesOnly: true, onnxTolerance: 0 };

describe('slice', () => {
  test.each([
    [1, 1, 4, 1],
    [0, 2, 3, 1],
    [-1, 0, -2, 1],
    [2, 3, undefined, 1],
    [1, 0, undefined, 2],
    [2, 1, undefined, 3],
    [2, 1, 6, 2],
    [2, 0, 7, 2],
    [1, 4, 5, 4],
  ])('axis %d from %d to %d, stride %d', async (axis, start, end, stride) => {
    await checkOperator((x) => slice(x, axis, start, end, stride), [{ shape: [3, 5, 7] }]);
  });

  test('label maps', async () => {
    const labels = { shape: [2, 3], dtype: 'uint8', data: [1, 2, 255, 4, 5, 6] } as const;
    await checkOperator((x) => slice(x, 1, 1), [labels], exactly);
  });

  test('a free side, its end counted from the back', async () => {
    const x = input('x', [1, H]);
    expect(slice(x, 1, 1, -2).shape[1]).toMatchObject({ text: '(H-3)' });
    expect(slice(x, 1, 1, undefined, 2).shape[1]).toMatchObject({ text: 'floor((H)/2)' });
    for (const side of [6, 7]) {
      await runFree(slice(x, 1, 1, -2), x, [1, side]);
      await runFree(slice(x, 1, 1, undefined, 2), x, [1, side]);
    }
  });

  test('an error names the operator, what was expected and what came', () => {
    const x = input('x', [2, 5]);
    expect(() => slice(x, 1, 3, 3)).toThrow(
      'slice: expected a range inside axis 1 of float32 [2, 5], received start 3, 2 left off, stride 1.',
    );
    expect(() => slice(x, 1, 0, 6)).toThrow(/a range inside/);
    expect(() => slice(x, 2, 0)).toThrow(/an axis from -2 to 1/);
    expect(() => slice(x, 0, 0, 2, 0)).toThrow(/stride 0/);
    expect(() => slice(input('x', [H]), 0, 0, 3)).toThrow(/an end counted from the back/);
    const free = input('x', [H]);
    expect(() => gradients(sum(slice(free, 0, 0, undefined, 2)), [free])).toThrow(
      /slice: expected a differentiable axis 0 that is a number, received H/,
    );
  });
});

describe('pad', () => {
  test.each<[Padding, number]>([
    [
      [
        [1, 2],
        [0, 3],
      ],
      0,
    ],
    [
      [
        [1, 0],
        [2, 2],
      ],
      -1.5,
    ],
    [
      [
        [-1, -1],
        [0, -2],
      ],
      0,
    ],
    [
      [
        [2, -1],
        [-3, 1],
      ],
      0.5,
    ],
  ])('%j with %d', async (padding, value) => {
    await checkOperator((x) => pad(x, padding, value), [{ shape: [3, 5] }]);
  });

  test('label maps', async () => {
    for (const dtype of ['uint8', 'int8', 'int32', 'int64'] as const) {
      const labels = { shape: [2, 3], dtype, data: [1, 2, 3, 4, 5, 6] };
      await checkOperator(
        (x) =>
          pad(
            x,
            [
              [1, 1],
              [0, 2],
            ],
            dtype === 'int8' ? -1 : 255,
          ),
        [labels],
        exactly,
      );
      await checkOperator(
        (x) =>
          pad(x, [
            [1, 1],
            [0, 2],
          ]),
        [labels],
        exactly,
      );
    }
  });

  test('free sides', async () => {
    const x = input('x', [1, H, W]);
    const y = pad(x, [
      [0, 0],
      [1, 2],
      [-1, 0],
    ]);
    expect(y.shape).toMatchObject([1, { text: '(H+3)' }, { text: '(W-1)' }]);
    await runFree(y, x, [1, 3, 5]);
  });

  test('an error names the operator, what was expected and what came', () => {
    expect(() => pad(input('x', [2, 3]), [[1, 1]])).toThrow(
      'pad: expected a pair for each axis of float32 [2, 3], received 1 pairs.',
    );
    expect(() =>
      pad(input('x', [2, 3]), [
        [0, 0],
        [-2, -1],
      ]),
    ).toThrow(/something of float32 \[2, 3\] left over/);
  });
});

describe('concat', () => {
  test.each([0, 1, -1])('axis %d', async (axis) => {
    const sides = [2, 1, 3].map((side) => [3, 4, 5].with(axis, side));
    await checkOperator(
      (...operands) => concat(operands, axis),
      sides.map((shape) => ({ shape })),
    );
  });

  test('one operand, and one twice', async () => {
    await checkOperator((x) => concat([x], 0), [{ shape: [3, 5] }]);
    await checkOperator((x) => concat([x, x], 1), [{ shape: [3, 5] }]);
  });

  test('free sides beside the axis', async () => {
    const x = input('x', [1, 2, H, W]);
    const y = concat([x, slice(x, 1, 0, 1)], 1);
    expect(y.shape).toEqual([1, 3, H, W]);
    await runFree(y, x, [1, 2, 3, 5]);
  });

  test('an error names the operator, what was expected and what came', () => {
    expect(() => concat([input('a', [2, 3]), input('b', [2, 4])], 0)).toThrow(
      'concat: expected operands that differ from float32 [2, 3] along axis 0 alone, received float32 [2, 4].',
    );
    expect(() => concat([], 0)).toThrow(/at least one tensor/);
    expect(() => concat([input('a', [2]), input('b', [2], 'uint8')], 0)).toThrow(/uint8 \[2\]/);
    expect(() => concat([input('a', [H]), input('b', [2])], 0)).toThrow(/an axis 0 of numbers/);
  });
});
