import type { OwnFloats } from '../arrays.js';
import { HmsaError, shown } from '../errors/index.js';

/** One stream of random numbers. Each call takes the next numbers of the stream; nothing else advances it. */
export interface Generator {
  /** A word of 32 random bits, 0 … 2³² − 1. */
  word(): number;
  /** Uniform in [low, high), on a grid of 2³² values; default [0, 1). */
  uniform(low?: number, high?: number): number;
  /** Normally distributed (Box and Muller); default mean 0 and standard deviation 1. */
  normal(mean?: number, deviation?: number): number;
  /** A whole number in 0 … n − 1, each equally likely, for n up to 2³². */
  int(n: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  /** One of the items, each equally likely. */
  pick<T>(items: readonly T[]): T;
  /** Puts the items into random order, in place, and returns them. */
  shuffle<T extends { readonly length: number; [index: number]: unknown }>(items: T): T;
}

/**
 * The stream of random numbers for a seed and a list of keys, such as `generator(seed, 'flip', epoch, sample)`. It is a pure
 * function of them: it depends neither on time nor on threads nor on what was drawn from other streams.
 *
 * @throws HmsaError when the seed or a key is a number that is not a safe integer
 */
export function generator(seed: number, ...keys: readonly KeyPart[]): Generator {
  const [key0, key1] = keyOf([seed, ...keys]);
  return new PhiloxGenerator(key0, key1);
}

class PhiloxGenerator implements Generator {
  readonly #key0: number;
  readonly #key1: number;
  readonly #words = new Uint32Array(4);
  readonly #counter: [number, number, number, number] = [0, 0, 0, 0];
  #used = 4;
  #spareNormal: number | undefined;

  constructor(key0: number, key1: number) {
    this.#key0 = key0;
    this.#key1 = key1;
  }

  word(): number {
    if (this.#used === 4) {
      philox(this.#key0, this.#key1, this.#counter, this.#words);
      this.#counter[0] = (this.#counter[0] + 1) >>> 0;
      if (this.#counter[0] === 0) this.#counter[1] += 1;
      this.#used = 0;
    }
    return this.#words[this.#used++]!;
  }

  uniform(low = 0, high = 1): number {
    return low + (high - low) * (this.word() / 2 ** 32);
  }

  normal(mean = 0, deviation = 1): number {
    let value = this.#spareNormal;
    if (value === undefined) {
      // The logarithm needs (0, 1], not [0, 1).
      const radius = Math.sqrt(-2 * Math.log((this.word() + 1) / 2 ** 32));
      const angle = 2 * Math.PI * this.uniform();
      value = radius * Math.cos(angle);
      this.#spareNormal = radius * Math.sin(angle);
    } else {
      this.#spareNormal = undefined;
    }
    return mean + deviation * value;
  }

  int(n: number): number {
    // 2³² is rarely a multiple of n, so words at the end of the range would make small results likelier: draw again.
    const limit = 2 ** 32 - (2 ** 32 % n);
    let word = this.word();
    while (word >= limit) word = this.word();
    return word % n;
  }

  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.int(items.length)]!;
  }

  shuffle<T extends { readonly length: number; [index: number]: unknown }>(items: T): T {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      const kept = items[i];
      items[i] = items[j];
      items[j] = kept;
    }
    return items;
  }
}

/** The number of words that {@link keyWords} returns. */
export const KEY_WORDS = 8;

/**
 * Eight whole numbers from 0 to 4095 (12 random bits each), a pure function of the keys. The operator `randomUniform` takes
 * such words as its seed and as its step.
 *
 * @throws HmsaError when a number among the keys is not a safe integer
 */
export function keyWords(...keys: readonly KeyPart[]): OwnFloats {
  const random = generator(0, 'words', ...keys);
  return Float32Array.from({ length: KEY_WORDS }, () => random.word() >>> 20);
}

/** A part of the key of a stream: an integer or a word, as in `(seed, 'crop', epoch, sample)`. */
export type KeyPart = number | string;

/**
 * Hashes a list of integers and words to the 64-bit key of one stream. Order, kind and boundaries count:
 * `(1, 23)`, `(12, 3)` and `('1', 23)` name different streams.
 *
 * @throws HmsaError when a number is not a safe integer
 */
function keyOf(parts: readonly KeyPart[]): readonly [number, number] {
  const state = new Uint32Array(4);
  const absorb = (kind: number, low: number, high: number) =>
    philox(state[0]!, state[1]!, [low, high, kind, state[2]!], state);
  for (const part of parts) {
    if (typeof part === 'string') {
      absorb(2, part.length, 0);
      for (let i = 0; i < part.length; i++) absorb(3, part.charCodeAt(i), i);
    } else {
      if (!Number.isSafeInteger(part)) {
        throw new HmsaError({
          operation: 'random generator',
          expected: 'whole numbers and words as seed and keys',
          received: shown(part),
        });
      }
      absorb(1, part >>> 0, Math.floor(part / 2 ** 32) >>> 0);
    }
  }
  absorb(4, parts.length, 0);
  return [state[0]!, state[1]!];
}

/**
 * Philox4x32-10, a counter-based generator: 128 bits that depend only on a key and a counter, so that any number of a
 * stream can be computed without those before it.
 *
 * Source: Salmon, Moraes, Dror, Shaw, *Parallel Random Numbers: As Easy as 1, 2, 3*, SC 2011, section 3.4.
 * It uses only integer arithmetic, so the words are the same on every engine and processor.
 */
const ROUNDS = 10;
const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;

/** The upper 32 bits of a 32 × 32 bit product. Computed by halves, because a double holds only 53 bits. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + (middle >>> 16) + (carry >>> 16)) >>> 0;
}

/**
 * Writes four unsigned 32-bit words for a 64-bit key and a 128-bit counter. Key and counter are given as 32-bit words, the
 * lowest first.
 */
export function philox(
  key0: number,
  key1: number,
  counter: readonly [number, number, number, number],
  out: Uint32Array,
): void {
  let [c0, c1, c2, c3] = counter;
  let k0 = key0;
  let k1 = key1;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0 >>> 0);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2 >>> 0);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}
