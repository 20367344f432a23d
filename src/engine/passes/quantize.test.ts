import * as ort from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { openSessionInThread } from '../../../dist/node/session/index.js';
import { join, mkdtemp, readFile, rm, tmpdir } from '../../../tests/support/node.js';
import { randomArray } from '../../../tests/support/random-array.js';
import { runOnnx } from '../../../tests/support/run-onnx.js';
import { float32, type NdArray } from '../../base/arrays.js';
import { fittingWeightType } from '../../prediction/eight-bits.js';
import { input, reachable, symbol, type Tensor, type Variable, variable } from '../graph/index.js';
import { interpret } from '../interpret.js';
import { compile, lower } from '../onnx/lower.js';
import { add, concat, conv2d, convTranspose2d, relu6, resizeLike } from '../ops/index.js';
import { activationKeys } from './activation-keys.js';
import { type QuantizationPlan, quantizable, quantize, type Range } from './quantize.js';
import { dequantizeWeight, quantizeWeight } from './quantize-weight.js';
import { simplify } from './simplify.js';

const constants = new Map<string, NdArray>();
function known(name: string, shape: readonly number[]): Variable {
  const count = shape.reduce((a, b) => a * b, 1);
  constants.set(name, float32(Float32Array.from(randomArray(count, name.length + shape[0]!)), shape));
  return variable(name, shape);
}

/** A convolution with activation, a depthwise one, a sum, a concatenation with a resized branch, a transposed convolution. */
function network(x: Tensor): Tensor {
  const first = relu6(
    conv2d(x, known('first', [8, 3, 3, 3]), { padding: 1, bias: known('first.bias', [8]) }),
  );
  const deep = conv2d(first, known('depthwise', [8, 1, 3, 3]), { padding: 1, stride: 2, groups: 8 });
  const summed = add(deep, conv2d(deep, known('point', [8, 8, 1, 1]), { bias: known('point.bias', [8]) }));
  const joined = concat([first, resizeLike(summed, first)], 1);
  const last = conv2d(joined, known('last', [4, 16, 1, 1]));
  return convTranspose2d(last, known('transposed', [4, 2, 2, 2]), { stride: 2 });
}

const x = input('x', [1, 3, symbol('H'), symbol('W')]);
const y = network(x);
const program = simplify({ outputs: { y }, constants });
const found = quantizable(program);
const image = { shape: [1, 3, 10, 12], data: Float64Array.from(randomArray(360, 3)) };
const feeds = { x: { dtype: 'float32', shape: image.shape, data: Float32Array.from(image.data) } } as const;

const given = new Map<Tensor, { shape: readonly number[]; data: Float64Array }>([[x, image]]);
for (const tensor of reachable([y]))
  if (constants.has(tensor.attributes?.name))
    given.set(tensor, {
      shape: tensor.shape as number[],
      data: Float64Array.from(constants.get(tensor.attributes.name)!.data as Float32Array),
    });

/** The extremes of every activation on the image. */
function ranges(): Map<string, Range> {
  return new Map(
    [...found.activations].map(([key, tensors]) => {
      const values = interpret([...tensors], given).flatMap(({ data }) => [...data]);
      return [key, [Math.min(...values), Math.max(...values)] as const];
    }),
  );
}

const plan: QuantizationPlan = { layers: new Set(found.layers), ranges: ranges() };

test('it finds convolutions and their activations, but no transposed convolution', () => {
  expect(found.layers).toEqual(['first', 'depthwise', 'point', 'last']);
  expect([...found.activations.keys()]).toEqual([
    'x',
    'first',
    'relu6(first)',
    'depthwise',
    'point',
    'add(depthwise,point)',
    'concat(relu6(first),add(depthwise,point))',
    'last',
  ]);
});

test('ONNX Runtime computes what the interpreter does, near the float network, in all types of weights that the machine computes', async () => {
  const [exact] = interpret([y], given);
  // Without VNNI instructions, int8 weights are computed wrongly.
  const fitting = await fittingWeightType((graph) => openSessionInThread(graph, {}), {});
  for (const weightType of new Set([fitting, 'uint8'] as const)) {
    const quantized = quantize(program, plan, { weightType });
    const [reference] = interpret([quantized.outputs.y!], given);
    const { y: actual } = await runOnnx(quantized.outputs, feeds, { constants: quantized.constants });
    const size = Math.max(...exact!.data.map(Math.abs));
    const farthest = (a: ArrayLike<number | bigint>, b: ArrayLike<number>) =>
      Math.max(...Array.from(b, (value, i) => Math.abs(value - Number(a[i])))) / size;
    // A value that lies between two steps may go to either.
    expect(farthest(actual!.data, reference!.data)).toBeLessThan(0.02);
    expect(farthest(actual!.data, exact!.data)).toBeLessThan(0.04);
  }
});

test('ONNX Runtime fuses every convolution, sum and concatenation', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hmsa-quantize-'));
  const optimizedModelFilePath = `${folder}/optimized.onnx`;
  const session = await ort.InferenceSession.create(compile(quantize(program, plan)), {
    optimizedModelFilePath,
    logSeverityLevel: 3,
  });
  await session.release();
  const text = new TextDecoder('latin1').decode(await readFile(optimizedModelFilePath));
  await rm(folder, { recursive: true });
  const count = (operator: string) =>
    text.split(`"${String.fromCharCode(operator.length)}${operator}`).length - 1;
  expect([count('QLinearConv'), count('QLinearAdd'), count('QLinearConcat')]).toEqual([4, 1, 1]);
});

test('layers that are not in the plan stay float; one without a range is refused', () => {
  const names = (result: { readonly outputs: Readonly<Record<string, Tensor>> }) =>
    reachable(Object.values(result.outputs)).map(({ operator }) => operator.name);
  expect(names(quantize(program, { ...plan, layers: new Set() }))).toEqual(names(program));
  expect(() => quantize(program, { ...plan, ranges: new Map() })).toThrow(
    /^quantize, first: expected ranges of /,
  );
  const one = names(quantize(program, { ...plan, layers: new Set(['first']) }));
  expect(one.filter((name) => name === 'quantizeLinear')).toHaveLength(2);
  expect(one).toContain('add');
});

test('keys are the same at every scale, and short', () => {
  const half = resizeLike(x, input('half', [1, 3, symbol('h'), symbol('w')]));
  const keys = activationKeys([network(half)]);
  expect(new Set([...keys.values()]).has('concat(relu6(first),add(depthwise,point))')).toBe(true);
  let long: Tensor = x;
  for (let i = 0; i < 100; i++) long = add(long, x);
  expect(activationKeys([long]).get(long)!.length).toBeLessThan(200);
});

test('a channel of zeros, and a bias far larger than its weights', async () => {
  const w = variable('w', [2, 1, 1, 1]);
  const b = variable('b', [2]);
  const image = input('image', [1, 1, 1, 2]);
  const constants = new Map<string, NdArray>([
    ['w', float32(Float32Array.of(0, 1e-12), [2, 1, 1, 1])],
    ['b', float32(Float32Array.of(3, -700), [2])],
  ]);
  const plan = {
    layers: new Set(['w']),
    ranges: new Map<string, Range>([
      ['image', [0, 1]],
      ['w', [-700, 3]],
    ]),
  };
  const { outputs } = quantize({ outputs: { y: conv2d(image, w, { bias: b }) }, constants }, plan);
  const { y: result } = await runOnnx(outputs, { image: float32(Float32Array.of(1, 0), [1, 1, 1, 2]) });
  const values = Array.from(result!.data, (value) => Math.round(Number(value)));
  expect(values).toEqual([3, 3, -700, -700]);
});

test('weights: each channel by its largest element, and again the same', () => {
  const weight = quantizeWeight(Float32Array.of(1, -0.5, 0.004, 100, 50, 0), 2);
  expect([...weight.codes]).toEqual([127, -64, 1, 127, 64, 0]);
  expect(quantizeWeight(dequantizeWeight(weight), 2).codes).toEqual(weight.codes);
  expect(lower(quantize(program, plan))).toEqual(lower(quantize(program, plan)));
});
