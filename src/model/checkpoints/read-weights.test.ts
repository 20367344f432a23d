import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readWeights } from './index.js';

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
