import { type KeyPart, keyOf } from './key.js';
import { philox } from './philox.js';

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
