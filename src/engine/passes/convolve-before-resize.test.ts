import { describe, expect, test } from 'vitest';
import { expectClose } from '../../../tests/support/check-operator.js';
import { randomArray } from '../../../tests/support/random-array.js';
import { runOnnx } from '../../../tests/support/run-onnx.js';
import { elementCount, float32 } from '../../base/arrays.js';
import { gradients } from '../autodiff.js';
import {
  type Input,
  input,
  reachable,
  symbol,
  type Tensor,
  type Value,
  type Variable,
  variable,
} from '../graph/index.js';
import { interpret } from '../interpret.js';
import { concat, conv2d, multiplyAdds, relu, resizeBilinear, square, sum } from '../ops/index.js';
import { convolveBeforeResize } from './index.js';

interface Case {
  readonly batch?: number;
  /** Of the image that is resized; default 64. */
  readonly channels?: number;
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
  readonly kernel?: readonly [number, number];
  readonly beside?: boolean;
  readonly bias?: boolean;
  readonly alignCorners?: boolean;
}

const cases: Readonly<Record<string, Case>> = {
  'four times as large': { from: [8, 6], to: [32, 24] },
  'by a fraction, two images': { batch: 2, from: [5, 7], to: [19, 23] },
  'corners aligned': { from: [5, 7], to: [19, 23], alignCorners: true },
  'with a bias': { from: [5, 6], to: [20, 24], bias: true },
  'all channels resized': { from: [5, 6], to: [20, 24], beside: false },
  'all channels resized, with a bias': { from: [5, 6], to: [20, 24], beside: false, bias: true },
  'a kernel of one pixel': { channels: 400, from: [5, 6], to: [30, 24], kernel: [1, 1] },
  'a kernel with two sides': { from: [5, 6], to: [30, 24], kernel: [1, 5] },
  'from one pixel': { from: [1, 1], to: [12, 9] },
  'one pixel, by one pixel': { from: [1, 1], to: [12, 9], kernel: [1, 1] },
  'one pixel, by one pixel, with a bias': {
    batch: 2,
    channels: 2,
    from: [1, 1],
    to: [12, 9],
    kernel: [1, 1],
    bias: true,
  },
};

type Leaf = Input | Variable;

function built(one: Case) {
  const { batch = 1, channels = 64, from, to, kernel = [3, 3] } = one;
  const { beside = true, bias = false, alignCorners = false } = one;
  const small = input('small', [batch, channels, ...from]);
  const other = input('other', [batch, 3, ...to]);
  const weight = variable('w', [4, channels + (beside ? 3 : 0), ...kernel]);
  const offset = variable('b', [4]);
  const large = resizeBilinear(small, to, { alignCorners });
  const [down, across] = [(kernel[0] - 1) / 2, (kernel[1] - 1) / 2];
  const y = conv2d(beside ? concat([large, other], 1) : large, weight, {
    padding: [down, across, down, across],
    ...(bias ? { bias: offset } : {}),
  });
  const leaves = [small, other, weight, offset];
  return { y, weight, small, ...valuesOf(leaves.map((leaf) => [leaf, leaf.shape as number[]])) };
}

/** Random values for the interpreter, and the same ones for ONNX Runtime. */
function valuesOf(leaves: readonly (readonly [Leaf, readonly number[]])[]) {
  const given = new Map<Tensor, Value>(
    leaves.map(([leaf, shape], i) => [
      leaf,
      { shape, data: randomArray(elementCount(shape), i + 1).map(Math.fround) },
    ]),
  );
  const feeds = Object.fromEntries(
    leaves.map(([leaf, shape]) => [
      leaf.attributes.name,
      float32(Float32Array.from(given.get(leaf)!.data), shape),
    ]),
  );
  return { given, feeds };
}

const names = (outputs: readonly Tensor[]) =>
  new Set(reachable(outputs).map(({ operator }) => operator.name));

describe('a convolution of resized channels gives the same if they are mixed first', () => {
  test.each(Object.entries(cases))('%s', async (_, one) => {
    const { y, weight, small, given, feeds } = built(one);
    const { outputs } = convolveBeforeResize({ outputs: { y } });
    expect(names([outputs.y!]).has('resizeBilinear')).toBe(false);
    expect(multiplyAdds([outputs.y!])).toBeLessThan(multiplyAdds([y]));
    const gradientsOf = (result: Tensor) => {
      const loss = sum(square(result), undefined, { keepAxes: false });
      const found = gradients(loss, [weight, small]);
      return [result, found.get(weight)!, found.get(small)!];
    };
    const [plain, changed] = [gradientsOf(y), gradientsOf(outputs.y!)];
    const expected = interpret(plain, given);
    interpret(changed, given).forEach(({ data }, i) => {
      expectClose(data, expected[i]!.data, 1e-6, `result ${i}`);
    });
    const [value, ofWeight, ofImage] = changed;
    const actual = await runOnnx({ value: value!, ofWeight: ofWeight!, ofImage: ofImage! }, feeds);
    expectClose(actual.value!.data, expected[0]!.data, 2e-5, 'ONNX Runtime');
    expectClose(actual.ofWeight!.data, expected[1]!.data, 2e-5, 'ONNX Runtime, gradient of the weight');
    expectClose(actual.ofImage!.data, expected[2]!.data, 2e-5, 'ONNX Runtime, gradient of the image');
  });
});

test.each([false, true])('sides may be free, corners aligned: %s', async (alignCorners) => {
  const image = input('image', [1, 3, symbol('H'), symbol('W')]);
  const [reduce, weight] = [variable('reduce', [256, 3, 1, 1]), variable('w', [4, 259, 3, 3])];
  const small = conv2d(image, reduce, { stride: 4 });
  const large = resizeBilinear(small, [image.shape[2]!, image.shape[3]!], { alignCorners });
  const y = conv2d(concat([large, image], 1), weight, { padding: 1 });
  const { outputs } = convolveBeforeResize({ outputs: { y } });
  expect(names([outputs.y!]).has('resizedNeighbours')).toBe(true);
  const { given, feeds } = valuesOf([
    [image, [1, 3, 11, 7]],
    [reduce, reduce.shape as number[]],
    [weight, weight.shape as number[]],
  ]);
  const [expected] = interpret([y], given);
  expectClose(interpret([outputs.y!], given)[0]!.data, expected!.data, 1e-6, 'float64');
  expectClose((await runOnnx({ y: outputs.y! }, feeds)).y!.data, expected!.data, 2e-5, 'ONNX Runtime');
});

test('what would save little, or is something else, stays as it is', () => {
  const image = input('image', [1, 4, 16, 16]);
  const small = input('small', [1, 64, 4, 4]);
  const large = resizeBilinear(small, [16, 16]);
  const weight = (channels: number, side = 3) => variable(`w${channels}`, [4, channels, side, side]);
  const same = { padding: 1 };
  const stay = {
    plain: conv2d(image, weight(4), same),
    fewChannels: conv2d(resizeBilinear(image, [32, 32]), weight(4), same),
    strided: conv2d(large, weight(64), { ...same, stride: 2 }),
    dilated: conv2d(large, weight(64), { padding: 2, dilation: 2 }),
    grouped: conv2d(large, variable('g', [64, 1, 3, 3]), { ...same, groups: 64 }),
    unpadded: conv2d(large, weight(64)),
    notLinear: conv2d(relu(large), weight(64), same),
    even: conv2d(large, weight(64, 2), { padding: [0, 0, 1, 1] }),
  };
  expect(convolveBeforeResize({ outputs: stay }).outputs).toEqual(stay);
  const y = conv2d(large, weight(64), same);
  expect(convolveBeforeResize({ outputs: { y } }, { changes: () => false }).outputs.y).toBe(y);
});
