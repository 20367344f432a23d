import type { NdArray } from '../../base/arrays.js';
import type { Pixels } from '../../base/pixels.js';
import type { Tensor } from '../../engine/graph/index.js';
import { lower } from '../../engine/onnx/lower.js';
import { max, neg, slice } from '../../engine/ops/index.js';
import { quantizable, simplify } from '../../engine/passes/index.js';
import type { Session, SessionOptions } from '../../engine/runtime/index.js';
import type { Model } from '../../model/file/index.js';
import { inferenceOutputs, type Way } from '../inference-graph.js';
import type { Histogram } from './range-rules.js';

/** Opens the bytes of an ONNX file as a session. */
export type OpenSession = (graph: Uint8Array, options: SessionOptions) => Promise<Session>;

/** How a network is run on calibration images. */
export interface RunChoice extends Way {
  readonly open: OpenSession;
  readonly session: SessionOptions;
  readonly signal?: AbortSignal;
  /** Awaited after each image. */
  readonly onProgress?: (done: number, total: number) => unknown;
}

/** What can be quantised in a model's network, with the values that its activations had. */
export interface Observation {
  /** Names of weights, from the first layer to the last. */
  readonly layers: readonly string[];
  /** By key of the activation. */
  readonly histograms: ReadonlyMap<string, Histogram>;
}

const BINS = 2048;

/** Rows and columns between the values that are counted; a number without factors in common with strides and tiles. */
const SPACING = 7;

/**
 * Observes the activations of a model on images: the extremes of all values first, then how often each value occurs at every
 * seventh row and column.
 *
 * @param images RGB, as the network is to see them
 * @throws HmsaError when a graph cannot be opened or run
 */
export async function observe(
  model: Model,
  images: readonly Pixels[],
  choice: RunChoice,
): Promise<Observation> {
  const outputs = inferenceOutputs(model.config, choice);
  const program = simplify({ outputs, constants: model.weights });
  const { layers, activations } = quantizable(program);
  const places = [...activations].flatMap(([key, tensors]) => tensors.map((tensor) => ({ key, tensor })));
  const named = (name: string, make: (tensor: Tensor) => Tensor) =>
    places.map(({ tensor }, i): [string, Tensor] => [`${name}${i}`, make(tensor)]);
  const graph = (entries: [string, Tensor][]) =>
    lower({ outputs: Object.fromEntries(entries), constants: program.constants });

  const extremes = new Map<string, { least: number; largest: number }>();
  const ofExtremes = graph([...named('largest', (x) => max(x)), ...named('negated', (x) => max(neg(x)))]);
  await runAll(ofExtremes, images, choice, 0, (results) => {
    places.forEach(({ key }, i) => {
      const known = extremes.get(key);
      const largest = Number(results[`largest${i}`]!.data[0]);
      const least = -Number(results[`negated${i}`]!.data[0]);
      extremes.set(key, {
        least: Math.min(least, known?.least ?? least),
        largest: Math.max(largest, known?.largest ?? largest),
      });
    });
  });

  const histograms = new Map(
    [...extremes].map(([key, range]) => [key, { ...range, counts: new Float64Array(BINS) }]),
  );
  const ofSamples = graph(named('sample', sampled));
  await runAll(ofSamples, images, choice, images.length, (results) => {
    places.forEach(({ key }, i) => {
      count(histograms.get(key)!, results[`sample${i}`]!.data as Float32Array);
    });
  });
  return { layers, histograms };
}

/** Every seventh row and column of an image [N, C, H, W]. */
function sampled(tensor: Tensor): Tensor {
  return slice(slice(tensor, 2, 0, undefined, SPACING), 3, 0, undefined, SPACING);
}

function count({ least, largest, counts }: Histogram, values: Float32Array): void {
  const perUnit = largest > least ? BINS / (largest - least) : 0;
  for (const value of values) counts[Math.min(BINS - 1, Math.floor((value - least) * perUnit))]!++;
}

async function runAll(
  graph: Uint8Array,
  images: readonly Pixels[],
  { open, session: options, signal, onProgress }: RunChoice,
  before: number,
  take: (results: Record<string, NdArray>) => void,
): Promise<void> {
  const session = await open(graph, options);
  try {
    for (const [i, image] of images.entries()) {
      take(await session.run(feedsOf(image), signal === undefined ? {} : { signal }));
      await onProgress?.(before + i + 1, 2 * images.length);
    }
  } finally {
    await session.dispose();
  }
}

export function feedsOf({ data, width, height }: Pixels): { readonly image: NdArray } {
  return { image: { dtype: 'uint8', shape: [1, height, width, 3], data } };
}
