import * as ort from 'onnxruntime-node';
import { expect, test } from 'vitest';
import * as hmsa from '../../src/index.js';
import { wrongValues as wrong } from './wrong-values.js';

const x = hmsa.variable('x', [2, 3]);

type Face = (...args: unknown[]) => unknown;
const {
  isConv2d: _a,
  isConvTranspose2d: _b,
  isBatchNormInference: _c,
  isStopGradient: _d,
  multiplyAdds: _e,
  ...operators
} = hmsa.ops;
const faces = Object.entries({
  ...operators,
  variable: hmsa.variable,
  input: hmsa.input,
  constant: hmsa.constant,
  scalar: hmsa.scalar,
  symbol: hmsa.symbol,
  affine: hmsa.affine,
  scaled: hmsa.scaled,
  product: hmsa.product,
  apply: hmsa.apply,
  reachable: hmsa.reachable,
  rebuild: hmsa.rebuild,
  gradients: hmsa.gradients,
  gradientsBySegments: hmsa.gradientsBySegments,
  interpret: hmsa.interpret,
  lower: hmsa.lower,
  compile: hmsa.compile,
  mergeCommon: hmsa.mergeCommon,
  dropUnused: hmsa.dropUnused,
  dropStopGradients: hmsa.dropStopGradients,
  foldBatchNorm: hmsa.foldBatchNorm,
  float32: hmsa.float32,
  uint8: hmsa.uint8,
  elementCount: hmsa.elementCount,
  encodeModel: hmsa.encodeModel,
  decodeModel: hmsa.decodeModel,
  readSafetensors: hmsa.readSafetensors,
  writeSafetensors: hmsa.writeSafetensors,
  toFloat16: hmsa.toFloat16,
  fromFloat16: hmsa.fromFloat16,
  sgd: hmsa.sgd,
  adam: hmsa.adam,
  adamW: hmsa.adamW,
  updates: hmsa.updates,
  clipFactor: hmsa.clipFactor,
  globalNorm: hmsa.globalNorm,
  learningRate: hmsa.learningRate,
  checkSchedule: hmsa.checkSchedule,
  crossEntropy: hmsa.crossEntropy,
  binaryCrossEntropy: hmsa.binaryCrossEntropy,
  regionMutualInformation: hmsa.regionMutualInformation,
  pixelAccuracy: hmsa.pixelAccuracy,
  inferenceGraph: hmsa.inferenceGraph,
  declareVariables: hmsa.declareVariables,
  segmentation: hmsa.segmentation,
  trainingStep: hmsa.trainingStep,
} as unknown as Record<string, Face>);

test.each(faces)('%s refuses arguments of other kinds with an error that a caller can read', (_, face) => {
  for (const value of wrong) {
    for (const args of [[value], [x, value], [value, x], [x, x, value], [value, value]]) {
      try {
        face(...args);
      } catch (error) {
        expect(error).toBeInstanceOf(hmsa.HmsaError);
        expect((error as Error).message).toMatch(/^[^\n]{1,600}$/);
      }
    }
  }
});

test.each<[string, () => unknown, RegExp]>([
  [
    'a shape',
    () => hmsa.variable('x', [1.5]),
    /^variable x: expected a shape of whole numbers, received an array of 1\.$/,
  ],
  [
    'a type',
    () => hmsa.input('x', [1], 'float64' as never),
    /^input x: expected one of float32, .*received "float64"\.$/,
  ],
  ['no tensor', () => hmsa.ops.relu('x' as never), /^relu: expected a tensor, received "x"\.$/],
  [
    'no outputs',
    () => hmsa.lower({} as never),
    /^lower, outputs: expected an object of tensors by name, received undefined\.$/,
  ],
  [
    'no outputs of a program',
    () => hmsa.compile({} as never),
    /^compile, outputs: expected an object of tensors by name, received undefined\.$/,
  ],
  [
    'an array that is none',
    () => hmsa.compile({ outputs: { x }, constants: new Map([['x', null]]) as never }),
    /^lower: x: expected an array as \{ dtype, shape, data \}, received null\.$/,
  ],
  [
    'a wrong list',
    () => hmsa.gradients(hmsa.ops.sum(x), x as never),
    /^gradients, wanted: expected a list of tensors/,
  ],
  [
    'too few numbers',
    () => hmsa.float32(new Float32Array(2), [3]),
    /^float32: expected 3 elements for the shape \[3\], received 2\.$/,
  ],
  ['a momentum', () => hmsa.sgd({ momentum: '0.9' as never }), /^sgd: expected a momentum/],
])('%s', (_, call, message) => {
  expect(call).toThrow(message);
});

test('sessions', async () => {
  const module = ort as unknown as hmsa.OrtModule;
  const model = hmsa.lower({ outputs: { y: hmsa.ops.add(x, 1) } });
  for (const value of wrong) {
    await expect(hmsa.createSession(module, value as never)).rejects.toThrow(hmsa.HmsaError);
    if (value !== undefined) {
      const options = { threads: value, device: value, optimization: value, state: value };
      await expect(hmsa.createSession(module, model, options as never)).rejects.toThrow(hmsa.HmsaError);
    }
  }
  const session = await hmsa.createSession(module, model, { threads: 1 });
  for (const value of wrong) {
    for (const call of [
      () => session.run(value as never),
      () => session.run({ x: value } as never),
      () => session.run({ x: { dtype: value, shape: value, data: value } } as never),
      () => session.sibling(value as never),
    ]) {
      await expect(call()).rejects.toThrow(hmsa.HmsaError);
    }
  }
  const feeds = { x: hmsa.float32(new Float32Array(6), [2, 3]) };
  expect([...(await session.run(feeds)).y!.data]).toEqual([1, 1, 1, 1, 1, 1]);
  await session.dispose();
});
