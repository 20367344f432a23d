import { float32, type NdArray } from '../base/arrays.js';
import { checkArgument, checkTexts, isObject } from '../base/errors/index.js';
import type { Batch } from '../data/index.js';
import { input, type Tensor } from '../engine/graph/index.js';
import { compile } from '../engine/onnx/lower.js';
import type { SessionOptions } from '../engine/runtime/index.js';
import { type ModelConfig, normalizePixels, predictAtScale, segmentation } from '../model/index.js';
import { Builder, NORM_EPSILON } from '../model/layers/index.js';
import { isOfAttention, matcher, normsOf, type PhaseRule } from './phase-rule.js';
import type { OpenSession } from './phase-runner.js';
import type { Weights } from './weights.js';

/**
 * Restores the statistics of batch norms that the pretrained file had folded into convolutions. It measures mean and
 * variance of the input of each over some batches, at all scales of the model, and adjusts scale and shift. The network
 * then computes the same function as before and can be trained with batch statistics.
 *
 * @param norms paths of these batch norms
 * @returns the weights with these batch norms replaced
 * @throws the signal's reason, before the next batch, when it aborts
 */
export async function estimateStatistics(
  model: ModelConfig,
  weights: Weights,
  norms: readonly string[],
  batches: Iterable<Batch> | AsyncIterable<Batch>,
  openSession: OpenSession,
  options: SessionOptions,
  signal?: AbortSignal,
): Promise<Weights> {
  checkArgument(weights instanceof Map, 'estimateStatistics, weights', 'a Map of weights by name', weights);
  checkTexts(norms, 'estimateStatistics, norms', 'a list of paths of batch norms');
  checkArgument(
    isObject(model) && Array.isArray(model.scales),
    'estimateStatistics, model',
    'a configuration',
    model,
  );
  checkArgument(
    typeof openSession === 'function',
    'estimateStatistics, openSession',
    'a function',
    openSession,
  );
  checkArgument(isObject(options), 'estimateStatistics, options', 'an object of options', options);
  if (norms.length === 0) return weights;
  const sums = new Map(norms.map((path) => [path, new Moments(weights.get(`${path}.weight`)!.data.length)]));
  for (const scale of model.scales) {
    let observer: { run(batch: Batch): Promise<void>; dispose(): Promise<void> } | undefined;
    try {
      for await (const batch of batches) {
        signal?.throwIfAborted();
        observer ??= await observe(model, weights, scale, batch.size, sums, openSession, options);
        await observer.run(batch);
      }
    } finally {
      await observer?.dispose();
    }
  }
  const result: Weights = new Map(weights);
  for (const [path, moments] of sums) reestablish(result, path, moments);
  return result;
}

async function observe(
  model: ModelConfig,
  weights: Weights,
  scale: number,
  size: Batch['size'],
  sums: ReadonlyMap<string, Moments>,
  openSession: OpenSession,
  options: SessionOptions,
) {
  const builder = new Builder({ inference: true, observe: true });
  const images = normalizePixels(input('images', [...size, 3], 'uint8'), model);
  predictAtScale(builder.root, images, model, scale);
  const watched = [...builder.observed].filter(([path]) => sums.has(path));
  const outputs: Record<string, Tensor> = Object.fromEntries(
    watched.flatMap(([path, [statistics]]) => [
      [`${path}.mean`, statistics!.mean],
      [`${path}.variance`, statistics!.variance],
    ]),
  );
  const session = await openSession(compile({ outputs, constants: weights }), options);
  return {
    async run({ images, size }: Batch): Promise<void> {
      const results = await session.run({ images: { dtype: 'uint8', data: images, shape: [...size, 3] } });
      for (const [path] of watched) {
        sums.get(path)!.add(results[`${path}.mean`]!.data, results[`${path}.variance`]!.data);
      }
    },
    dispose: () => session.dispose(),
  };
}

/** Combines means and variances of equally large parts into the mean and variance of all. */
class Moments {
  #parts = 0;
  readonly #mean: Float64Array;
  readonly #square: Float64Array;

  constructor(channels: number) {
    this.#mean = new Float64Array(channels);
    this.#square = new Float64Array(channels);
  }

  add(mean: NdArray['data'], variance: NdArray['data']): void {
    this.#parts++;
    for (let c = 0; c < this.#mean.length; c++) {
      this.#mean[c]! += Number(mean[c]);
      this.#square[c]! += Number(variance[c]) + Number(mean[c]) ** 2;
    }
  }

  get isEmpty(): boolean {
    return this.#parts === 0;
  }

  at(channel: number): { mean: number; variance: number } {
    const mean = this.#mean[channel]! / this.#parts;
    return { mean, variance: Math.max(0, this.#square[channel]! / this.#parts - mean ** 2) };
  }
}

/** Adjusts γ and β so that γ(x − μ)/√(σ² + ε) + β is the same function of x with the measured μ and σ². */
function reestablish(weights: Weights, path: string, moments: Moments): void {
  if (moments.isEmpty) return;
  const of = (name: string) => weights.get(`${path}.${name}`)!;
  const [gamma, beta, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map((name) =>
    of(name).data.slice(),
  );
  for (let c = 0; c < gamma!.length; c++) {
    const measured = moments.at(c);
    const slope = gamma![c]! / Math.sqrt(variance![c]! + NORM_EPSILON);
    beta![c]! += slope * (measured.mean - mean![c]!);
    gamma![c] = slope * Math.sqrt(measured.variance + NORM_EPSILON);
    mean![c] = measured.mean;
    variance![c] = measured.variance;
  }
  const { shape } = of('weight');
  weights.set(`${path}.weight`, float32(gamma!, shape));
  weights.set(`${path}.bias`, float32(beta!, shape));
  weights.set(`${path}.running_mean`, float32(mean!, shape));
  weights.set(`${path}.running_var`, float32(variance!, shape));
}

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
