import { describe, expect, test } from 'vitest';
import { float32 } from '../../base/arrays.js';
import { gradients, gradientsBySegments } from '../autodiff.js';
import { apply, constant, input, type Operator, reachable, type Tensor, variable } from '../graph/index.js';
import { interpret } from '../interpret.js';
import { compile } from '../onnx/lower.js';
import { add, clip, matmul, mul, relu, reshape, sigmoid, square, stopGradient, sum } from '../ops/index.js';
import { mergeCommon, simplify } from './index.js';

const x = input('x', [2, 2]);

/** Whether a pass makes one tensor of two. */
function areMerged(a: Tensor, b: Tensor, constants = new Map()): boolean {
  const { outputs } = mergeCommon({ outputs: { a, b }, constants });
  return outputs.a === outputs.b;
}

describe('merges', () => {
  test.each<[string, Tensor, Tensor]>([
    ['equal applications', relu(x), relu(x)],
    ['what is made of them', sigmoid(relu(x)), sigmoid(relu(x))],
    ['equal attributes that are numbers', clip(x, -1, 2), clip(x, -1, 2)],
    ['equal attributes that are lists', reshape(x, [4]), reshape(x, [4])],
    ['small constants of equal value', constant([1, 2], [2]), constant(Float32Array.of(1, 2), [2])],
    ['what is made of such constants', add(x, 1), add(x, 1)],
  ])('%s', (_, a, b) => expect(areMerged(a, b)).toBe(true));

  test('variables of equal, known value', () => {
    const [a, b] = [variable('a', [2]), variable('b', [2])];
    const value = () => float32(Float32Array.of(1, 2), [2]);
    expect(areMerged(a, b, new Map([...'ab'].map((name) => [name, value()])))).toBe(true);
    expect(areMerged(a, b, new Map([['a', value()]]))).toBe(false);
    const other = float32(Float32Array.of(1, 3), [2]);
    expect(
      areMerged(
        a,
        b,
        new Map([
          ['a', value()],
          ['b', other],
        ]),
      ),
    ).toBe(false);
  });
});

describe('leaves apart', () => {
  test.each<[string, Tensor, Tensor]>([
    ['other operators', relu(x), sigmoid(x)],
    ['other inputs', relu(x), relu(relu(x))],
    ['other attributes', clip(x, -1, 2), clip(x, -1, 3)],
    ['0 and −0', clip(x, 0, 2), clip(x, -0, 2)],
    ['constants of another type', constant([1], [1]), constant([1], [1], 'int32')],
    ['constants of another shape', constant([1], [1]), constant([1], [1, 1])],
    ['constants of another value', constant([0], [1]), constant([-0], [1])],
    ['inputs', input('a', [2]), input('a', [2])],
    ['what is fed to variables', variable('a', [2]), variable('b', [2])],
  ])('%s', (_, a, b) => expect(areMerged(a, b)).toBe(false));

  test('operators that say so, in the file too', () => {
    const draw: Operator<undefined> = {
      name: 'draw',
      shape: ([like]) => like!,
      reference: ([like]) => like!.data,
      gradient: 'none',
      distinct: true,
      onnx: (emitter, [like]) => emitter.node('RandomNormalLike', [like!]),
    };
    const [a, b] = [apply(draw, [x], undefined), apply(draw, [x], undefined)];
    expect(areMerged(a, b)).toBe(false);
    expect(areMerged(relu(a), relu(b))).toBe(false);
    expect(areMerged(relu(a), relu(a))).toBe(true);
    const file = Buffer.from(compile({ outputs: { y: add(a, b), z: add(relu(x), relu(x)) } })).toString(
      'latin1',
    );
    expect(file.match(/RandomNormalLike_/g)).toHaveLength(2);
    expect(file.match(/Relu_/g)).toHaveLength(1);
  });
});

test('tensors keep their order, and the values are the same', () => {
  const y = sum(mul(add(sigmoid(x), square(sigmoid(x))), sigmoid(x)));
  const outputs = { y, ...Object.fromEntries(gradients(y, [x])) };
  const before = reachable([y]);
  const merged = simplify({ outputs: { y } }).outputs.y!;
  const after = reachable([merged]);
  expect(after.length).toBe(before.length - 2);
  expect(after.map(({ order }) => order)).toEqual(
    before.filter(({ order }) => after.some((tensor) => tensor.order === order)).map(({ order }) => order),
  );
  const given = new Map([[x, { shape: [2, 2], data: Float64Array.of(-1, 0.5, 2, 3) }]]);
  expect(interpret([merged], given)).toEqual(interpret([outputs.y], given));
});

test('segments that are computed again stay apart from the first pass, what does not depend on their input aside', () => {
  const weight = variable('w', [2, 2]);
  const layers = (h: Tensor) => sigmoid(matmul(sigmoid(matmul(h, square(weight))), weight));
  const [a, b] = [input('a', [2, 2]), input('b', [2, 2])];
  const segments = [a, b].map((each) => ({ input: each, outputs: [layers(each)] }));
  const loss = sum(add(segments[0]!.outputs[0]!, segments[1]!.outputs[0]!), undefined, { keepAxes: false });
  const gradient = gradientsBySegments(loss, [weight], segments).get(weight)!;
  const { outputs } = simplify({ outputs: { loss, gradient } });
  const count = (tensors: Tensor[], name: string) =>
    reachable(tensors).filter(({ operator }) => operator.name === name).length;
  const all = Object.values(outputs);
  // Two in each of the two segments, once in each pass.
  expect(count(all, 'sigmoid')).toBe(8);
  expect(count([outputs.loss!], 'sigmoid')).toBe(4);
  expect(count(all, 'stopGradient')).toBe(0);
  const given = new Map(
    [a, b, weight].map(
      (leaf, i) => [leaf, { shape: [2, 2], data: Float64Array.of(0.1, i, -0.4, 0.7) }] as const,
    ),
  );
  expect(interpret(all, given)).toEqual(interpret([loss, gradient], given));
  expect(areMerged(relu(x), relu(stopGradient(x)))).toBe(false);
});

test('constants that nothing reads are dropped', () => {
  const [used, unused] = [variable('used', [1]), variable('unused', [1])];
  const value = float32(Float32Array.of(1), [1]);
  const constants = new Map([used, unused].map(({ attributes }) => [attributes.name, value]));
  expect([...simplify({ outputs: { y: relu(used) }, constants }).constants.keys()]).toEqual(['used']);
});
