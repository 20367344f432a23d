import { describe, expect, test } from 'vitest';
import { readFileSync } from '../../../tests/support/node.js';
import { writeSafetensors } from '../weights/index.js';
import { readWeights } from './read-weights.js';

const folder = new URL('../../../tests/golden/fixtures/checkpoints/', import.meta.url);
const fixture = (file: string) => new Uint8Array(readFileSync(new URL(file, folder)));

interface Held {
  readonly shape: readonly number[];
  readonly storedAs: string;
  readonly values: readonly (number | string)[];
}
const held = JSON.parse(readFileSync(new URL('held.json', folder), 'utf8')) as Record<
  string,
  Record<string, Held>
>;

describe('values are those that PyTorch and NumPy hold', () => {
  test.each(Object.keys(held))('%s', (file) => {
    const { tensors } = readWeights(fixture(file), file);
    expect([...tensors.keys()].sort()).toEqual(Object.keys(held[file]!).sort());
    for (const [name, { shape, storedAs, values }] of Object.entries(held[file]!)) {
      const tensor = tensors.get(name)!;
      expect({ name, shape: tensor.shape, storedAs: tensor.storedAs }).toEqual({ name, shape, storedAs });
      const array = tensor.read();
      expect(array.shape).toEqual(shape);
      const expected = values.map((value) =>
        array.dtype === 'int64'
          ? BigInt(value)
          : array.dtype === 'float32'
            ? Math.fround(Number(value))
            : value,
      );
      expect([name, ...array.data]).toEqual([name, ...expected]);
    }
  });
});

const messages = (file: string) =>
  [...readWeights(fixture(file), file).tensors].flatMap(([name, tensor]) => {
    try {
      tensor.read();
      return [];
    } catch (error) {
      return [`${name}: ${(error as Error).message}`];
    }
  });

test('a tensor of a kind that is not read is an error for who wants it, and no other', () => {
  expect(messages('unread.pth')).toEqual(
    [
      ['complex', 'complex64'],
      ['float8', 'float8_e4m3fn'],
      ['meta', 'without numbers (of the device meta)'],
      ['sparse', 'sparse'],
      ['quantized', 'quantised'],
    ].map(
      ([name, kind]) =>
        `${name}: unread.pth, ${name}: expected numbers that are stored as they are, received a tensor that is ${kind}. In Python, save it as a plain tensor of float32.`,
    ),
  );
  expect(readWeights(fixture('unread.pth'), 'x').tensors.get('sparse')!.shape).toEqual([2, 2]);
});

test.each([
  ['module.pth', /received torch\.nn\.modules\.conv\.Conv2d, .* save model\.state_dict\(\) alone\.$/],
  ['torchscript.pt', /received a TorchScript archive .* torch\.jit\.load/],
  [
    'objects.npz',
    /^objects\.npz: expected numbers in objects\.npz, pickled, received an array of Python objects/,
  ],
])('%s is refused with a way out', (file, message) => {
  expect(() => readWeights(fixture(file), file)).toThrow(message);
});

test('training state is left out, and listed', () => {
  const { notes } = readWeights(fixture('training.pth'), 'x');
  expect(notes[1]).toMatch(/^left out epoch, arch, optimizer, .* and 6 more$/);
});

test('a file that is cut anywhere, or has a bit of its numbers flipped, is refused', () => {
  for (const file of ['training.pth', 'layouts-legacy.pth', 'deflated.npz', 'types.safetensors']) {
    const bytes = fixture(file);
    for (let length = 0; length < bytes.length; length += 61)
      expect(() => readWeights(bytes.subarray(0, length), file), `${file} ${length}`).toThrow(/: expected /);
  }
  const bytes = fixture('protocol-3.pth');
  const at = Buffer.from(bytes).indexOf(Buffer.from(Float32Array.of(-4, -3.5).buffer));
  bytes[at] = 1;
  expect(() => readWeights(bytes, 'x')).toThrow(/data\/0 with its checksum/);
});

test('a checksum of hmsa is verified', () => {
  const array = { dtype: 'float32', shape: [1], data: Float32Array.of(3) } as const;
  const bytes = writeSafetensors({ tensors: new Map([['a', array]]), metadata: new Map([['k', 'v']]) });
  const { tensors, metadata } = readWeights(bytes, 'x');
  expect([tensors.get('a')!.read(), [...metadata]]).toEqual([array, [['k', 'v']]]);
  bytes[bytes.length - 1]! ^= 1;
  expect(() => readWeights(bytes, 'x')).toThrow(/checksum/);
});
