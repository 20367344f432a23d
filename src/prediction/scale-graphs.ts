import type { OwnBytes } from '../base/arrays.js';
import { HmsaError } from '../base/errors/index.js';
import type { Size } from '../data/index.js';
import {
  type Dim,
  dimText,
  evaluateDim,
  input,
  isInput,
  peakBytes,
  reachable,
  scalar,
  symbol,
  type Tensor,
} from '../engine/graph/index.js';
import { type CpuRun, cpuRun, type RunBytes, runBytes } from '../engine/onnx/cpu-run.js';
import { add, exp, isConv2d, matmul, max, mul, reshape, sub, sum, where } from '../engine/ops/index.js';
import { type Window, withWindows } from '../engine/passes/index.js';
import {
  attentions,
  type Combination,
  combination,
  type ModelConfig,
  normalizePixels,
  outputAtScale,
  type ScaleOutput,
  type Weighing,
  weighing,
} from '../model/index.js';
import { Builder, flat } from '../model/layers/index.js';
import { type Computed, compileModel, computedGraph } from './compile-model.js';
import { outputNames, type ResultOptions, resultOutputs } from './inference-graph.js';

/** A map that the network at one scale gives and the combination takes. */
export interface ScaleMap {
  /** `logits` always; `weight` where the attention reads one scale; the features that it reads where it reads several. */
  readonly name: 'logits' | 'weight' | 'context' | 'fused';
  readonly channels: number;
  /** Rows and columns, from the sides `h` and `w` of the image at that scale. */
  readonly sides: readonly [rows: Dim, columns: Dim];
  /** Pixels, at the scale, along each side of a cell. */
  readonly step: number;
}

/** An average over the whole image that the network at one scale reads; see `imageAverage`. */
export interface Average {
  /** The input that takes it, float32 [1, channels, count, 1]. */
  readonly name: string;
  readonly path: string;
  readonly channels: number;
  readonly count: number;
}

/**
 * The network at one scale, for a part of the image at that scale.
 *
 * Inputs: `image`, uint8 [1, H, W, 3], the pixels of the image that the part reads (at scale 1 those of the part, [1, h, w, 3]);
 * the windows; the averages. Outputs: the maps by name, [1, channels, rows, columns].
 */
export interface ScaleGraph {
  readonly scale: number;
  readonly maps: readonly ScaleMap[];
  readonly windows: readonly Window[];
  readonly averages: readonly Average[];
  /** Pixels, along each side, to which the parts of the image at this scale must be aligned. */
  readonly stride: number;
  /** What a run on a tile takes, behind a small run that took a block of `scratch` bytes. */
  bytes(tile: Size, scratch?: number): RunBytes;
  compile(): OwnBytes;
  /** The first pass, which measures the averages; missing if there are none. */
  readonly measuring?: MeasuringGraph;
}

/**
 * What a part contributes to the averages of the image at one scale. Inputs: `image` and the windows, as for the scale; `own
 * SIDE`, 1 for the rows or columns that no other part counts and 0 for the others. Outputs for each average: `sums PATH`
 * [1, channels, count], and `totals PATH` and `tops PATH` [1, count, 1].
 */
export interface MeasuringGraph {
  readonly windows: readonly Window[];
  /** The sides for which there is an input `own SIDE`. */
  readonly own: readonly Dim[];
  compile(): OwnBytes;
}

/**
 * The combination of all scales, for a part of the image. Inputs: each scale's maps, `NAME@SCALE`, with the free sides
 * `NAME@SCALE rows` and `NAME@SCALE columns`; the windows. Its other free sides are `H` and `W`, those of the part, and
 * `H@SCALE` and `W@SCALE`, those of the part at a scale other than 1. Outputs as those of the whole graph.
 */
export interface CombinationGraph {
  readonly windows: readonly Window[];
  /** Cells that convolutions of an attention over several scales read beyond each border of its features. */
  readonly margin: number;
  /** The maps that it reads, by scale. */
  readonly maps: ReadonlyMap<number, readonly ScaleMap['name'][]>;
  /** Bytes of the tensors that are alive at once, by the lengths of its free sides. */
  bytes(sides: ReadonlyMap<string, number>): number;
  compile(): OwnBytes;
  /**
   * The same for the whole image, with resizes in place of windows, which is faster. Its free sides `H`, `W`, `H@SCALE` and
   * `W@SCALE` are told by inputs `length SIDE`, float32 of this length.
   */
  compileWhole(): OwnBytes;
  readonly lengths: readonly string[];
}

export interface SplitGraphs {
  /** Highest first. */
  readonly scales: readonly ScaleGraph[];
  readonly combination: CombinationGraph;
}

/**
 * A model as one graph for each scale and one for their combination, each of which takes parts of the image. Composed on a
 * whole image they compute what the graph of all of it computes, but for rounding.
 *
 * @param scales checked, highest first
 * @throws HmsaError when an average of the network reads another one, which one pass over the image cannot measure
 */
export function splitGraphs(
  config: ModelConfig,
  whole: Computed,
  options: ResultOptions & { readonly scales: readonly number[]; readonly combine: Combination },
): SplitGraphs {
  // Averages and maps of scales are inputs here, so the few layers that read them have no ranges in a quantised model.
  const computed: Computed = { ...whole, unknownRanges: 'float' };
  const { scales, combine } = options;
  const sides = [symbol('h'), symbol('w')] as const;
  const averages = new Map<string, Average>();
  const given = new Builder({
    inference: true,
    averaging(path, values, scores) {
      const [channels, count] = [values.shape[1] as number, (scores?.shape[1] ?? 1) as number];
      const name = `average ${path}`;
      averages.set(name, { name, path, channels, count });
      return input(name, [1, channels, count, 1]);
    },
  });
  const outputs = scales.map((scale) =>
    outputAtScale(given.root, imageAt(scale, config), config, scale, sides),
  );
  const isWeighed = combine === 'hierarchical' && scales.length > 1;
  const early =
    isWeighed && attentions.get(config.attention.name).readsOneScale
      ? weighing(given.root, outputs, config)
      : undefined;
  const joined = combinationGraph(config, computed, outputs, early, options);
  const graphs = outputs.map((output): ScaleGraph => {
    const { scale, logits, features } = output;
    const all = {
      logits,
      context: features.context.tensor,
      fused: features.fused.tensor,
      ...(early?.weights.has(scale) ? { weight: early.weights.get(scale)! } : {}),
    };
    const names = joined.maps.get(scale)!;
    const tensors = Object.fromEntries(names.map((name) => [name, all[name]!]));
    const reached = reachable(Object.values<Tensor>(tensors));
    const read = new Set(reached.filter(isInput).map(({ attributes }) => attributes.name));
    const own = [...averages.values()].filter(({ name }) => read.has(name));
    const { outputs: parts, windows } = withWindows(tensors);
    let run: CpuRun | undefined;
    return {
      scale,
      maps: names.map((name) => ({
        name,
        channels: all[name]!.shape[1] as number,
        sides: all[name]!.shape.slice(2) as [Dim, Dim],
        step: stepOf(all[name]!.shape[2]!),
      })),
      windows,
      averages: own,
      stride: strideOf(reached),
      bytes: ({ width, height }, scratch) => {
        run ??= cpuRun(computedGraph(parts));
        const sides = [
          ['h', height],
          ['w', width],
          ['H', Math.ceil(height / scale)],
          ['W', Math.ceil(width / scale)],
        ] as const;
        return runBytes(run, new Map(sides), scratch);
      },
      compile: () => compileModel(computed, parts),
      ...(own.length > 0 ? { measuring: measuringGraph(config, computed, scale, own) } : {}),
    };
  });
  return { scales: graphs, combination: joined };
}

function imageAt(scale: number, config: ModelConfig): Tensor {
  const sides = scale === 1 ? [symbol('h'), symbol('w')] : [symbol('H'), symbol('W')];
  return normalizePixels(input('image', [1, ...sides, 3], 'uint8'), config);
}

/** The longest step of any map on the way, in pixels of the image at its scale. */
function strideOf(tensors: readonly Tensor[]): number {
  const maps = tensors.filter(({ shape }) => shape.length === 4 && typeof shape[2] !== 'number');
  return Math.max(1, ...maps.map(({ shape }) => Math.round(stepOf(shape[2]!))));
}

/** The length of an image along which a step is measured, far beyond what padding adds. */
const FAR = 2 ** 24;

/** Pixels of the image along one cell of a side. */
export function stepOf(side: Dim): number {
  const at = (length: number) =>
    evaluateDim(side, new Map(['h', 'w', 'H', 'W'].map((name) => [name, length])));
  return FAR / (at(FAR) - at(0));
}

function combinationGraph(
  config: ModelConfig,
  computed: Computed,
  outputs: readonly ScaleOutput[],
  early: Weighing | undefined,
  options: ResultOptions & { readonly combine: Combination },
): CombinationGraph {
  const size = [symbol('H'), symbol('W')] as const;
  const placeholder = ({ shape }: Tensor, name: string) =>
    input(name, [1, shape[1]!, symbol(`${name} rows`), symbol(`${name} columns`)]);
  const taken = outputs.map((output) => {
    const { scale, logits, features } = output;
    const feature = (name: 'context' | 'fused') => ({
      ...features[name],
      tensor: placeholder(features[name].tensor, `${name}@${scale}`),
    });
    const { auxiliary: _, ...rest } = output;
    return {
      ...rest,
      logits: placeholder(logits, `logits@${scale}`),
      features: { context: feature('context'), fused: feature('fused') },
    };
  });
  const weighed = early && {
    kind: early.kind,
    weights: new Map(
      [...early.weights].map(([scale, weight]) => [scale, placeholder(weight, `weight@${scale}`)] as const),
    ),
  };
  const builder = new Builder({ inference: true });
  const combined = combination(builder.root, taken, config, {
    combine: options.combine,
    size,
    sizeAt: (scale) => (scale === 1 ? size : [symbol(`H@${scale}`), symbol(`W@${scale}`)]),
    ...(weighed === undefined ? {} : { weighed }),
  });
  const whole = resultOutputs(combined, size, options);
  const { outputs: parts, windows } = withWindows(whole);
  const lengths = [
    'H',
    'W',
    ...outputs.flatMap(({ scale }) => (scale === 1 ? [] : [`H@${scale}`, `W@${scale}`])),
  ];
  const reached = reachable(Object.values<Tensor>(parts));
  const names = new Set(reached.filter(isInput).map(({ attributes }) => attributes.name));
  const mapNames = ['logits', 'weight', 'context', 'fused'] as const;
  return {
    windows,
    margin: reached.filter(isConv2d).reduce((total, conv) => {
      const kernel = conv.inputs[1]!.shape[2] as number;
      return total + Math.ceil(((kernel - 1) / 2) * Math.max(...[conv.attributes.dilation].flat()));
    }, 0),
    maps: new Map(
      outputs.map(({ scale }) => [scale, mapNames.filter((name) => names.has(`${name}@${scale}`))]),
    ),
    bytes: (sides) => peakBytes(Object.values<Tensor>(parts), sides),
    compile: () => compileModel(computed, parts),
    lengths,
    compileWhole: () => {
      // Sums of nothing keep the inputs in the graph.
      const told = lengths.map((side) => sum(mul(input(`length ${side}`, [symbol(side)]), 0)));
      const check = told.reduce((total, each) => add(total, each), whole[outputNames.check]!);
      return compileModel(computed, { ...whole, [outputNames.check]: check });
    },
  };
}

function measuringGraph(
  config: ModelConfig,
  computed: Computed,
  scale: number,
  averages: readonly Average[],
): MeasuringGraph {
  const own = new Map<string, { readonly dim: Dim; readonly mask: Tensor }>();
  const maskOf = (dim: Dim): Tensor => {
    const known = own.get(dimText(dim)) ?? { dim, mask: input(`own ${dimText(dim)}`, [dim]) };
    own.set(dimText(dim), known);
    return known.mask;
  };
  const outputs: Record<string, Tensor> = {};
  const builder = new Builder({
    inference: true,
    averaging(path, values, scores) {
      const [rows, columns] = values.shape.slice(2) as [Dim, Dim];
      const mask = mul(reshape(maskOf(rows), [1, 1, rows, 1]), reshape(maskOf(columns), [1, 1, 1, columns]));
      Object.assign(outputs, contributions(path, values, mask, scores));
      const { name, channels, count } = averages.find((average) => average.path === path)!;
      return input(name, [1, channels, count, 1]);
    },
  });
  outputAtScale(builder.root, imageAt(scale, config), config, scale, [symbol('h'), symbol('w')]);
  const inner = reachable(Object.values(outputs))
    .filter(isInput)
    .find(({ attributes: { name } }) => averages.some((average) => average.name === name));
  if (inner !== undefined) {
    throw new HmsaError({
      operation: 'segment',
      expected: 'averages over the image that do not depend on each other, for an image in parts',
      received: `a network whose ${inner.attributes.name} another one reads`,
      remedy: 'Give more memory, or reduce the image.',
    });
  }
  const { outputs: parts, windows } = withWindows(outputs);
  return {
    windows,
    own: [...own.values()].map(({ dim }) => dim),
    compile: () => compileModel(computed, parts),
  };
}

/** Smaller than any score, and finite. */
const LEAST_SCORE = scalar(-1e30);

/** What a part adds to an average: Σ e^(score − top) · value and Σ e^(score − top) over the cells of its mask. */
function contributions(
  path: string,
  values: Tensor,
  mask: Tensor,
  scores: Tensor | undefined,
): Record<string, Tensor> {
  const inside = flat(mask);
  const masked = scores === undefined ? undefined : where(inside, flat(scores), LEAST_SCORE);
  const tops = masked === undefined ? mul(max(inside, [2]), 0) : max(masked, [2]);
  const shares = masked === undefined ? inside : mul(exp(sub(masked, tops)), inside);
  return {
    [`sums ${path}`]: matmul(flat(values), shares, false, true),
    [`totals ${path}`]: sum(shares, [2]),
    [`tops ${path}`]: tops,
  };
}
