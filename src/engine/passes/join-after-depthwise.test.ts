import * as ort from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { expectClose } from '../../../tests/support/check-operator.js';
import { join, mkdtemp, readFile, rm, tmpdir } from '../../../tests/support/node.js';
import { randomArray } from '../../../tests/support/random-array.js';
import { runOnnx } from '../../../tests/support/run-onnx.js';
import { elementCount, float32 } from '../../base/arrays.js';
import { input, reachable, symbol, type Tensor, variable } from '../graph/index.js';
import { lower } from '../onnx/lower.js';
import { concat, conv2d, relu, resizeBilinear, sigmoid } from '../ops/index.js';
import { joinAfterDepthwise } from './index.js';

const [H, W] = [symbol('H'), symbol('W')];
const low = input('low', [1, 5, H, W]);
const large = resizeBilinear(input('small', [1, 3, symbol('h'), symbol('w')]), [H, W]);
const random = (shape: readonly number[], seed: number) =>
  float32(Float32Array.from(randomArray(elementCount(shape), seed)), shape);
const constants = new Map([
  ['depthwise', random([8, 1, 3, 3], 1)],
  ['offset', random([8], 2)],
  ['pointwise', random([4, 8, 1, 1], 3)],
]);
const [depthwise, offset, pointwise] = [...constants].map(([name, { shape }]) =>
  variable(name, shape as number[]),
);

const separable = (parts: readonly Tensor[], activate: (x: Tensor) => Tensor) => {
  const convolved = conv2d(concat(parts, 1), depthwise!, { padding: 1, groups: 8, bias: offset! });
  return conv2d(activate(convolved), pointwise!);
};
const listed = (y: Tensor) => reachable([y]).map(({ operator }) => operator.name);
const passed = (y: Tensor) => joinAfterDepthwise({ outputs: { y }, constants }).outputs.y!;

const convolutions = (names: readonly string[]) => names.filter((name) => name === 'conv2d').length;

test('a join with a resized image becomes a sum behind the depthwise convolution and its activation', () => {
  const names = listed(passed(separable([large, low], relu)));
  expect(convolutions(names)).toBe(4);
  expect(names).not.toContain('concat');
  expect(names.at(-1)).toBe('add');
});

test('before what is not pointwise, the join stays', () => {
  const kernel = variable('kernel', [4, 8, 3, 3]);
  const convolved = conv2d(concat([large, low], 1), depthwise!, { padding: 1, groups: 8 });
  const names = listed(passed(conv2d(relu(convolved), kernel)));
  expect(convolutions(names)).toBe(3);
  expect(names.slice(-4)).toEqual(['relu', 'relu', 'concat', 'conv2d']);
});

test('ONNX Runtime adds within a convolution', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hmsa-join-'));
  const optimizedModelFilePath = `${folder}/optimized.onnx`;
  const { outputs } = joinAfterDepthwise({ outputs: { y: separable([large, low], relu) }, constants });
  const graph = lower({ outputs, constants });
  const session = await ort.InferenceSession.create(graph, { optimizedModelFilePath, logSeverityLevel: 3 });
  await session.release();
  const text = new TextDecoder('latin1').decode(await readFile(optimizedModelFilePath));
  await rm(folder, { recursive: true });
  const has = (operator: string) => text.includes(`"${String.fromCharCode(operator.length)}${operator}`);
  expect([has('Conv'), has('Add')]).toEqual([true, false]);
});

test('other joins stay', () => {
  const twice = separable([input('other', [1, 3, H, W]), low], relu);
  expect(passed(twice)).toBe(twice);
  const dense = conv2d(concat([large, low], 1), pointwise!);
  expect(passed(dense)).toBe(dense);
});

test.each([
  ['relu', relu],
  ['sigmoid', sigmoid],
])('the values stay with %s', async (_, activate) => {
  const y = separable([large, low], activate);
  const feeds = { small: random([1, 3, 4, 3], 4), low: random([1, 5, 9, 7], 5) };
  const [before, after] = await Promise.all(
    [y, passed(y)].map((each) => runOnnx({ y: each }, feeds, { constants })),
  );
  expectClose(after!.y!.data, Float64Array.from(before!.y!.data as Float32Array), 1e-6, 'ONNX Runtime');
});
