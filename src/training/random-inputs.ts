import { float32 } from '../base/arrays/index.js';
import { KEY_WORDS, keyWords } from '../base/random/index.js';
import { input } from '../engine/graph/index.js';
import type { NamedArrays, TensorInfo } from '../engine/runtime/index.js';
import type { RandomSource } from '../model/layers/index.js';

/** What a training graph draws from: inputs that it has only where it draws. */
export function randomInputs(): RandomSource {
  return { seed: input('seed', [KEY_WORDS]), step: input('step', [KEY_WORDS]) };
}

/**
 * Their values for one batch, a pure function of the three, so that a run that goes on draws what it would have drawn.
 *
 * @param inputs of the graph: nothing for one that draws no random numbers
 * @param step over the whole run
 * @param batch among those that the step accumulates
 */
export function randomFeeds(
  inputs: readonly TensorInfo[],
  seed: number,
  step: number,
  batch: number,
): NamedArrays {
  if (!inputs.some(({ name }) => name === 'seed')) return {};
  const words = (...keys: (string | number)[]) => float32(keyWords(...keys), [KEY_WORDS]);
  return { seed: words('seed', seed), step: words('step', step, batch) };
}
