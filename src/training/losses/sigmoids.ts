import type { OnnxEmitter } from '../../engine/graph/index.js';

/**
 * The probability that each class is present at a pixel, σ(logits), in the shape of the logits. Operators that need it share it: it is
 * a pass over all classes of all pixels.
 *
 * @param valid [N, 1, H, W]: where it is 0, no class is present
 */
export function emitSigmoids(emitter: OnnxEmitter, logits: string, valid?: string): string {
  const sigmoid = emitter.shared('Sigmoid', [logits]);
  return valid === undefined ? sigmoid : emitter.shared('Mul', [sigmoid, valid]);
}
