import { roundHalfToEven } from '../../base/arrays.js';
import { checkArgument, HmsaError, isObject } from '../../base/errors/index.js';
import {
  apply,
  constant,
  expectProgram,
  isVariable,
  type Program,
  rebuild,
  type Tensor,
} from '../graph/index.js';
import { dequantizeLinear, isConv2d, isDequantizeLinear, quantizeLinear } from '../ops/index.js';
import { activationKeys } from './activation-keys.js';
import { unfoldedName } from './fold-batch-norm.js';
import { quantizeWeight } from './quantize-weight.js';
import { readersOf } from './readers.js';

/** The smallest and the largest value that an activation is to hold. */
export type Range = readonly [least: number, largest: number];

/** What is computed with integers of 8 bits, and how. */
export interface QuantizationPlan {
  /** The names of the weights whose convolutions are quantised. */
  readonly layers: ReadonlySet<string>;
  /** By key of {@link quantizable}. A sum or concatenation without a range stays float. */
  readonly ranges: ReadonlyMap<string, Range>;
}

/** Options of {@link quantize}. */
export interface QuantizePassOptions {
  /**
   * How codes of weights are held; the values are the same. `int8` (default) is the fast form. x64 processors without VNNI
   * instructions add two of its products in 16 bits and cut off what is beyond them; they compute `uint8` exactly.
   */
  readonly weightType?: 'int8' | 'uint8';
  /**
   * What becomes of a layer to be quantised that reads or computes something of unknown range: an error, or it stays float, as in a
   * graph of a part of the network that takes as inputs what the whole computes. Default: error.
   */
  readonly unknownRanges?: 'error' | 'float';
}

/**
 * Activations that only limit. Rounding to 8 bits limits as well, so that they need no kernel if the range is within their
 * bounds.
 */
const bounds: Readonly<Record<string, Range | undefined>> = {
  relu: [0, Number.POSITIVE_INFINITY],
  relu6: [0, 6],
};
/** Operators besides convolution that ONNX Runtime's CPU computes with integers of 8 bits. */
const joins = new Set(['add', 'concat']);
/** Those that move or mix values within the range of their operand. */
const moves = new Set(['resizeBilinear', 'maxPool2d']);

/**
 * Computes convolutions, and the sums and concatenations between them, with integers of 8 bits: weights with a scale for each
 * output channel, activations with one scale and zero point each. The result is in QDQ form: every such operation stands
 * between dequantizeLinear and quantizeLinear, which ONNX Runtime fuses with it, and which other runtimes can compute as written.
 *
 * It quantises a convolution of the plan if its weight and bias have constant values. Batch norm must be folded already ({@link simplify}). Run it right before lowering: the result has no gradient.
 *
 * @throws HmsaError when an argument is not of its kind, or the plan has no range for what such a convolution reads or computes
 */
export function quantize(
  program: Program,
  plan: QuantizationPlan,
  options: QuantizePassOptions = {},
): Required<Program> {
  const { outputs, constants } = expectProgram('quantize', program);
  checkPlan(plan);
  const { weightType = 'int8', unknownRanges = 'error' } = options;
  checkArgument(
    weightType === 'int8' || weightType === 'uint8',
    'quantize, weightType',
    'int8 or uint8',
    weightType,
  );
  const zero = weightType === 'int8' ? 0 : 128;
  const { ranges, layers } = plan;
  const tensors = Object.values<Tensor>(outputs);
  const keys = activationKeys(tensors);
  const readers = readersOf(tensors);
  const rangeOf = (tensor: Tensor) => within(bounds[tensor.operator.name], ranges.get(keys.get(tensor)!));
  const inIntegers = new Map<Tensor, Tensor>();
  const weights = new Map<string, Tensor>();
  /** Rebuilt results of integer kernels, up to whose end nothing is quantised yet. */
  const open = new Set<Tensor>();

  /** A rebuilt tensor as the values that integers of 8 bits can hold. */
  const rounded = (tensor: Tensor, range: Range): Tensor => {
    if (isDequantizeLinear(tensor)) return tensor;
    const known = inIntegers.get(tensor);
    if (known !== undefined) return known;
    const { scale, zeroPoint } = activationScale(range);
    const integers = quantizeLinear(tensor, { scale, zeroPoint, dtype: 'uint8' });
    const result = dequantizeLinear(integers, scale, { zeroPoint });
    inIntegers.set(tensor, result);
    return result;
  };
  const endOf = (tensor: Tensor) => kernelEnd(tensor, readers);
  const ended = (tensor: Tensor, rebuilt: Tensor): Tensor => {
    if (endOf(tensor) === tensor) return rounded(rebuilt, rangeOf(tensor)!);
    open.add(rebuilt);
    return rebuilt;
  };

  /** Whether all that reads a tensor may take it in integers. */
  const feedsKernel = (tensor: Tensor) =>
    readers
      .get(tensor)!
      .every((reader) => reader !== undefined && (isConv2d(reader) || joins.has(reader.operator.name)));

  const convolution = (tensor: Tensor, operands: readonly Tensor[]): Tensor | undefined => {
    const [image, weight, bias] = tensor.inputs;
    const layer = layerOf(tensor, constants);
    const [from, to] = [rangeOf(image!), rangeOf(endOf(tensor))];
    if (layer === undefined || !layers.has(layer)) return undefined;
    if (from === undefined || to === undefined) {
      if (unknownRanges === 'float') return undefined;
      refuseUnknownRange(layer);
    }
    const x = rounded(operands[0]!, from);
    const scale = x.attributes.scales[0] as number;
    const name = weight!.attributes.name as string;
    const valuesOf = (of: Tensor) => constants.get(of.attributes.name)!.data as Float32Array;
    const channels = weight!.shape[0] as number;
    const leastScales =
      bias === undefined ? undefined : valuesOf(bias).map((value) => leastScale(value, scale));
    const key = `${name} ${leastScales === undefined ? '' : scale}`;
    const { codes, scales } = quantizeWeight(valuesOf(weight!), channels, leastScales);
    const w =
      weights.get(key) ??
      dequantizeLinear(
        constant(
          zero === 0 ? codes : Uint8Array.from(codes, (code) => code + zero),
          weight!.shape as number[],
          weightType,
        ),
        Array.from(scales),
        { zeroPoint: zero },
      );
    weights.set(key, w);
    const result = [x, w];
    if (bias !== undefined) {
      const steps = scales.map((each) => each * scale);
      const counts = valuesOf(bias).map((value, i) => roundHalfToEven(value / steps[i]!));
      result.push(dequantizeLinear(constant(counts, [channels], 'int32'), Array.from(steps)));
    }
    return ended(tensor, apply(tensor.operator, result, tensor.attributes));
  };

  const rebuilt = rebuild(outputs, (tensor, operands) => {
    if (isConv2d(tensor)) return convolution(tensor, operands);
    if (isActivation(tensor) && open.has(operands[0]!)) return rounded(operands[0]!, rangeOf(tensor)!);
    if (moves.has(tensor.operator.name) && isDequantizeLinear(operands[0]!) && feedsKernel(tensor))
      return rounded(apply(tensor.operator, operands, tensor.attributes), rangeOf(tensor)!);
    const isJoin =
      joins.has(tensor.operator.name) && operands.every((operand) => isDequantizeLinear(operand));
    if (!isJoin || rangeOf(endOf(tensor)) === undefined) return undefined;
    return ended(tensor, apply(tensor.operator, operands, tensor.attributes));
  });
  return { outputs: rebuilt, constants };
}

function isActivation({ operator: { name } }: Tensor): boolean {
  return bounds[name] !== undefined;
}

/** The tensor that ends the kernel which begins with this one: itself, or the activation that alone reads it. */
function kernelEnd(tensor: Tensor, readers: ReturnType<typeof readersOf>): Tensor {
  const [reader, ...others] = readers.get(tensor)!;
  return reader !== undefined && others.length === 0 && isActivation(reader) ? reader : tensor;
}

function within(limits: Range | undefined, range: Range | undefined): Range | undefined {
  if (limits === undefined || range === undefined) return range;
  const limit = (value: number) => Math.min(Math.max(value, limits[0]), limits[1]);
  return [limit(range[0]), limit(range[1])];
}

/** What of a simplified program {@link quantize} can quantise. */
export interface Quantizable {
  /** The names of the weights of its convolutions, from the first to the last. */
  readonly layers: readonly string[];
  /** What each of them computes, with the activation after it, by its name: a tensor for each scale. */
  readonly results: ReadonlyMap<string, readonly Tensor[]>;
  /** The activations whose ranges it needs, by key; the same activation may occur at several scales. */
  readonly activations: ReadonlyMap<string, readonly Tensor[]>;
}

/**
 * What of a simplified program can be computed with integers of 8 bits. The keys are the same for all graphs of a network.
 *
 * @throws HmsaError when it is not a program
 */
export function quantizable(program: Program): Quantizable {
  const { outputs, constants } = expectProgram('quantizable', program);
  const tensors = Object.values<Tensor>(outputs);
  const keys = activationKeys(tensors);
  const readers = readersOf(tensors);
  const results = new Map<string, Tensor[]>();
  const found = new Map<string, Set<Tensor>>();
  const note = (tensor: Tensor) => {
    const key = keys.get(tensor)!;
    found.set(key, (found.get(key) ?? new Set()).add(tensor));
  };
  for (const tensor of keys.keys()) {
    const { name } = tensor.operator;
    const layer = layerOf(tensor, constants);
    if (layer !== undefined) {
      results.set(layer, [...(results.get(layer) ?? []), kernelEnd(tensor, readers)]);
      note(tensor.inputs[0]!);
    }
    const first = tensor.inputs[0];
    const afterKernel = isActivation(tensor) && (isConv2d(first!) || joins.has(first!.operator.name));
    if (layer !== undefined || joins.has(name) || afterKernel) note(tensor);
  }
  return {
    layers: [...results.keys()],
    results,
    activations: new Map([...found].map(([key, set]) => [key, [...set]])),
  };
}

/** The name of the weight of a convolution that can be quantised. */
function layerOf(tensor: Tensor, constants: Required<Program>['constants']): string | undefined {
  if (!isConv2d(tensor)) return undefined;
  const [, weight, bias] = tensor.inputs;
  const isKnown = (of: Tensor) => isVariable(of) && constants.get(of.attributes.name)?.dtype === 'float32';
  if (!isKnown(weight!) || (bias !== undefined && !isKnown(bias))) return undefined;
  // A single place, such as the mean of an image, is not worth the conversions around it.
  if (tensor.shape[2] === 1 && tensor.shape[3] === 1) return undefined;
  return unfoldedName(weight!.attributes.name);
}

/** The scale and zero point that hold a range, 0 exactly among its values, because padding is 0. */
function activationScale([least, largest]: Range): { scale: number; zeroPoint: number } {
  const [from, to] = [Math.min(least, 0), Math.max(largest, 0)];
  const scale = Math.fround(Math.max((to - from) / 255, SMALLEST_STEP));
  return { scale, zeroPoint: Math.min(255, Math.max(0, Math.round(-from / scale))) };
}

/** For an activation that is always 0. */
const SMALLEST_STEP = 2 ** -40;

/** The smallest scale of a weight with which the bias is within int32. */
function leastScale(bias: number, imageScale: number): number {
  return Math.abs(bias) / (imageScale * 2 ** 30);
}

/** @throws HmsaError always: computing such a layer in float would be slower than what was asked for, and nobody would know */
function refuseUnknownRange(layer: string): never {
  throw new HmsaError({
    operation: `quantize, ${layer}`,
    expected: 'ranges of what a layer in 8 bits reads and computes',
    received: 'none',
    remedy: 'Quantise the model again; its list of ranges is not whole.',
  });
}

function checkPlan(plan: QuantizationPlan): void {
  const isPlan = isObject(plan) && plan.ranges instanceof Map && plan.layers instanceof Set;
  checkArgument(isPlan, 'quantize', 'a plan with layers and ranges', plan);
}
