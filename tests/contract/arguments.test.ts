import * as ort from 'onnxruntime-node';
import { expect, test } from 'vitest';
import * as engine from '../../src/engine/index.js';
import * as hmsa from '../../src/index.js';
import { wrongValues as wrong } from './wrong-values.js';

const x = engine.variable('x', [2, 3]);

/** Predicates over tensors, and what measures a graph that was built. */
const ofTensors = new Set(
  'isBatchNormInference isConstant isConv2d isConvTranspose2d isDequantizeLinear isInput isResize isStopGradient isVariable multiplyAdds'.split(
    ' ',
  ),
);

type Face = (...args: unknown[]) => unknown;
const functions = Object.entries({ ...engine.ops, ...engine, ...hmsa }).filter(
  ([name, value]) => typeof value === 'function' && !/^[A-Z]/.test(name),
) as unknown as [string, Face][];
const faces = functions.filter(([name]) => !ofTensors.has(name));

test.each(faces)(
  '%s refuses arguments of other kinds with an error that a caller can read',
  async (_, face) => {
    for (const value of wrong) {
      for (const args of [[value], [x, value], [value, x], [x, x, value], [value, value]]) {
        try {
          await face(...args);
        } catch (error) {
          expect(error).toBeInstanceOf(engine.HmsaError);
          expect((error as Error).message).toMatch(/^[^\n]{1,600}$/);
        }
      }
    }
  },
);

test.each<[string, () => unknown, RegExp]>([
  [
    'a shape',
    () => engine.variable('x', [1.5]),
    /^variable x: expected a shape of whole numbers, received an array of 1\.$/,
  ],
  [
    'a type',
    () => engine.input('x', [1], 'float64' as never),
    /^input x: expected one of float32, .*received "float64"\.$/,
  ],
  ['no tensor', () => engine.ops.relu('x' as never), /^relu: expected a tensor, received "x"\.$/],
  [
    'no outputs',
    () => engine.lower({} as never),
    /^lower, outputs: expected an object of tensors by name, received undefined\.$/,
  ],
  [
    'no outputs of a program',
    () => engine.compile({} as never),
    /^compile, outputs: expected an object of tensors by name, received undefined\.$/,
  ],
  [
    'an array that is none',
    () => engine.compile({ outputs: { x }, constants: new Map([['x', null]]) as never }),
    /^lower: x: expected an array as \{ dtype, shape, data \}, received null\.$/,
  ],
  [
    'a wrong list',
    () => engine.gradients(engine.ops.sum(x), x as never),
    /^gradients, wanted: expected a list of tensors/,
  ],
  [
    'too few numbers',
    () => engine.float32(new Float32Array(2), [3]),
    /^float32: expected 3 elements for the shape \[3\], received 2\.$/,
  ],
  ['a momentum', () => hmsa.sgd({ momentum: '0.9' as never }), /^sgd: expected a momentum/],
])('%s', (_, call, message) => {
  expect(call).toThrow(message);
});

test('what is left out here is exported', () => {
  const names = functions.map(([name]) => name);
  expect([...ofTensors].filter((name) => !names.includes(name))).toEqual([]);
});

test('sessions', async () => {
  const module = ort as unknown as engine.OrtModule;
  const model = engine.lower({ outputs: { y: engine.ops.add(x, 1) } });
  for (const value of wrong) {
    await expect(engine.createSession(module, value as never)).rejects.toThrow(engine.HmsaError);
    if (value !== undefined) {
      const options = { threads: value, device: value, optimization: value, state: value };
      await expect(engine.createSession(module, model, options as never)).rejects.toThrow(engine.HmsaError);
    }
  }
  const session = await engine.createSession(module, model, { threads: 1 });
  for (const value of wrong) {
    for (const call of [
      () => session.run(value as never),
      () => session.run({ x: value } as never),
      () => session.run({ x: { dtype: value, shape: value, data: value } } as never),
      () => session.sibling(value as never),
    ]) {
      await expect(call()).rejects.toThrow(engine.HmsaError);
    }
  }
  const feeds = { x: engine.float32(new Float32Array(6), [2, 3]) };
  expect([...(await session.run(feeds)).y!.data]).toEqual([1, 1, 1, 1, 1, 1]);
  await session.dispose();
});
