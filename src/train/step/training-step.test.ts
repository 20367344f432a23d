import { afterEach, describe, expect, test } from 'vitest';
import { expectClose } from '../../../tests/support/check-operator.js';
import {
  batchOf,
  C,
  CLASSES,
  H,
  initialValues,
  N,
  network,
  numbers,
  rate,
  W,
} from '../../../tests/support/small-network.js';
import { float32, type NdArray, uint8 } from '../../arrays/index.js';
import { isInput, isVariable, reachable, type Tensor, type Value, variable } from '../../graph/index.js';
import { interpret } from '../../interpret/index.js';
import { openSessionInThread } from '../../node/session/in-thread.js';
import { lower } from '../../onnx/index.js';
import { adam, noDecayOfVectors, sgd } from '../../optim/index.js';
import type { NamedArrays, Session } from '../../runtime/index.js';
import { frozenValues, initialState, type TrainingStep, trainingStep } from './index.js';

const open: Session[] = [];
afterEach(async () => {
  for (const session of open.splice(0)) await session.dispose();
});

async function sessionOf(step: TrainingStep, values: ReadonlyMap<string, NdArray>): Promise<Session> {
  const model = lower({ outputs: step.outputs, constants: frozenValues(step, values) });
  const session = await openSessionInThread(model, { state: step.state, threads: 1 });
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

test('a step of k micro-batches is the step of one batch k times as large', async () => {
  const options = { optimizer: sgd({ momentum: 0.9 }), weightDecay: 0.01, clipNorm: 0.05 };
  const [small, large] = [network(2), network(6)];
  // Without void pixels, every micro-batch counts the same.
  const whole = batchOf(6, 3);
  const images = numbers(whole.images!);
  const labels = Uint8Array.from(numbers(whole.labels!), (label) => label % CLASSES);
  const feeds = { images: whole.images!, labels: uint8(labels, [6, H, W]) };
  const micro = trainingStep({ ...small, ...options, bufferUpdates: new Map(), accumulate: 3 });
  const once = trainingStep({ ...large, ...options, bufferUpdates: new Map() });
  const values = initialValues(small.variables);
  const [inParts, inOne] = [await sessionOf(micro, values), await sessionOf(once, values)];
  for (let t = 0; t < 3; t++) {
    const before = await inParts.getState(small.parameters.map(({ attributes }) => attributes.name));
    let norm = 0;
    for (let k = 0; k < 3; k++) {
      const part = images.slice(k * 2 * C * H * W, (k + 1) * 2 * C * H * W);
      const results = await inParts.run({
        images: float32(Float32Array.from(part), [2, C, H, W]),
        labels: uint8(labels.slice(k * 2 * H * W, (k + 1) * 2 * H * W), [2, H, W]),
        update: float32(Float32Array.of(k === 2 ? 1 : 0), []),
        ...rate(0.5),
      });
      norm = numbers(results.gradientNorm!)[0]!;
      // Until the last, nothing but the accumulated gradients changes.
      if (k < 2) expect(await inParts.getState(Object.keys(before))).toEqual(before);
    }
    const results = await inOne.run({ ...feeds, ...rate(0.5) });
    expect(norm).toBeCloseTo(numbers(results.gradientNorm!)[0]!, 5);
    expect(norm).toBeGreaterThan(0.05);
    const [a, b] = [await inParts.getState(), await inOne.getState()];
    for (const [name, value] of Object.entries(b)) {
      expectClose(numbers(a[name]!), numbers(value), 1e-5, `${name} after step ${t}`);
    }
    for (const [name, value] of Object.entries(a)) {
      if (name.startsWith('optimizer.gradient.'))
        expect(
          numbers(value).every((g) => g === 0),
          name,
        ).toBe(true);
    }
  }
});

describe('errors', () => {
  const { loss, parameters } = network();
  const optimizer = sgd();
  test('a parameter that the loss does not depend on', () => {
    const stray = variable('stray', [3]);
    expect(() => trainingStep({ loss, parameters: [...parameters, stray], optimizer })).toThrow(
      'trainingStep: expected parameters that the loss depends on, received stray. Leave it out: a parameter that is not listed is frozen.',
    );
  });

  test('a metric with a name of the step', () => {
    for (const name of ['loss', 'gradientNorm', 'next/x']) {
      expect(() => trainingStep({ loss, parameters, optimizer, metrics: { [name]: loss } })).toThrow(
        /metrics with names/,
      );
    }
  });

  test('micro-batches that cannot be counted', () => {
    expect(() => trainingStep({ loss, parameters, optimizer, accumulate: 1.5 })).toThrow(
      'accumulate: expected a whole number of micro-batches, 1 or more, received 1.5.',
    );
  });

  test('a value that is missing or of another shape', () => {
    const step = trainingStep({ loss, parameters, optimizer });
    expect(() => initialState(step, new Map())).toThrow(
      'training state: conv1.weight: expected float32 [8,3,3,3], received no value.',
    );
    const wrong = new Map([['offset', float32(new Float32Array(3), [3])]]);
    expect(() => frozenValues(step, wrong)).toThrow(
      'training state: offset: expected float32 [1,4,1,1], received float32 [3].',
    );
  });
});
