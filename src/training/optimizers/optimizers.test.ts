import { describe, expect, test } from 'vitest';
import { expectClose } from '../../../tests/support/check-operator.js';
import { randomArray } from '../../../tests/support/random-array.js';
import { runOnnx } from '../../../tests/support/run-onnx.js';
import { float32, type NdArray } from '../../base/arrays.js';
import {
  input,
  reachable,
  type Tensor,
  type Value,
  type Variable,
  variable,
} from '../../engine/graph/index.js';
import { interpret } from '../../engine/interpret.js';
import { adam, adamW, noDecayOfVectors, type Optimizer, type ParameterGroup, sgd, updates } from './index.js';

const STEPS = 5;
const RATES = [0.1, 0.05, 0.2, 0.01, 0.1];

/** One number's course under an update rule, written a second time and plainly: gradients in, values out. */
type NaiveRule = (start: number, gradients: readonly number[], rates: readonly number[]) => number;

const naiveSgd =
  (momentum: number, decay: number, nesterov = false): NaiveRule =>
  (start, gradients, rates) => {
    let [theta, buffer] = [start, 0];
    gradients.forEach((gradient, t) => {
      const g = gradient + decay * theta;
      buffer = t === 0 ? g : momentum * buffer + g;
      theta -= rates[t]! * (momentum === 0 ? g : nesterov ? g + momentum * buffer : buffer);
    });
    return theta;
  };

const naiveAdam =
  (beta1: number, beta2: number, epsilon: number, decay: number, decoupled: boolean): NaiveRule =>
  (start, gradients, rates) => {
    let [theta, m, v] = [start, 0, 0];
    gradients.forEach((gradient, i) => {
      const t = i + 1;
      const g = decoupled ? gradient : gradient + decay * theta;
      if (decoupled) theta -= rates[i]! * decay * theta;
      m = beta1 * m + (1 - beta1) * g;
      v = beta2 * v + (1 - beta2) * g ** 2;
      const corrected = [m / (1 - beta1 ** t), v / (1 - beta2 ** t)] as const;
      theta -= (rates[i]! * corrected[0]) / (Math.sqrt(corrected[1]) + epsilon);
    });
    return theta;
  };

interface Case {
  readonly optimizer: Optimizer;
  readonly weightDecay?: number;
  readonly naive: NaiveRule;
}

const cases: Readonly<Record<string, Case>> = {
  SGD: { optimizer: sgd(), naive: naiveSgd(0, 0) },
  'SGD, decay': { optimizer: sgd(), weightDecay: 0.1, naive: naiveSgd(0, 0.1) },
  'SGD, momentum': { optimizer: sgd({ momentum: 0.9 }), naive: naiveSgd(0.9, 0) },
  'SGD, momentum, decay': {
    optimizer: sgd({ momentum: 0.8 }),
    weightDecay: 0.1,
    naive: naiveSgd(0.8, 0.1),
  },
  'SGD, Nesterov, decay': {
    optimizer: sgd({ momentum: 0.9, nesterov: true }),
    weightDecay: 0.05,
    naive: naiveSgd(0.9, 0.05, true),
  },
  Adam: { optimizer: adam(), naive: naiveAdam(0.9, 0.999, 1e-8, 0, false) },
  'Adam, decay': { optimizer: adam(), weightDecay: 0.1, naive: naiveAdam(0.9, 0.999, 1e-8, 0.1, false) },
  AdamW: {
    optimizer: adamW({ beta1: 0.8, beta2: 0.95, epsilon: 1e-3 }),
    weightDecay: 0.1,
    naive: naiveAdam(0.8, 0.95, 1e-3, 0.1, true),
  },
};

interface Course {
  readonly parameters: readonly Variable[];
  readonly starts: readonly Float64Array[];
  /** Per step, per parameter. */
  readonly gradients: readonly (readonly Float64Array[])[];
}

function course(shapes: Readonly<Record<string, readonly number[]>>): Course {
  const parameters = Object.entries(shapes).map(([name, shape]) => variable(name, shape));
  const random = (seed: number) =>
    parameters.map(({ attributes: { shape } }, i) => float32Rounded(shape, seed + i));
  return {
    parameters,
    starts: random(1),
    gradients: Array.from({ length: STEPS }, (_, t) => random(100 * (t + 1))),
  };
}

/** Random numbers that float32 holds exactly, so that both executions start from the same. */
function float32Rounded(shape: readonly number[], seed: number): Float64Array {
  const count = shape.reduce((a, b) => a * b, 1);
  return Float64Array.from(Float32Array.from(randomArray(count, seed)));
}

type Execute = (
  outputs: Readonly<Record<string, Tensor>>,
  feeds: ReadonlyMap<string, Value>,
) => Promise<Record<string, ArrayLike<number>>>;

const inInterpreter: Execute = async (outputs, feeds) => {
  const leaves = reachable(Object.values(outputs)).filter((tensor) => tensor.attributes?.name !== undefined);
  const given = new Map(leaves.map((leaf) => [leaf, feeds.get(leaf.attributes.name)!]));
  const values = interpret(Object.values(outputs), given);
  return Object.fromEntries(Object.keys(outputs).map((name, i) => [name, values[i]!.data]));
};

const inOnnxRuntime: Execute = async (outputs, feeds) => {
  const arrays = [...feeds].map(([name, { shape, data }]): [string, NdArray] => [
    name,
    float32(Float32Array.from(data), shape),
  ]);
  const results = await runOnnx(outputs, Object.fromEntries(arrays));
  return Object.fromEntries(
    Object.entries(results).map(([name, { data }]) => [name, Float64Array.from(data as ArrayLike<number>)]),
  );
};

/** Five steps of an optimiser over given gradients: the parameters after the last. */
async function run(
  { parameters, starts, gradients }: Course,
  optimizer: Optimizer,
  execute: Execute,
  { weightDecay = 0, groups = [] }: { weightDecay?: number; groups?: readonly ParameterGroup[] } = {},
): Promise<ArrayLike<number>[]> {
  const fed = parameters.map(({ attributes: { name, shape } }) => input(`gradient of ${name}`, shape));
  const changes = updates(new Map(parameters.map((parameter, i) => [parameter, fed[i]!])), {
    optimizer,
    learningRate: input('learningRate', []),
    weightDecay,
    groups,
  });
  const outputs = Object.fromEntries(
    changes.map(({ variable: { attributes }, next }) => [`next/${attributes.name}`, next]),
  );
  const state = new Map<string, Value>(
    changes.map(({ variable: { attributes } }) => [
      attributes.name,
      { shape: attributes.shape, data: new Float64Array(attributes.shape.reduce((a, b) => a * b, 1)) },
    ]),
  );
  parameters.forEach(({ attributes: { name, shape } }, i) => {
    state.set(name, { shape, data: starts[i]! });
  });
  for (let t = 0; t < STEPS; t++) {
    const feeds = new Map(state).set('learningRate', { shape: [], data: Float64Array.of(RATES[t]!) });
    fed.forEach(({ attributes: { name, shape } }, i) => {
      feeds.set(name, { shape: shape as number[], data: gradients[t]![i]! });
    });
    const results = await execute(outputs, feeds);
    for (const [name, { shape }] of state) {
      state.set(name, { shape, data: Float64Array.from(results[`next/${name}`]!) });
    }
  }
  return parameters.map(({ attributes: { name } }) => state.get(name)!.data);
}

function naively({ starts, gradients }: Course, i: number, rule: NaiveRule, rates = RATES): number[] {
  return Array.from(starts[i]!, (start, at) =>
    rule(
      start,
      gradients.map((step) => step[i]![at]!),
      rates,
    ),
  );
}

describe('five steps', () => {
  const shapes = { weight: [4, 3, 1, 2], bias: [5] };
  test.each(Object.entries(cases))('%s', async (_, { optimizer, weightDecay, naive }) => {
    const given = course(shapes);
    const options = weightDecay === undefined ? {} : { weightDecay };
    const exact = await run(given, optimizer, inInterpreter, options);
    const single = await run(given, optimizer, inOnnxRuntime, options);
    given.parameters.forEach(({ attributes: { name } }, i) => {
      expectClose(exact[i]!, naively(given, i, naive), 1e-12, `${name} in the interpreter`);
      expectClose(single[i]!, exact[i]!, 2e-6, `${name} in ONNX Runtime`);
    });
  });
});

test('groups: the first that sets a thing decides it', async () => {
  const given = course({
    'head.weight': [2, 3],
    'head.bias': [3],
    'trunk.weight': [3, 2],
    'trunk.bias': [2],
  });
  const groups: ParameterGroup[] = [
    noDecayOfVectors,
    { match: /^head\./, learningRate: 10, weightDecay: 0.3 },
    { match: ({ attributes }) => attributes.name.endsWith('weight'), learningRate: 2 },
  ];
  const found = await run(given, sgd(), inInterpreter, { weightDecay: 0.1, groups });
  const expected = [
    [10, 0.3],
    [10, 0],
    [2, 0.1],
    [1, 0],
  ] as const;
  expected.forEach(([multiplier, decay], i) => {
    const rates = RATES.map((rate) => rate * multiplier);
    expectClose(found[i]!, naively(given, i, naiveSgd(0, decay), rates), 1e-12, `parameter ${i}`);
  });
});

test('a global pattern matches every time', async () => {
  const given = course({ 'head.a': [2], 'head.b': [2] });
  const groups = [{ match: /head/g, learningRate: 0 }];
  const found = await run(given, sgd(), inInterpreter, { groups });
  expect(found).toEqual([...given.starts]);
});

test('Adam counts its first steps to all digits of float32', async () => {
  const parameter = variable('p', [1]);
  const [meanWeight, squareWeight] = updates(new Map([[parameter, input('g', [1])]]), {
    optimizer: adam(),
    learningRate: input('learningRate', []),
  }).slice(-2);
  for (const [{ next, variable: state }, beta] of [
    [meanWeight!, 0.9],
    [squareWeight!, 0.999],
  ] as const) {
    let value = 0;
    for (let t = 1; t <= 300; t++) {
      const given = new Map([[state, { shape: [], data: Float64Array.of(value) }]]);
      value = Math.fround(interpret([next], given)[0]!.data[0]!);
      expect(Math.abs(value / (1 - beta ** t) - 1)).toBeLessThan(2e-6);
    }
  }
});

test('options out of range are refused', () => {
  expect(() => sgd({ momentum: 1 })).toThrow('sgd: expected a momentum from 0 to below 1, received 1.');
  expect(() => sgd({ nesterov: true })).toThrow(/above 0 for Nesterov/);
  expect(() => adam({ beta2: 1 })).toThrow('adam: expected each beta from 0 to below 1, received 1.');
  expect(() => adamW({ epsilon: -1 })).toThrow(/adamW: expected an epsilon/);
});
