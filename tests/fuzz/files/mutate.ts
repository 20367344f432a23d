import { generator } from '../../../src/base/random/index.js';

type Random = ReturnType<typeof generator>;

/** Words that a header or a JSON file does not expect where they turn up. */
const WORDS = [
  'null',
  '-1',
  '1e999',
  '1e9',
  '0.5',
  'true',
  '[]',
  '{}',
  '""',
  '[[[[',
  '{"a":',
  '"__proto__"',
  '"constructor"',
  '\\ud800',
  '\n',
  '\u001b]0;x\u0007',
  '\u202e',
  '\ufeff',
  '18446744073709551615',
  '9'.repeat(400),
  '['.repeat(5000),
];

const mutations: readonly ((bytes: Uint8Array, random: Random) => Uint8Array)[] = [
  function flip(bytes, random) {
    const copy = bytes.slice();
    if (copy.length > 0) copy[random.int(copy.length)]! ^= 1 << random.int(8);
    return copy;
  },
  function overwrite(bytes, random) {
    const copy = bytes.slice();
    const at = random.int(copy.length + 1);
    const value = [0, 255, 127, 128][random.int(4)]!;
    return copy.fill(value, at, Math.min(copy.length, at + 1 + random.int(8)));
  },
  function cut(bytes, random) {
    return bytes.slice(0, random.int(bytes.length + 1));
  },
  function remove(bytes, random) {
    const at = random.int(bytes.length + 1);
    return joined(bytes.subarray(0, at), bytes.subarray(at + 1 + random.int(64)));
  },
  function insert(bytes, random) {
    const at = random.int(bytes.length + 1);
    const added = Uint8Array.from({ length: 1 + random.int(64) }, () => random.int(256));
    return joined(bytes.subarray(0, at), added, bytes.subarray(at));
  },
  function splice(bytes, random) {
    const [from, to] = [random.int(bytes.length + 1), random.int(bytes.length + 1)];
    const piece = bytes.slice(from, from + 1 + random.int(256));
    return joined(bytes.subarray(0, to), piece, bytes.subarray(to));
  },
  function word(bytes, random) {
    // In the first kilobytes, where headers are, and in place of what stands there half of the time.
    const at = random.int(Math.min(bytes.length, 4096) + 1);
    const added = new TextEncoder().encode(WORDS[random.int(WORDS.length)]!);
    return joined(bytes.subarray(0, at), added, bytes.subarray(at + random.int(2) * added.length));
  },
  function token(bytes, random) {
    // One number, string or name of a text for a word: what keeps the rest of a JSON text whole.
    const text = Buffer.from(bytes).toString('latin1');
    const tokens = [...text.slice(0, 65_536).matchAll(/"[^"\n]*"|-?\d+(\.\d+)?|\b(true|false|null)\b/g)];
    if (tokens.length === 0) return bytes;
    const { index, 0: old } = tokens[random.int(tokens.length)]!;
    const added = Buffer.from(WORDS[random.int(WORDS.length)]!);
    return joined(bytes.subarray(0, index), added, bytes.subarray(index + old.length));
  },
];

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** One to three mutations of a file: a pure function of the bytes, the seed and the number of the run. */
export function mutate(bytes: Uint8Array, seed: number, run: number): Uint8Array {
  const random = generator(seed, 'mutate', `${run}`);
  // A Buffer, which is a Uint8Array too, slices without copying.
  let mutated: Uint8Array = new Uint8Array(bytes);
  for (let left = 1 + random.int(3); left > 0; left--) {
    mutated = mutations[random.int(mutations.length)]!(mutated, random);
  }
  return mutated;
}
