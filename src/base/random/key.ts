import { HmsaError, shown } from '../errors/index.js';
import { philox } from './philox.js';

/** A part of the key of a stream: an integer or a word, as in `(seed, 'crop', epoch, sample)`. */
export type KeyPart = number | string;

/**
 * Hashes a list of integers and words to the 64-bit key of one stream. Order, kind and boundaries count:
 * `(1, 23)`, `(12, 3)` and `('1', 23)` name different streams.
 *
 * @throws HmsaError when a number is not a safe integer
 */
export function keyOf(parts: readonly KeyPart[]): readonly [number, number] {
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
