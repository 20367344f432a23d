import { expect, test } from 'vitest';
import { expectClose } from '../../tests/support/check-operator.js';
import { randomArray } from '../../tests/support/random-array.js';
import { gradients, gradientsBySegments } from './autodiff.js';
import { input, reachable, type Tensor, type Value, variable } from './graph/index.js';
import { interpret } from './interpret.js';
import { addAll, matmul, mean, mul, sigmoid, square, sum } from './ops/index.js';

const LAYERS = 6;
/** Rows of each chain's activations. */
const SIZES = [100, 101, 200];

/** Chains of layers over the same weights, and a loss that uses one of the weights as well. */
function network() {
  const weights = Array.from({ length: LAYERS }, (_, i) => variable(`w${i}`, [2, 2]));
  const chains = SIZES.map((rows) => {
    const x = input(`x${rows}`, [rows, 2]);
    const y = weights.reduce<Tensor>((h, w) => sigmoid(matmul(h, w)), x);
    return { input: x, outputs: [y, mul(mean(y, [1]), 2)] };
  });
  const outputs = chains.flatMap((chain) => chain.outputs);
  const terms = outputs.map((output) => sum(square(output), undefined, { keepAxes: false }));
  const loss = mul(addAll(terms), mean(weights[0]!, undefined, { keepAxes: false }));
  return { weights, chains, loss };
}

function givenOf(tensors: Iterable<Tensor>): Map<Tensor, Value> {
  const leaves = reachable(tensors).filter(
    ({ inputs, operator }) => inputs.length === 0 && operator.name !== 'constant',
  );
  return new Map(
    leaves.map((leaf, i) => {
      const shape = leaf.shape as number[];
      return [
        leaf,
        {
          shape,
          data: randomArray(
            shape.reduce((a, b) => a * b, 1),
            i + 1,
          ),
        },
      ];
    }),
  );
}

test('gives the gradients of the whole, of weights that are shared and of those that are used outside too', () => {
  const { weights, chains, loss } = network();
  const whole = gradients(loss, weights);
  for (const segments of [chains, [...chains].reverse(), chains.slice(1), []]) {
    const found = gradientsBySegments(loss, weights, segments);
    expect([...found.keys()]).toEqual(weights);
    const given = givenOf([loss]);
    const expected = interpret(
      weights.map((w) => whole.get(w)!),
      given,
    );
    const actual = interpret(
      weights.map((w) => found.get(w)!),
      given,
    );
    weights.forEach(({ attributes }, i) => {
      expectClose(actual[i]!.data, expected[i]!.data, 1e-13, attributes.name);
    });
  }
});

test('leaves out what the loss does not depend on', () => {
  const { weights, chains, loss } = network();
  const stray = variable('stray', [2]);
  const [x, w] = [input('x', [2, 2]), variable('w', [2, 2])];
  const unused = { input: x, outputs: [matmul(x, w)] };
  const found = gradientsBySegments(loss, [...weights, stray, w], [unused, ...chains]);
  expect([...found.keys()]).toEqual(weights);
});

test('a number that is not finite in one segment shows in the gradients', () => {
  const { weights, chains, loss } = network();
  const found = gradientsBySegments(loss, weights, chains);
  const given = givenOf([loss]);
  given.get(chains[0]!.input)!.data[0] = Number.NaN;
  for (const { data } of interpret([...found.values()], given)) expect(data.every(Number.isNaN)).toBe(true);
});

/** The most elements that are held at once when tensors are computed in this order and freed after their last use. */
function peak(order: readonly Tensor[], outputs: Iterable<Tensor>): number {
  const size = ({ shape }: Tensor) => (shape as number[]).reduce((a, b) => a * b, 1);
  const lastUse = new Map<Tensor, number>();
  order.forEach((tensor, i) => {
    for (const operand of [tensor, ...tensor.inputs]) lastUse.set(operand, i);
  });
  for (const output of outputs) lastUse.set(output, order.length);
  let [held, most] = [0, 0];
  order.forEach((tensor, i) => {
    held += size(tensor);
    most = Math.max(most, held);
    for (const operand of new Set([tensor, ...tensor.inputs]))
      if (lastUse.get(operand) === i) held -= size(operand);
  });
  return most;
}

/** Depth first from the outputs: each tensor as late as it can be, whatever the order that the graph was built in. */
function depthFirst(outputs: Iterable<Tensor>): Tensor[] {
  const order = new Set<Tensor>();
  const visit = (tensor: Tensor) => {
    if (order.has(tensor)) return;
    tensor.inputs.forEach(visit);
    order.add(tensor);
  };
  for (const output of outputs) visit(output);
  return [...order];
}

test.each([
  ['the order in which the graph was built', reachable],
  [
    'depth first from the gradients, those of the last layer first',
    (outputs: Iterable<Tensor>) => depthFirst([...outputs].reverse()),
  ],
])('the activations of one segment are held at a time, computed in %s', (_, order) => {
  const { weights, chains, loss } = network();
  const held = (found: ReadonlyMap<Tensor, Tensor>) => {
    const outputs = [loss, ...found.values()];
    return peak(order(outputs), outputs);
  };
  const [all, largest] = [SIZES.reduce((sum, size) => sum + size, 0), Math.max(...SIZES)];
  const ratio = held(gradientsBySegments(loss, weights, chains)) / held(gradients(loss, weights));
  expect(ratio).toBeLessThan((1.1 * largest) / all);
});
