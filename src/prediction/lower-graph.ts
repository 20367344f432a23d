import type { OwnBytes } from '../base/arrays.js';
import { HmsaError } from '../base/errors/index.js';
import { type Dim, dimText, input, reachable, rebuild, symbol, type Tensor } from '../engine/graph/index.js';
import { isConv2d, isResize, multiplyAdds, resizeBilinear } from '../engine/ops/index.js';
import { type Window, withWindows } from '../engine/passes/index.js';
import { attentions, type ModelConfig, normalizePixels, outputAtScale, weighing } from '../model/index.js';
import { Builder, wholeAverage } from '../model/layers/index.js';
import { type Computed, compileModel } from './compile-model.js';
import { type ScaleMap, stepOf } from './scale-graphs.js';

/**
 * Everything but the decoder of the highest scale, for a whole image.
 *
 * Input: `image`, uint8 [1, H, W, 3]. Outputs: `NAME@SCALE` for each map of the lower scales, and for each of the highest that the
 * decoder does not give; and `cut INDEX`, what the decoder reads. All are [1, channels, rows, columns].
 */
export interface LowerGraph {
  /** The maps of each scale but the highest, lowest first. */
  readonly maps: ReadonlyMap<number, readonly ScaleMap['name'][]>;
  readonly decoder: DecoderGraph;
  /** The multiply-adds of all scales, the decoder of the highest included, for an image. */
  multiplyAdds(image: { readonly width: number; readonly height: number }): number;
  compile(): OwnBytes;
}

/**
 * The last layers of the highest scale, which enlarge its deepest features and join them with finer ones, for a part of their
 * result. It reads no averages, and little beyond a part's border, so parts agree exactly with the whole.
 *
 * Inputs: `cut INDEX`, whose free sides are called as their dims, and the windows. Outputs: maps by name.
 */
export interface DecoderGraph {
  readonly scale: number;
  /** The free sides of each input and of the result, as dims of the image's `H` and `W`. */
  readonly cuts: readonly (readonly [rows: Dim, columns: Dim])[];
  readonly sides: readonly [rows: Dim, columns: Dim];
  readonly windows: readonly Window[];
  readonly maps: readonly ScaleMap['name'][];
  /** Maps of the highest scale that it does not give. */
  readonly others: readonly ScaleMap['name'][];
  /** Pixels, at the scale, along each side of a cell of the result. */
  readonly step: number;
  /** Pixels, at the scale, that its convolutions read beyond each border. */
  readonly halo: number;
  multiplyAdds(image: { readonly width: number; readonly height: number }): number;
  compile(): OwnBytes;
}

/**
 * @param scales highest first
 * @param maps the maps of each scale that the combination reads
 * @throws HmsaError when the network has no decoder that sees but a part of its features
 */
export function lowerGraph(
  config: ModelConfig,
  computed: Computed,
  scales: readonly number[],
  maps: ReadonlyMap<number, readonly ScaleMap['name'][]>,
): LowerGraph {
  const averages = new Set<Tensor>();
  const { root } = new Builder({
    inference: true,
    averaging(path, values, scores) {
      const result = wholeAverage(path, values, scores);
      averages.add(result);
      return result;
    },
  });
  const pixels = normalizePixels(input('image', [1, symbol('H'), symbol('W'), 3], 'uint8'), config);
  const networks = scales.map((scale) => outputAtScale(root, pixels, config, scale));
  const readsOneScale = attentions.get(config.attention.name).readsOneScale;
  const weights = readsOneScale ? weighing(root, networks, config).weights : new Map<number, Tensor>();
  const tensorsOf = ({ scale, logits, features: { context, fused } }: (typeof networks)[number]) => {
    const all = { logits, context: context.tensor, fused: fused.tensor, weight: weights.get(scale) };
    return Object.fromEntries(maps.get(scale)!.map((name) => [name, all[name]!])) as Record<
      ScaleMap['name'],
      Tensor
    >;
  };
  const [highest, ...lower] = networks;
  const { decoder, cuts } = decoderGraph(computed, highest!.scale, tensorsOf(highest!), averages);
  const named = (network: (typeof networks)[number], names: readonly ScaleMap['name'][]) => {
    const tensors = tensorsOf(network);
    return names.map((name) => [`${name}@${network.scale}`, tensors[name]] as const);
  };
  const outputs: Record<string, Tensor> = Object.fromEntries([
    ...lower.flatMap((network) => named(network, maps.get(network.scale)!)),
    ...named(highest!, decoder.others),
    ...cuts.map((tensor, i) => [`cut ${i}`, tensor] as const),
  ]);
  const everything = networks.flatMap((network) => Object.values(tensorsOf(network)));
  return {
    maps: new Map([...lower].reverse().map(({ scale }) => [scale, maps.get(scale)!])),
    decoder,
    multiplyAdds: (image) => multiplyAdds(everything, sidesOf(image)),
    compile: () => compileModel(computed, outputs),
  };
}

/** The sides of an image by the symbols of the graphs. */
export const sidesOf = ({ width, height }: { readonly width: number; readonly height: number }) =>
  new Map([
    ['H', height],
    ['W', width],
  ]);

function decoderGraph(
  computed: Computed,
  scale: number,
  tensors: Record<ScaleMap['name'], Tensor>,
  averages: ReadonlySet<Tensor>,
): { readonly decoder: DecoderGraph; readonly cuts: readonly Tensor[] } {
  const own = new Set(behindLastEnlargements(tensors.logits));
  if (own.size === 0 || [...own].some((tensor) => averages.has(tensor))) {
    throw new HmsaError({
      operation: 'adaptive',
      expected:
        'a model whose last layers join enlarged features with finer ones, such as one with the head deeplabv3plus',
      received:
        own.size === 0 ? 'one without a decoder' : 'one whose last layers average over the whole image',
      remedy: 'Label without adaptive.',
    });
  }
  const cuts = [...new Set([...own].flatMap(({ inputs }) => inputs))].filter(
    (tensor) => !own.has(tensor) && hasFreeSides(tensor),
  );
  const free = (dim: Dim) => symbol(dimText(dim));
  const placeholders = new Map(
    cuts.map((tensor, i) => {
      const [batch, channels, rows, columns] = tensor.shape as [number, number, Dim, Dim];
      return [tensor, input(`cut ${i}`, [batch, channels, free(rows), free(columns)])] as const;
    }),
  );
  const names = Object.keys(tensors) as ScaleMap['name'][];
  const given = names.filter((name) => own.has(tensors[name]));
  const rebuilt = rebuild(Object.fromEntries(given.map((name) => [name, tensors[name]])), (tensor, [x]) => {
    const placeholder = placeholders.get(tensor);
    if (placeholder !== undefined) return placeholder;
    if (!own.has(tensor) || !isResize(tensor)) return undefined;
    const { size, alignment } = tensor.attributes;
    return resizeBilinear(x!, [free(size[0]), free(size[1])], { alignCorners: alignment === 'corners' });
  });
  const { outputs, windows } = withWindows(rebuilt);
  const sides = tensors.logits.shape.slice(2) as [Dim, Dim];
  const halo = [...own].filter(isConv2d).reduce((total, conv) => {
    const kernel = conv.inputs[1]!.shape[2] as number;
    const reach = ((kernel - 1) / 2) * Math.max(...[conv.attributes.dilation].flat());
    return total + Math.ceil(reach) * scale * stepOf(conv.shape[2]!);
  }, 0);
  return {
    cuts,
    decoder: {
      scale,
      cuts: cuts.map(({ shape }) => shape.slice(2) as [Dim, Dim]),
      sides,
      windows,
      maps: given,
      others: names.filter((name) => !given.includes(name)),
      step: scale * stepOf(sides[0]),
      halo: Math.ceil(halo),
      multiplyAdds: (image) =>
        multiplyAdds([tensors.logits], sidesOf(image)) - multiplyAdds(cuts, sidesOf(image)),
      compile: () => compileModel(computed, outputs),
    },
  };
}

/** What lies between the last resizes to a finer grid and the result, these resizes included. */
function behindLastEnlargements(result: Tensor): Tensor[] {
  const all = reachable([result]);
  const isEnlarging = (tensor: Tensor) => {
    if (!isResize(tensor)) return false;
    const [from, to] = [tensor.inputs[0]!.shape[2]!, tensor.shape[2]!];
    if (typeof from === 'number' || dimText(from) === 'H') return false;
    return stepOf(from) > 1.5 * stepOf(to);
  };
  const users = new Map<Tensor, Tensor[]>();
  for (const tensor of all)
    for (const each of tensor.inputs) users.set(each, [...(users.get(each) ?? []), tensor]);
  const behind = (start: Tensor) => {
    const found = new Set<Tensor>();
    const open = [start];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (found.has(next)) continue;
      found.add(next);
      open.push(...(users.get(next) ?? []));
    }
    return found;
  };
  const reaches = all.filter(isEnlarging).map((resize) => behind(resize));
  const last = reaches.filter((own) => [...own].filter(isEnlarging).length === 1);
  return [...new Set(last.flatMap((own) => [...own]))];
}

function hasFreeSides({ shape }: Tensor): boolean {
  return shape.length === 4 && typeof shape[2] !== 'number';
}
