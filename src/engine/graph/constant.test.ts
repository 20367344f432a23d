import { describe, expect, test } from 'vitest';
import { runOnnx } from '../../../tests/support/run-onnx.js';
import type { DType } from '../../base/arrays.js';
import { interpret } from '../interpret.js';
import { cast, concat, reshape } from '../ops/index.js';
import { constant, constantNumbers } from './index.js';

describe('a constant holds the array of its type', () => {
  test.each<[DType, ArrayLike<number | bigint>, ArrayBufferView]>([
    ['uint8', [0, 255], Uint8Array.of(0, 255)],
    ['uint8', Buffer.from([1, 2]), Uint8Array.of(1, 2)],
    ['int8', [-128, 127], Int8Array.of(-128, 127)],
    ['int8', Float32Array.of(-1, 2), Int8Array.of(-1, 2)],
    ['int32', [-(2 ** 31), 2 ** 31 - 1], Int32Array.of(-(2 ** 31), 2 ** 31 - 1)],
    ['int64', [-(2 ** 63), 2 ** 53], BigInt64Array.of(-(2n ** 63n), 2n ** 53n)],
    ['int64', [2n ** 63n - 1n, 1], BigInt64Array.of(2n ** 63n - 1n, 1n)],
    ['bool', [0, 1], Uint8Array.of(0, 1)],
    ['float32', Float32Array.of(0.1, 1), Float32Array.of(0.1, 1)],
    ['float32', [0.1, Number.POSITIVE_INFINITY], Float64Array.of(0.1, Number.POSITIVE_INFINITY)],
  ])('%s of %o', (dtype, data, held) => {
    const made = constant(data, [2], dtype);
    expect(made.attributes.data).toEqual(held);
    expect(made.attributes.data.buffer).not.toBe((data as unknown as ArrayBufferView).buffer);
    expect(constantNumbers(made)).toEqual(Float64Array.from(held as unknown as ArrayLike<number>, Number));
  });
});

test.each<[DType, ArrayLike<number | bigint>, string]>([
  ['uint8', [300], '300'],
  ['uint8', [-1], '-1'],
  ['int8', [128], '128'],
  ['int8', Uint8Array.of(200), '200'],
  ['int32', [1.5], '1.5'],
  ['int32', [2 ** 31], '2147483648'],
  ['int64', [2 ** 63], String(2 ** 63)],
  ['int64', [2n ** 63n], '9223372036854775808'],
  ['int64', [Number.NaN], 'NaN'],
  ['bool', Uint8Array.of(2), '2'],
  ['float32', [1e39], '1e\\+39'],
  ['float32', [1n], '1'],
  ['float32', ['1'] as never, '"1"'],
])('%s does not hold %o', (dtype, data, shown) => {
  expect(() => constant(data, [1], dtype)).toThrow(
    new RegExp(`^constant: expected numbers that ${dtype} can hold, received .*${shown}`),
  );
});

test('a float16 constant is refused with the way out', () => {
  expect(() => constant([1], [1], 'float16')).toThrow(/float16\. Make it float32 and cast it\.$/);
});

test('int8 and uint8 constants go through ONNX Runtime', async () => {
  const signed = constant([-128, -1, 0, 127], [2, 2], 'int8');
  const bytes = constant(Uint8Array.of(0, 1, 128, 255), [2, 2], 'uint8');
  const outputs = {
    signed: reshape(signed, [4]),
    bytes: reshape(bytes, [4]),
    floats: concat([cast(signed, 'float32'), cast(bytes, 'float32')], 0),
    back: cast(cast(signed, 'float32'), 'int8'),
  };
  const results = await runOnnx(outputs, {});
  expect(results.signed!.data).toEqual(Int8Array.of(-128, -1, 0, 127));
  expect(results.bytes!.data).toEqual(Uint8Array.of(0, 1, 128, 255));
  expect(results.back!.data).toEqual(Int8Array.of(-128, -1, 0, 127));
  const [floats] = interpret([outputs.floats], new Map());
  expect(Float64Array.from(results.floats!.data as Float32Array)).toEqual(floats!.data);
});
