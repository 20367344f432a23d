import type { OwnBytes } from '../base/arrays.js';
import { input, symbol, type Tensor } from '../engine/graph/index.js';
import { attentions, type ModelConfig, normalizePixels, outputAtScale, weighing } from '../model/index.js';
import { Builder, wholeAverage } from '../model/layers/index.js';
import { type Computed, compileModel } from './compile-model.js';
import type { ScaleMap } from './scale-graphs.js';

/**
 * The network at all scales but the highest, for a whole image.
 *
 * Input: `image`, uint8 [1, H, W, 3]. Outputs: `NAME@SCALE` for each map, [1, channels, rows, columns], and `average PATH`, the
 * averages over the image that the highest of these scales reads.
 */
export interface LowerGraph {
  /** Lowest first. */
  readonly maps: ReadonlyMap<number, readonly ScaleMap['name'][]>;
  /** The names of the averages. */
  readonly averages: readonly string[];
  compile(): OwnBytes;
}

/**
 * @param scales highest first; the first is left out
 * @param maps the maps of each scale that the combination reads
 */
export function lowerGraph(
  config: ModelConfig,
  computed: Computed,
  scales: readonly number[],
  maps: ReadonlyMap<number, readonly ScaleMap['name'][]>,
): LowerGraph {
  let averages: Record<string, Tensor> = {};
  const { root } = new Builder({
    inference: true,
    averaging(path, values, scores) {
      const result = wholeAverage(path, values, scores);
      averages[`average ${path}`] = result;
      return result;
    },
  });
  const pixels = normalizePixels(input('image', [1, symbol('H'), symbol('W'), 3], 'uint8'), config);
  const ofScale = new Map<number, Record<string, Tensor>>();
  const networks = scales.map((scale) => {
    averages = {};
    const output = outputAtScale(root, pixels, config, scale);
    ofScale.set(scale, averages);
    return output;
  });
  const readsOneScale = attentions.get(config.attention.name).readsOneScale;
  const weights = readsOneScale ? weighing(root, networks, config).weights : new Map<number, Tensor>();
  const lower = networks.slice(1).reverse();
  const outputs = lower.flatMap(({ scale, logits, features: { context, fused } }) => {
    const all = { logits, context: context.tensor, fused: fused.tensor, weight: weights.get(scale) };
    return maps.get(scale)!.map((name) => [`${name}@${scale}`, all[name]!] as const);
  });
  const read = ofScale.get(scales[1]!) ?? {};
  return {
    maps: new Map(lower.map(({ scale }) => [scale, maps.get(scale)!])),
    averages: Object.keys(read),
    compile: () => compileModel(computed, { ...Object.fromEntries(outputs), ...read }),
  };
}
