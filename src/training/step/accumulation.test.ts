import { afterEach, expect, test } from 'vitest';
import { expectClose } from '../../../tests/support/check-operator.js';
import {
  batchOf,
  C,
  CLASSES,
  H,
  initialValues,
  network,
  numbers,
  rate,
  W,
} from '../../../tests/support/small-network.js';
import { float32, type NdArray, uint8 } from '../../base/arrays.js';
import { compile } from '../../engine/onnx/lower.js';
import type { Session } from '../../engine/runtime/index.js';
import { openSessionInThread } from '../../node/session/load-runtime.js';
import { adam, sgd } from '../optimizers/index.js';
import {
  frozenValues,
  gradientStep,
  initialState,
  stepSession,
  type TrainingStep,
  trainingStep,
  updateStep,
} from './index.js';

const BATCHES = 3;
const SIZE = 2;

const open: Session[] = [];
afterEach(async () => {
  for (const session of open.splice(0)) await session.dispose();
});

/** A session for each step, all over one state. */
async function sessionsOf(
  steps: readonly TrainingStep[],
  values: ReadonlyMap<string, NdArray>,
): Promise<Session[]> {
  const sessions: Session[] = [];
  for (const step of steps) {
    const model = compile({ outputs: step.outputs, constants: frozenValues(step, values) });
    const options = stepSession(step);
    const session = await (sessions[0]?.sibling(model, options) ??
      openSessionInThread(model, { ...options, threads: 1 }));
    open.push(session);
    await session.setState(initialState(step, values));
    sessions.push(session);
  }
  return sessions;
}

/** A batch without void pixels, so that every part of it counts the same, and its parts. */
function batchInParts(seed: number) {
  const { images, labels } = batchOf(BATCHES * SIZE, seed);
  const known = uint8(
    Uint8Array.from(numbers(labels!), (label) => label % CLASSES),
    labels!.shape,
  );
  const parts = Array.from({ length: BATCHES }, (_, k) => ({
    images: float32(
      Float32Array.from(numbers(images!).slice(k * SIZE * C * H * W, (k + 1) * SIZE * C * H * W)),
      [SIZE, C, H, W],
    ),
    labels: uint8(known.data.slice(k * SIZE * H * W, (k + 1) * SIZE * H * W), [SIZE, H, W]),
  }));
  return { whole: { images: images!, labels: known }, parts };
}

test.each([
  ['SGD, clipped', { optimizer: sgd({ momentum: 0.9 }), weightDecay: 0.01, clipNorm: 0.05 }, 0.5],
  ['Adam', { optimizer: adam({ epsilon: 1e-4 }), weightDecay: 0.01 }, 0.01],
])('micro-batches update as one batch of all of them: %s', async (_, rule, learningRate) => {
  const [small, large] = [network(SIZE), network(BATCHES * SIZE)];
  const forward = { loss: small.loss, parameters: small.parameters };
  const steps = [gradientStep(forward), updateStep(small.parameters, { ...rule, batches: BATCHES })];
  const values = initialValues(small.variables);
  const [gradient, update] = (await sessionsOf(steps, values)) as [Session, Session];
  const [once] = (await sessionsOf(
    [trainingStep({ loss: large.loss, parameters: large.parameters, ...rule })],
    values,
  )) as [Session];
  const names = small.parameters.map(({ attributes }) => attributes.name);
  for (let t = 0; t < 3; t++) {
    const { whole, parts } = batchInParts(20 + t);
    const before = await update.getState(names);
    for (const part of parts) await gradient.run(part);
    expect(await update.getState(names)).toEqual(before);
    const { gradientNorm } = await update.run(rate(learningRate));
    const expected = await once.run({ ...whole, ...rate(learningRate) });
    expectClose(numbers(gradientNorm!), numbers(expected.gradientNorm!), 1e-5, 'norm of the mean');
    const state = await update.getState();
    for (const [name, value] of Object.entries(await once.getState())) {
      expectClose(numbers(state[name]!), numbers(value), 1e-4, `${name} after step ${t}`);
    }
    for (const [name, value] of Object.entries(state)) {
      if (name.startsWith('optimizer.gradient.'))
        expect(
          numbers(value).every((sum) => sum === 0),
          name,
        ).toBe(true);
    }
  }
});

test.each(['kept', 'recomputed'])(
  'a bad micro-batch leaves the gradients of the good ones, activations %s',
  async (way) => {
    const net = network(SIZE);
    const forward = { ...net, recompute: way === 'recomputed' ? net.segments : [] };
    const [gradient] = (await sessionsOf(
      [gradientStep(forward), updateStep(net.parameters, { optimizer: sgd(), batches: 2 })],
      initialValues(net.variables),
    )) as [Session, Session];
    const [good, bad] = batchInParts(5).parts as [
      Record<'images' | 'labels', NdArray>,
      Record<'images' | 'labels', NdArray>,
    ];
    await gradient.run(good);
    const before = await gradient.getState();
    (bad.images.data as Float32Array)[3] = Number.POSITIVE_INFINITY;
    const { loss } = await gradient.run(bad);
    expect(numbers(loss!)[0]).toBeNaN();
    expect(await gradient.getState()).toEqual(before);
  },
);

test('micro-batches that cannot be counted are refused', () => {
  const { parameters } = network();
  expect(() => updateStep(parameters, { optimizer: sgd(), batches: 1.5 })).toThrow(
    'updateStep: expected a whole number of micro-batches, 1 or more, received 1.5.',
  );
});
