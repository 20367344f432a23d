import type { OnnxEmitter } from '../../engine/graph/index.js';

/**
 * The probabilities that each class is present at a pixel, σ(logits), and absent, 1 − σ, in the shape of the logits. Operators
 * that need them share them: each is a pass over all classes of all pixels.
 *
 * @param valid [N, 1, H, W]: where it is 0, no class is present
 */
export function emitSigmoids(emitter: OnnxEmitter, logits: string, valid?: string) {
  const sigmoid = emitter.shared('Sigmoid', [logits]);
  const present = valid === undefined ? sigmoid : emitter.shared('Mul', [sigmoid, valid]);
  return {
    present,
    get absent(): string {
      return emitter.shared('Sub', [emitter.float(1), present]);
    },
  };
}
