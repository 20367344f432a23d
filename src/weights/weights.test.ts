import { describe, expect, test } from 'vitest';
import { fromFloat16, readSafetensors, toFloat16, writeSafetensors } from './index.js';

const file = () =>
  writeSafetensors({
    tensors: new Map([
      ['b', { dtype: 'uint8', shape: [3], data: Uint8Array.of(1, 2, 3) }],
      ['a.weight', { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1, -2, 0.5, 4) }],
    ]),
    metadata: new Map([['format', 'hmsa']]),
  });

/** A file of the given header, followed by some data. */
function withHeader(header: unknown, dataBytes = 16): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

describe('safetensors', () => {
  test('what is written is read back, whatever the order it was given in', () => {
    const { tensors, metadata } = readSafetensors(file(), 'x.safetensors');
    expect([...tensors.keys()]).toEqual(['a.weight', 'b']);
    expect(tensors.get('a.weight')).toEqual({
      dtype: 'float32',
      shape: [2, 2],
      data: Float32Array.of(1, -2, 0.5, 4),
    });
    expect(tensors.get('b')!.data).toEqual(Uint8Array.of(1, 2, 3));
    expect(metadata.get('format')).toBe('hmsa');
  });

  test('a Node Buffer, whose slice is no copy, reads as any other bytes', () => {
    const { tensors } = readSafetensors(Buffer.from(file()), 'x.safetensors');
    expect(tensors.get('a.weight')!.data).toEqual(Float32Array.of(1, -2, 0.5, 4));
    expect(tensors.get('b')!.data).toEqual(Uint8Array.of(1, 2, 3));
  });

  const entry = (offsets: unknown, shape: unknown = [4], dtype = 'F32') => ({
    x: { dtype, shape, data_offsets: offsets },
  });
  test.each<[string, Uint8Array, RegExp]>([
    ['empty', new Uint8Array(), /8 bytes or more, received 0/],
    ['cut short', file().subarray(0, 60), /a header inside the file/],
    ['data cut short', file().subarray(0, -2), /bytes for/],
    ['a header of 2⁶³ bytes', Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 128, 1), /9223372036854775808 bytes/],
    ['no JSON', withHeader('{"x": '), /a JSON header/],
    ['a list', withHeader('[1]'), /a JSON object/],
    ['offsets beyond the data', withHeader(entry([8, 24])), /16 bytes for x inside the 16/],
    ['offsets that disagree with the shape', withHeader(entry([0, 12])), /16 bytes for x/],
    ['negative offsets', withHeader(entry([-16, 0])), /two data offsets/],
    ['a negative side', withHeader(entry([0, 16], [-4])), /a shape of whole numbers/],
    ['sides that overflow', withHeader(entry([0, 16], [2 ** 53, 2 ** 53])), /a shape of whole numbers/],
    ['an unknown type', withHeader(entry([0, 16], [2], 'C128')), /of type F32/],
    [
      'overlap',
      withHeader({ ...entry([0, 16]), y: { dtype: 'U8', shape: [8], data_offsets: [8, 16] } }),
      /do not overlap/,
    ],
  ])('%s is refused by name', (_, bytes, message) => {
    expect(() => readSafetensors(bytes, 'x.safetensors')).toThrow(message);
    expect(() => readSafetensors(bytes, 'x.safetensors')).toThrow(/^x\.safetensors: /);
  });
});

describe('float16', () => {
  test('every float16 survives the way to float32 and back', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, i) => i).filter(
      (half) => (half & 0x7c00) !== 0x7c00 || (half & 0x3ff) === 0,
    );
    expect(toFloat16(fromFloat16(all))).toEqual(all);
  });

  test.each([
    [65504, 0x7bff],
    [65519.996, 0x7bff],
    [65520, 0x7c00],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [2 ** -25, 0],
    [1.5 * 2 ** -25, 1],
    [-(2 ** -14), 0x8400],
    [Number.NaN, 0x7e00],
  ])('%s rounds to the nearest, ties to even', (value, half) => {
    expect(toFloat16(Float32Array.of(value))[0]).toBe(half);
  });
});
