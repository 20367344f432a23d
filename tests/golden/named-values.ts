/**
 * Uniform numbers in low … high that follow from a name alone, exact in float32, so that fixtures hold none of
 * their inputs. `tools/named_values.py` is the same generator in Python; both give the same bits.
 */
export function namedValues(name: string, shape: readonly number[], low = -1, high = 1): Float64Array {
  const hash = hashName(name);
  const count = shape.reduce((product, side) => product * side, 1);
  // A loop, because networks of full size have tens of millions of values.
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const unit = (finalise(hash + Math.imul(i + 1, 0x9e3779b9)) >>> 8) / 2 ** 24;
    values[i] = Math.fround(low + (high - low) * unit);
  }
  return values;
}

/** FNV-1a of the name's UTF-8 bytes. */
function hashName(name: string): number {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) value = Math.imul(value ^ byte, 0x01000193);
  return value;
}

/** The finaliser of murmur3. */
function finalise(seed: number): number {
  let x = seed | 0;
  x ^= x >>> 16;
  x = Math.imul(x, 0x85ebca6b);
  x ^= x >>> 13;
  x = Math.imul(x, 0xc2b2ae35);
  return x ^ (x >>> 16);
}
