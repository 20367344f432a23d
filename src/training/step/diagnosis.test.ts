import { afterEach, describe, expect, test } from 'vitest';
import {
  batchOf,
  C,
  CLASSES,
  initialValues,
  N,
  network,
  numbers,
  rate,
} from '../../../tests/support/small-network.js';
import { float32, type NdArray } from '../../base/arrays.js';
import { input, variable } from '../../engine/graph/index.js';
import { compile } from '../../engine/onnx/lower.js';
import { log, mean, mul } from '../../engine/ops/index.js';
import type { NamedArrays, Session } from '../../engine/runtime/index.js';
import { openSessionInThread } from '../../node/session/load-runtime.js';
import { adam, sgd } from '../optimizers/index.js';
import {
  diagnosis,
  type ForwardPass,
  frozenValues,
  initialState,
  stepSession,
  type TrainingStep,
  trainingStep,
} from './index.js';

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

describe('a batch that is not finite', () => {
  const poisoned = (size: number) => {
    const batch = batchOf(size, 9);
    const data = Float32Array.from(numbers(batch.images!));
    data[17] = Number.NaN;
    return { ...batch, images: float32(data, batch.images!.shape) };
  };

  test.each([
    ['SGD', false, { optimizer: sgd({ momentum: 0.9 }), clipNorm: 1 }],
    ['Adam', false, { optimizer: adam(), weightDecay: 0.1 }],
    ['Adam, with recomputation', true, { optimizer: adam(), weightDecay: 0.1 }],
  ])('changes nothing, and training goes on: %s', async (_, again, options) => {
    const net = network();
    const step = trainingStep({ ...net, ...options, recompute: again ? net.segments : [] });
    const session = await sessionOf(step, initialValues(net.variables));
    await session.run({ ...batchOf(N, 1), ...rate(0.01) });
    const before = await session.getState();
    const bad = await session.run({ ...poisoned(N), ...rate(0.01) });
    expect(numbers(bad.loss!)[0]).toBeNaN();
    expect(numbers(bad.gradientNorm!)[0]).toBeNaN();
    expect(await session.getState()).toEqual(before);
    const good = await session.run({ ...batchOf(N, 2), ...rate(0.01) });
    expect(Number.isFinite(numbers(good.loss!)[0])).toBe(true);
    expect(await session.getState()).not.toEqual(before);
  });

  async function culpritOf(
    net: Pick<ForwardPass, 'loss' | 'parameters' | 'recompute'>,
    feeds: NamedArrays,
  ): Promise<string | undefined> {
    const { outputs, culprit } = diagnosis(net);
    const session = await openSessionInThread(compile({ outputs }), { threads: 1 });
    open.push(session);
    const known = session.inputs.map(({ name }) => name);
    const { trace } = await session.run(
      Object.fromEntries(Object.entries(feeds).filter(([name]) => known.includes(name))),
    );
    return culprit(numbers(trace!));
  }

  test.each(['kept', 'recomputed'])(
    'the first tensor that went bad is named, activations %s',
    async (way) => {
      const { segments, ...rest } = network();
      const net = { ...rest, recompute: way === 'recomputed' ? segments : [] };
      const values = Object.fromEntries(initialValues(net.variables));
      expect(await culpritOf(net, { ...values, ...batchOf(N, 1) })).toBeUndefined();
      expect(await culpritOf(net, { ...values, ...poisoned(N) })).toBe('images');
      const spoiled = {
        ...values['conv2.weight']!,
        data: new Float32Array(CLASSES * 8 * 9).fill(Number.POSITIVE_INFINITY),
      };
      expect(await culpritOf(net, { ...values, 'conv2.weight': spoiled as NdArray, ...batchOf(N, 1) })).toBe(
        'conv2.weight',
      );
      const huge = { ...values['conv1.weight']!, data: new Float32Array(8 * C * 9).fill(3e38) };
      expect(await culpritOf(net, { ...values, 'conv1.weight': huge as NdArray, ...batchOf(N, 1) })).toBe(
        'conv2d after conv1.weight',
      );
    },
  );

  test('a gradient alone can be the culprit', async () => {
    const p = variable('p', [2]);
    const x = input('x', [2]);
    // log p is finite where its gradient, x / p, is beyond float32.
    const loss = mean(mul(x, log(p)), undefined, { keepAxes: false });
    const feeds = {
      p: float32(Float32Array.of(1e-37, 1), [2]),
      x: float32(Float32Array.of(1e5, 1), [2]),
    };
    expect(await culpritOf({ loss, parameters: [p] }, feeds)).toBe('gradient of p');
  });
});
