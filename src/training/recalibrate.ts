import { float32, type NdArray } from '../base/arrays.js';
import type { Batch } from '../data/index.js';
import { input, type Tensor } from '../engine/graph/index.js';
import { compile } from '../engine/onnx/lower.js';
import type { SessionOptions } from '../engine/runtime/index.js';
import { type ModelConfig, normalizePixels, predictAtScale, segmentation } from '../model/index.js';
import { Builder } from '../model/layers/index.js';
import { Moments } from './estimate-statistics.js';
import type { OpenSession } from './phase-runner.js';
import { isOfAttention, matcher, normsOf, type PhaseRule } from './trained.js';
import type { Weights } from './weights.js';

/**
 * Measures the statistics of batch norms anew, for weights that have changed since they were tracked: mean and variance of
 * what a batch norm sees over some batches and all scales, each of which counts alike, while every measured batch norm
 * normalises by its batch, as in training (precise batch norm: Wu and Johnson 2021, arXiv 2105.07576, section 3).
 *
 * Batch norms are left as they are where the phase cannot have changed their input (trunk and head in `attention`, the
 * attention in `scales`), where they are frozen, and where they never take statistics of a batch.
 *
 * @returns the weights with other running statistics
 * @throws the signal's reason, before the next batch, when it aborts
 */
export async function recalibrate(
  model: ModelConfig,
  weights: ReadonlyMap<string, NdArray<'float32'>>,
  rule: PhaseRule,
  batches: AsyncIterable<Batch> | Iterable<Batch>,
  openSession: OpenSession,
  options: SessionOptions,
  signal?: AbortSignal,
): Promise<Weights> {
  const norms = measuredNorms(model, rule);
  let session: Awaited<ReturnType<OpenSession>> | undefined;
  let names: readonly string[] = [];
  const moments = new Map<string, Moments>();
  try {
    for await (const { images, size } of batches) {
      signal?.throwIfAborted();
      if (session === undefined) {
        const outputs = statisticsOf(model, rule, norms, size);
        names = Object.keys(outputs).filter((name) => name.endsWith(MEAN));
        session = await openSession(compile({ outputs, constants: weights }), options);
      }
      const results = await session.run({ images: { dtype: 'uint8', data: images, shape: [...size, 3] } });
      for (const name of names) {
        const stem = name.slice(0, -MEAN.length);
        const path = stem.slice(stem.indexOf(' ') + 1);
        const mean = results[name]!.data;
        const known = moments.get(path) ?? new Moments(mean.length);
        moments.set(path, known);
        known.add(mean, results[`${stem}${VARIANCE}`]!.data);
      }
    }
  } finally {
    await session?.dispose();
  }
  const result: Weights = new Map(weights);
  for (const [path, found] of moments) {
    const { shape, data } = weights.get(`${path}.running_mean`)!;
    const channels = Array.from(data, (_, channel) => found.at(channel));
    result.set(
      `${path}.running_mean`,
      float32(
        Float32Array.from(channels, ({ mean }) => mean),
        shape,
      ),
    );
    result.set(
      `${path}.running_var`,
      float32(
        Float32Array.from(channels, ({ variance }) => variance),
        shape,
      ),
    );
  }
  return result;
}

const [MEAN, VARIANCE] = [' mean', ' variance'];

function measuredNorms(model: ModelConfig, { kind, freeze = [] }: PhaseRule): Set<string> {
  const isFrozen = matcher(freeze);
  return new Set(
    normsOf(model).filter((path) => {
      const name = `${path}.weight`;
      if (isFrozen(name)) return false;
      return kind === 'scales' ? !isOfAttention(name) : kind !== 'attention' || isOfAttention(name);
    }),
  );
}

/** Mean and variance of each input of each measured batch norm, named by its number and path. */
function statisticsOf(
  model: ModelConfig,
  { kind }: PhaseRule,
  norms: ReadonlySet<string>,
  size: Batch['size'],
): Record<string, Tensor> {
  const builder = new Builder({
    observe: true,
    trainable: () => false,
    batchStatistics: (path) => norms.has(path),
  });
  const images = normalizePixels(input('images', [...size, 3], 'uint8'), model);
  if (kind === 'scales') {
    for (const scale of model.scales) predictAtScale(builder.root, images, model, scale);
  } else segmentation(builder.root, images, model, { scales: model.scales, combine: 'hierarchical' });
  const moved = new Set([...builder.bufferUpdates.keys()].map(({ attributes }) => attributes.name));
  const observed = [...builder.observed].filter(([path]) => moved.has(`${path}.running_mean`));
  return Object.fromEntries(
    observed.flatMap(([path, all]) =>
      all.flatMap(({ mean, variance }, i) => [
        [`${i} ${path}${MEAN}`, mean],
        [`${i} ${path}${VARIANCE}`, variance],
      ]),
    ),
  );
}
