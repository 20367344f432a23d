import { afterEach, describe, expect, test } from 'vitest';
import { expectClose } from '../../../tests/support/check-operator.js';
import { randomArray } from '../../../tests/support/random-array.js';
import { batchOf, initialValues, N, network, numbers, rate } from '../../../tests/support/small-network.js';
import { elementCount, float32, type NdArray } from '../../base/arrays.js';
import { gradients } from '../../engine/autodiff.js';
import {
  input,
  isInput,
  isVariable,
  reachable,
  type Tensor,
  type Value,
  variable,
} from '../../engine/graph/index.js';
import { interpret } from '../../engine/interpret.js';
import { compile } from '../../engine/onnx/lower.js';
import { concat, conv2d, max, resizeBilinear, square, sum } from '../../engine/ops/index.js';
import type { NamedArrays, Session } from '../../engine/runtime/index.js';
import { openSessionInThread } from '../../node/session/load-runtime.js';
import { adam, noDecayOfVectors, sgd } from '../optimizers/index.js';
import { frozenValues, initialState, stepSession, type TrainingStep, trainingStep } from './index.js';

const open: Session[] = [];
afterEach(async () => {
  for (const session of open.splice(0)) await session.dispose();
});

async function sessionOf(step: TrainingStep, values: ReadonlyMap<string, NdArray>): Promise<Session> {
  const model = compile({ outputs: step.outputs, constants: frozenValues(step, values) });
  const session = await openSessionInThread(model, { ...stepSession(step), threads: 1 });
  open.push(session);
  await session.setState(initialState(step, values));
  return session;
}

/** The same step in the interpreter, its state kept outside. */
class InterpretedStep {
  readonly #step: TrainingStep;
  readonly #values: Map<string, Value>;

  constructor(step: TrainingStep, values: ReadonlyMap<string, NdArray>) {
    this.#step = step;
    const all = { ...initialState(step, values), ...Object.fromEntries(frozenValues(step, values)) };
    this.#values = new Map(Object.entries(all).map(([name, array]) => [name, toValue(array)]));
  }

  run(feeds: NamedArrays): Record<string, Float64Array> {
    const names = Object.keys(this.#step.outputs);
    const outputs = Object.values(this.#step.outputs);
    const given = new Map<Tensor, Value>();
    for (const tensor of reachable(outputs)) {
      if (isVariable(tensor)) given.set(tensor, this.#values.get(tensor.attributes.name)!);
      if (isInput(tensor)) given.set(tensor, toValue(feeds[tensor.attributes.name]!));
    }
    const results = interpret(outputs, given);
    for (const [name, next] of Object.entries(this.#step.state)) {
      this.#values.set(name, results[names.indexOf(next)]!);
    }
    return Object.fromEntries(names.map((name, i) => [name, results[i]!.data]));
  }
}

function toValue({ shape, data }: NdArray): Value {
  return { shape, data: Float64Array.from(data as ArrayLike<number>) };
}

describe('twenty steps', () => {
  test.each([
    [
      'SGD with momentum, clipped',
      { optimizer: sgd({ momentum: 0.9 }), weightDecay: 5e-4, clipNorm: 1 },
      0.1,
    ],
    ['Adam', { optimizer: adam({ epsilon: 1e-4 }), groups: [noDecayOfVectors], weightDecay: 1e-3 }, 0.02],
  ] as const)('%s: the loss falls, and as it does in float64', async (_, options, learningRate) => {
    const { variables, offset, ...rest } = network();
    const step = trainingStep({ ...rest, ...options });
    expect(step.frozen).toEqual([offset]);
    const values = initialValues(variables);
    const session = await sessionOf(step, values);
    const exact = new InterpretedStep(step, values);
    const losses: number[] = [];
    for (let t = 0; t < 20; t++) {
      const feeds = { ...batchOf(N, 7 + (t % 2)), ...rate(learningRate) };
      const expected = exact.run(feeds);
      const found = await session.run(feeds);
      expect(Object.keys(found).sort()).toEqual(['gradientNorm', 'loss', 'pixelAccuracy']);
      for (const name of ['loss', 'gradientNorm']) {
        expectClose(numbers(found[name]!), expected[name]!, 1e-3, `${name} of step ${t}`);
      }
      losses.push(numbers(found.loss!)[0]!);
    }
    expect(losses.at(-1)!).toBeLessThan(losses[0]! * 0.7);
  });
});

describe('errors', () => {
  const { loss, parameters } = network();
  const optimizer = sgd();
  test('a parameter that the loss does not depend on', () => {
    const stray = variable('stray', [3]);
    expect(() => trainingStep({ loss, parameters: [...parameters, stray], optimizer })).toThrow(
      'training step: expected parameters that the loss depends on, received stray. Leave it out: a parameter that is not listed is frozen.',
    );
  });

  test('a metric with a name of the step', () => {
    for (const name of ['loss', 'gradientNorm', 'next/x']) {
      expect(() => trainingStep({ loss, parameters, optimizer, metrics: { [name]: loss } })).toThrow(
        /metrics with names/,
      );
    }
  });

  test('a value that is missing or of another shape', () => {
    const step = trainingStep({ loss, parameters, optimizer });
    expect(() => initialState(step, new Map())).toThrow(
      'training state: conv2.weight: expected float32 [4,8,3,3], received no value.',
    );
    const wrong = new Map([['offset', float32(new Float32Array(3), [3])]]);
    expect(() => frozenValues(step, wrong)).toThrow(
      'training state: offset: expected float32 [1,4,1,1], received float32 [3].',
    );
  });
});

test.each([false, true])(
  'a convolution of enlarged channels mixes them first, recomputed: %s',
  (recomputed) => {
    const image = input('image', [1, 3, 12, 16]);
    const [first, second] = [variable('first', [64, 3, 1, 1]), variable('second', [2, 67, 3, 3])];
    const large = resizeBilinear(conv2d(image, first, { stride: 4 }), [12, 16]);
    const logits = conv2d(concat([large, image], 1), second, { padding: 1 });
    const loss = sum(square(logits), undefined, { keepAxes: false });
    const wanted = gradients(loss, [first, second]);
    const step = trainingStep({
      loss,
      parameters: [first, second],
      metrics: { largest: max(logits, [0, 1, 2, 3], { keepAxes: false }) },
      recompute: recomputed ? [{ input: image, outputs: [logits] }] : [],
      optimizer: sgd({ momentum: 0 }),
    });
    const names = new Set(reachable(Object.values(step.outputs)).map(({ operator }) => operator.name));
    expect(names.has('resizeBilinear')).toBe(false);
    const values = [image, first, second].map((leaf, i) => {
      const shape = leaf.shape as number[];
      return [leaf, { shape, data: randomArray(elementCount(shape), i + 1) }] as const;
    });
    const given = new Map<Tensor, Value>([
      ...values,
      [
        reachable(Object.values(step.outputs)).find((one) => isInput(one) && one !== image)!,
        toValue(rate(0.5).learningRate),
      ],
    ]);
    const { loss: value, largest, 'next/first': next, 'next/second': nextSecond } = step.outputs;
    const [l, m, a, b] = interpret([value!, largest!, next!, nextSecond!], given);
    const expected = interpret([loss, wanted.get(first)!, wanted.get(second)!], given);
    expectClose(l!.data, expected[0]!.data, 1e-6, 'loss');
    expect(m!.data[0]).toBeGreaterThan(0);
    for (const [i, next] of [a!, b!].entries()) {
      const weight = values[i + 1]![1].data;
      expectClose(
        next.data,
        weight.map((w, at) => w - 0.5 * expected[i + 1]!.data[at]!),
        1e-6,
        `weight ${i}`,
      );
    }
  },
);
