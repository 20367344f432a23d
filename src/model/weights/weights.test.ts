import { describe, expect, test } from 'vitest';
import { fromFloat16, readSafetensors, type Safetensors, toFloat16, writeSafetensors } from './index.js';

const file = () =>
  writeSafetensors({
    tensors: new Map([
      ['b', { dtype: 'uint8', shape: [3], data: Uint8Array.of(1, 2, 3) }],
      ['a.weight', { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1, -2, 0.5, 4) }],
      ['c', { dtype: 'int8', shape: [2], data: Int8Array.of(-128, 127) }],
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
    expect([...tensors.keys()]).toEqual(['a.weight', 'b', 'c']);
    expect(tensors.get('a.weight')).toEqual({
      dtype: 'float32',
      shape: [2, 2],
      data: Float32Array.of(1, -2, 0.5, 4),
    });
    expect(tensors.get('b')!.data).toEqual(Uint8Array.of(1, 2, 3));
    expect(tensors.get('c')!.data).toEqual(Int8Array.of(-128, 127));
    expect(metadata.get('format')).toBe('hmsa');
  });

  test('a Node Buffer, whose slice is no copy, reads as any other bytes', () => {
    const { tensors } = readSafetensors(Buffer.from(file()), 'x.safetensors');
    expect(tensors.get('a.weight')!.data).toEqual(Float32Array.of(1, -2, 0.5, 4));
    expect(tensors.get('b')!.data).toEqual(Uint8Array.of(1, 2, 3));
  });

  test('bytes that no array claims are passed over where that is asked for', () => {
    const file = withHeader({ x: { dtype: 'U8', shape: [2], data_offsets: [4, 6] } }, 9);
    expect(readSafetensors(file, 'x', { gaps: true }).tensors.get('x')!.data).toEqual(Uint8Array.of(0, 0));
  });

  const entry = (offsets: unknown, shape: unknown = [4], dtype = 'F32') => ({
    x: { dtype, shape, data_offsets: offsets },
  });
  test.each<[string, Uint8Array, RegExp]>([
    ['empty', new Uint8Array(), /8 bytes or more, received 0/],
    ['cut short', file().subarray(0, 60), /a header inside the file/],
    ['data cut short', file().subarray(0, -2), /bytes for/],
    ['a header of 2⁶³ bytes', Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 128, 1), /9223372036854775808 bytes/],
    ['no JSON', withHeader('{"x": '), /line 1, column \d+: expected/],
    ['bytes that are no text', withHeader('{}', 0).fill(0xff, 8), /a JSON header/],
    ['a header nested a million deep', withHeader('['.repeat(1e6)), /JSON nested at most 3 deep/],
    [
      'an object as type',
      withHeader({ x: { dtype: { toString: 1 }, shape: [4], data_offsets: [0, 16] } }),
      /of type F32/,
    ],
    ['a list as entry', withHeader({ x: [1] }), /an object for x, received an array of 1/],
    [
      'metadata that are no strings',
      withHeader({ __metadata__: { a: { b: 1 } } }, 0),
      /strings, received a: an object/,
    ],
    [
      'an array twice',
      withHeader('{"x":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"x":{}}', 0),
      /each key once, received x twice/,
    ],
    ['a rank of a thousand', withHeader(entry([0, 16], Array(1000).fill(1))), /a shape of whole numbers/],
    ['a megabyte of shape', withHeader(entry([0, 16], 'x'.repeat(1e6))), /^.{1,5000}$/],
    ['bytes after the last array', withHeader(entry([0, 16]), 17), /1 bytes at the end that do not/],
    [
      'a hole',
      withHeader({ ...entry([0, 16]), y: { dtype: 'U8', shape: [8], data_offsets: [24, 32] } }, 32),
      /8 bytes before y that do not/,
    ],
    ['bytes before the first array', withHeader(entry([4, 20]), 20), /4 bytes before x/],
    ['a list', withHeader('[1]', 0), /a JSON object/],
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
    expect(() => readSafetensors(bytes, 'x.safetensors')).toThrow(
      /^x\.safetensors(, line \d+, column \d+)?: /,
    );
  });
});

describe('the checksum', () => {
  test('stands in the header as the CRC-32 of names, types, shapes and bytes, and is not handed out', () => {
    const bytes = writeSafetensors({ tensors: new Map(), metadata: new Map([['a', 'b']]) });
    // zlib's crc32 of '["a","b"]\n'
    expect(new TextDecoder().decode(bytes.subarray(8)).trim()).toBe(
      '{"__metadata__":{"a":"b","crc32":"c453e954"}}',
    );
    expect(readSafetensors(bytes, 'x').metadata).toEqual(new Map([['a', 'b']]));
  });

  test('one flipped bit anywhere is refused', () => {
    const whole = file();
    for (let at = 0; at < whole.length; at++) {
      const bytes = whole.slice();
      bytes[at]! ^= 1 << (at % 8);
      let read: Safetensors;
      try {
        read = readSafetensors(bytes, 'x.safetensors');
      } catch (error) {
        expect((error as Error).message).toMatch(/^x\.safetensors(, line \d+, column \d+)?: expected /);
        continue;
      }
      // The name of the key itself, without which nothing is compared.
      expect(read.tensors).toEqual(readSafetensors(whole, 'x').tensors);
      expect(read.metadata.size).toBe(2);
    }
  });

  test('a wrong one is refused with the way out, a file without one is read', () => {
    const text = new TextDecoder('latin1').decode(file());
    const [key, value] = /"crc32":"([0-9a-f]{8})"/.exec(text)!;
    const other = Uint8Array.from(text.replace(key, '"crc32":"00000000"'), (c) => c.charCodeAt(0));
    expect(() => readSafetensors(other, 'x')).toThrow(
      `x: expected content of the checksum 00000000, received ${value}: something in the file has changed since it was ` +
        'written. Get the file again; or, if it was edited on purpose, remove crc32 from its metadata.',
    );
    const without = Uint8Array.from(text.replace(key, '"hello":"00000000"'), (c) => c.charCodeAt(0));
    expect(readSafetensors(without, 'x').metadata.get('hello')).toBe('00000000');
  });
});

test('what no file can hold is not written', () => {
  const write = (name: string, array: unknown) =>
    writeSafetensors({ tensors: new Map([[name, array as never]]), metadata: new Map() });
  expect(() => write('__proto__', {})).toThrow(/a name for each array/);
  expect(() => write('a', { dtype: 'float32', shape: [2], data: new Float32Array(3) })).toThrow(
    'writeSafetensors, a: expected 8 bytes of data, received 12.',
  );
  expect(() => write('a', undefined)).toThrow(/expected an array as/);
  expect(() => readSafetensors('x' as never, 'x')).toThrow(/the bytes of a file as Uint8Array, received "x"/);
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
