import type { OwnFloats } from '../arrays/index.js';
import { generator } from './generator.js';
import type { KeyPart } from './key.js';

/** How many words {@link keyWords} gives. */
export const KEY_WORDS = 8;

/**
 * Eight whole numbers below 4096 (12 random bits each) that a list of keys names: what the operator `randomUniform` takes as
 * its seed and its step. A pure function of the keys.
 *
 * @throws HmsaError when a number among the keys is not a safe integer
 */
export function keyWords(...keys: readonly KeyPart[]): OwnFloats {
  const random = generator(0, 'words', ...keys);
  return Float32Array.from({ length: KEY_WORDS }, () => random.word() >>> 20);
}
