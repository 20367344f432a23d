import { generator } from './generator.js';
import type { KeyPart } from './key.js';

/** The number of words that {@link keyWords} returns. */
export const KEY_WORDS = 8;

/**
 * Eight whole numbers from 0 to 4095 (12 random bits each), a pure function of the keys. The operator `randomUniform` takes
 * such words as its seed and as its step.
 *
 * @throws HmsaError when a number among the keys is not a safe integer
 */
export function keyWords(...keys: readonly KeyPart[]): Float32Array {
  const random = generator(0, 'words', ...keys);
  return Float32Array.from({ length: KEY_WORDS }, () => random.word() >>> 20);
}
