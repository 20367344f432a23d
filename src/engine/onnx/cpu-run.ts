import { bytesPerElement, elementCount } from '../../base/arrays.js';
import {
  equalShapes,
  evaluateDim,
  isConstant,
  isInput,
  isVariable,
  reachable,
  type Tensor,
} from '../graph/index.js';
import { convolutionOf } from '../ops/convolution/convolution.js';
import { isResample } from '../ops/resample.js';
import { Arena } from './arena.js';
import { backwards, type CpuOrder, cpuOrder } from './cpu-order.js';

/** A kernel that runs, and the tensor that it makes. */
interface Step {
  /** What it makes, after all that ONNX Runtime computes within the kernel. */
  tensor: Tensor;
  /** What it makes by itself. */
  readonly origin: Tensor;
  readonly reads: Step[];
  /** Its channels, padded to whole blocks; undefined where they are as in the tensor. */
  readonly blocks: number | undefined;
  readonly stage: Stage;
  /** Whether an addition or an activation is computed within it; undefined if none can be. */
  readonly fused?: { add: boolean; activation: boolean };
}

/**
 * ONNX Runtime runs first what it made last: nodes of the file, then what it fuses, then what is in blocks, and then what changes
 * the order of the channels.
 */
const Stage = { file: 0, fused: 1, blocked: 2, reordered: 3 } as const;
type Stage = (typeof Stage)[keyof typeof Stage];

/** Where a tensor is found. Each form is made when it is read first. */
interface Place {
  plain?: Step;
  blocks?: Step;
  /** A tensor with the channels last, of which this one is the transposed. */
  last?: Step;
}

/** The kernels of a graph in the order in which ONNX Runtime's CPU runs them. */
export interface CpuRun {
  readonly steps: readonly Step[];
  readonly results: ReadonlySet<Step>;
}

/** Channels in a block: 8 on processors with AVX2, 16 with AVX-512. */
export type ChannelBlock = 8 | 16;
/** Channels that convolutions in blocks read must be a multiple of this. */
const READ_ALIGNMENT = 4;
/** What is computed within the convolution before it. */
const ACTIVATIONS = new Set(['relu', 'relu6', 'clip']);

/**
 * What ONNX Runtime's CPU runs for a graph of float32 whose weights are constants, as far as it matters for memory. Convolutions
 * take channels in blocks, activations and additions are computed within them, and tensors are copied into blocks and out of them
 * where the two meet.
 *
 * @param outputs the graph as it is lowered; its variables are weights
 * @param block of the processor
 */
export function cpuRun(outputs: Iterable<Tensor>, block: ChannelBlock = 8): CpuRun {
  return new Planner([...outputs], block).run();
}

class Planner {
  readonly #outputs: readonly Tensor[];
  readonly #block: ChannelBlock;
  /** Of tensors that depend on the inputs. */
  readonly #order: CpuOrder;
  readonly #readers = new Map<Tensor, number>();
  readonly #places = new Map<Tensor, Place>();
  readonly #steps: Step[] = [];

  constructor(outputs: readonly Tensor[], block: ChannelBlock) {
    this.#outputs = outputs;
    this.#block = block;
    const weights = new Set<Tensor>();
    const all = reachable(outputs);
    for (const tensor of all) {
      const { inputs } = tensor;
      const isWeight = inputs.length > 0 && inputs.every((each) => weights.has(each));
      if (isConstant(tensor) || isVariable(tensor) || isWeight) weights.add(tensor);
    }
    const computed = all.filter((tensor) => !weights.has(tensor));
    for (const { inputs } of computed)
      for (const each of new Set(inputs)) this.#readers.set(each, (this.#readers.get(each) ?? 0) + 1);
    for (const output of outputs) this.#readers.set(output, (this.#readers.get(output) ?? 0) + 1);
    this.#order = cpuOrder(outputs, computed, (tensor) => this.#convolutionOf(tensor));
  }

  run(): CpuRun {
    for (const tensor of this.#order.tensors) this.#places.set(tensor, this.#place(tensor));
    const results = this.#outputs.flatMap((output) => this.#plain(output) ?? []);
    const made = new Map(this.#steps.map((step, place) => [step, place] as const));
    const compare = (a: Step, b: Step) =>
      a.stage - b.stage || this.#placeOf(a) - this.#placeOf(b) || made.get(a)! - made.get(b)!;
    return { steps: backwards(results, ({ reads }) => reads, compare), results: new Set(results) };
  }

  /** The place of a step among those of its stage; 0 in the later stages, which go by the order of the planner. */
  #placeOf({ origin, stage }: Step): number {
    if (stage === Stage.file) return this.#order.inFile.get(origin)!;
    return stage === Stage.fused ? this.#order.whenFused.get(origin)! : 0;
  }

  #place(tensor: Tensor): Place {
    if (isInput(tensor)) return {};
    return (
      this.#moved(tensor) ??
      this.#activated(tensor) ??
      this.#convolved(tensor) ??
      this.#inBlocks(tensor) ?? { plain: this.#computed(tensor) }
    );
  }

  /** A tensor whose elements are those of another one. */
  #moved(tensor: Tensor): Place | undefined {
    const [x] = tensor.inputs;
    const { name } = tensor.operator;
    if (x === undefined) return undefined;
    if (name === 'slice' && equalShapes(tensor.shape, x.shape)) return this.#places.get(x);
    if (name === 'reshape') {
      const plain = this.#plain(x);
      return plain === undefined ? {} : { plain };
    }
    if (name !== 'transpose') return undefined;
    const order = String(tensor.attributes.order);
    const blocks = this.#madeInBlocks(x);
    if (order === '0,2,3,1' && blocks !== undefined)
      return { plain: this.#step(tensor, [blocks], Stage.reordered) };
    const last = this.#plain(x);
    return order === '0,3,1,2' && last !== undefined ? { last } : undefined;
  }

  /** The convolution of which a tensor is the activation, if nothing else reads it. */
  #convolutionOf(tensor: Tensor): Tensor | undefined {
    const [x] = tensor.inputs;
    if (x === undefined || !ACTIVATIONS.has(tensor.operator.name) || this.#readers.get(x) !== 1)
      return undefined;
    return convolutionOf(x) && x;
  }

  /** An activation or an addition that the convolution before it computes. */
  #activated(tensor: Tensor): Place | undefined {
    const { name } = tensor.operator;
    if (name === 'add' || (name === 'addAll' && tensor.inputs.length === 2)) return this.#added(tensor);
    const [x] = tensor.inputs;
    const place = x && ACTIVATIONS.has(name) ? this.#places.get(x) : undefined;
    const step = place?.blocks ?? place?.plain;
    if (!step?.fused || step.fused.activation || this.#readers.get(x!) !== 1) return undefined;
    step.fused.activation = true;
    step.tensor = tensor;
    return place;
  }

  #added(tensor: Tensor): Place | undefined {
    const [a, b] = tensor.inputs as [Tensor, Tensor];
    const areEqual = equalShapes(a.shape, b.shape);
    const [inA, inB] = [this.#madeInBlocks(a), this.#madeInBlocks(b)];
    if (inA !== undefined && inB !== undefined) {
      const within = areEqual ? this.#addedWithin(tensor, inA, inB) : undefined;
      if (within !== undefined) return { blocks: within };
      // Operands of other sides are reshaped first, in their memory: so the second one is computed first.
      const reshaped = areEqual
        ? []
        : [inA, inB].map((each) => this.#step(tensor, [each], Stage.blocked, { blocks: 0 }));
      return { blocks: this.#step(tensor, [inA, inB, ...reshaped], Stage.blocked) };
    }
    if (!areEqual || tensor.operator.name !== 'add') return undefined;
    const sum = this.#addedWithin(tensor, this.#places.get(a)?.plain, this.#places.get(b)?.plain);
    return sum && { plain: sum };
  }

  /** The convolution of one of the summands that adds the other one. */
  #addedWithin(tensor: Tensor, inA: Step | undefined, inB: Step | undefined): Step | undefined {
    const [a, b] = tensor.inputs as [Tensor, Tensor];
    for (const [image, step, other] of [
      [a, inA, b],
      [b, inB, a],
    ] as const) {
      if (!step?.fused || step.fused.activation || step.fused.add || this.#readers.get(image) !== 1) continue;
      const summand = step.stage === Stage.blocked ? this.#madeInBlocks(other) : this.#plain(other);
      if (summand === undefined) continue;
      step.fused.add = true;
      step.tensor = tensor;
      step.reads.push(summand);
      return step;
    }
    return undefined;
  }

  /** A tensor as it was computed in blocks; what is only copied into them stays as it is for those that may read either. */
  #madeInBlocks(tensor: Tensor): Step | undefined {
    const blocks = this.#places.get(tensor)?.blocks;
    return blocks?.stage === Stage.blocked ? blocks : undefined;
  }

  #convolved(tensor: Tensor): Place | undefined {
    const groups = convolutionOf(tensor)?.groups;
    if (groups === undefined) return undefined;
    const [image, weight] = tensor.inputs as [Tensor, Tensor];
    if (this.#places.has(weight) || !this.#convolvesBlocks(weight, groups)) {
      const plain = this.#step(tensor, [this.#plain(image)], Stage.fused, { isConvolution: true });
      // Outside of blocks only a convolution with a bias adds.
      plain.fused!.add = tensor.inputs[2] === undefined;
      return { plain };
    }
    const [, read] = weight.shape as [number, number];
    const source = this.#readsPlain(groups, read) ? this.#plain(image) : this.#blocks(image);
    return { blocks: this.#step(tensor, [source], Stage.blocked, { isConvolution: true }) };
  }

  /** What else ONNX Runtime computes in blocks. */
  #inBlocks(tensor: Tensor): Place | undefined {
    const { inputs, operator } = tensor;
    const sources = inputs.map((each) => this.#madeInBlocks(each));
    const areWhole = inputs.every(({ shape }) => (shape[1] as number) % this.#block === 0);
    const stays =
      ACTIVATIONS.has(operator.name) ||
      operator.name === 'maxPool2d' ||
      (operator.name === 'concat' && areWhole);
    if (!stays || sources.includes(undefined)) return undefined;
    return { blocks: this.#step(tensor, sources, Stage.blocked) };
  }

  /** The result of an operator whose kernels know no blocks. */
  #computed(tensor: Tensor): Step {
    const sources = tensor.inputs.map((each) => this.#plain(each));
    const { name } = tensor.operator;
    if (name === 'softmax') {
      const shifted = this.#step(tensor, sources, Stage.file);
      return this.#step(tensor, [this.#step(tensor, [shifted], Stage.file)], Stage.file);
    }
    if (isResample(tensor)) return this.#resampled(tensor, sources[0]);
    if (name !== 'addAll') return this.#step(tensor, sources, Stage.file);
    const [first, second, ...others] = sources;
    let sum = this.#step(tensor, [first, second], Stage.file);
    for (const each of others) sum = this.#step(tensor, [sum, each], Stage.file);
    return sum;
  }

  /** Columns, then rows: two neighbours are gathered, and their difference is weighed and added. */
  #resampled(tensor: Tensor, source: Step | undefined): Step {
    const [down, across] = tensor.attributes.channels === 'first' ? [2, 3] : [1, 2];
    const { shape } = tensor.inputs[0]!;
    const along = (made: Tensor, read: Step | undefined): Step => {
      const step = (...reads: (Step | undefined)[]) =>
        this.#step(made, reads, Stage.file, { origin: tensor });
      const first = step(read);
      const change = step(step(read), first);
      return step(first, step(change));
    };
    const wide = { ...tensor, shape: shape.with(across!, tensor.shape[across!]!).with(down!, shape[down!]!) };
    return along(tensor, along(wide, source));
  }

  #plain(tensor: Tensor): Step | undefined {
    const place = this.#places.get(tensor);
    const source = place?.blocks ?? place?.last;
    if (place && source && place.plain === undefined) {
      const stage = place.blocks === undefined ? Stage.file : Stage.reordered;
      place.plain = this.#step(tensor, [source], stage);
    }
    return place?.plain;
  }

  #blocks(tensor: Tensor): Step | undefined {
    const place = this.#places.get(tensor);
    if (place === undefined) return undefined;
    // What puts channels into blocks reads them last as well.
    place.blocks ??= this.#step(tensor, [place.plain ?? place.last], Stage.reordered, {
      blocks: this.#wholeBlocks(tensor),
    });
    return place.blocks;
  }

  /** Whether ONNX Runtime's CPU convolves blocks of channels. */
  #convolvesBlocks(weight: Tensor, groups: number): boolean {
    const [out, read] = weight.shape as [number, number];
    if (groups === 1) return this.#readsPlain(groups, read) || read % READ_ALIGNMENT === 0;
    const areWhole = (channels: number) => channels % this.#block === 0;
    return areWhole(out) && ((read === 1 && out === groups) || (areWhole(read) && areWhole(out / groups)));
  }

  /** Whether a convolution in blocks reads channels that are not. */
  #readsPlain(groups: number, read: number): boolean {
    return groups === 1 && read < this.#block;
  }

  #wholeBlocks({ shape }: Tensor): number {
    return Math.ceil((shape[1] as number) / this.#block) * this.#block;
  }

  #step(
    tensor: Tensor,
    sources: readonly (Step | undefined)[],
    stage: Stage,
    {
      isConvolution = false,
      blocks = stage === Stage.blocked ? this.#wholeBlocks(tensor) : undefined,
      origin = tensor,
    }: { isConvolution?: boolean; blocks?: number | undefined; origin?: Tensor } = {},
  ): Step {
    const reads = sources.filter((source) => source !== undefined);
    const fused = isConvolution ? { fused: { add: false, activation: false } } : {};
    const step: Step = { tensor, origin, reads, blocks, stage, ...fused };
    this.#steps.push(step);
    return step;
  }
}

/** What a run takes. */
export interface RunBytes {
  /** Of the tensors that are alive at once. */
  readonly alive: number;
  /** What ONNX Runtime takes for them. */
  readonly taken: number;
}

/**
 * Bytes that a run takes, beside its inputs.
 *
 * @param symbols the values of free sides
 * @param scratch bytes of a block that a small run took before and gave back; see `withScratch`
 */
export function runBytes(
  { steps, results }: CpuRun,
  symbols: ReadonlyMap<string, number>,
  scratch = 0,
): RunBytes {
  const lastUse = new Map<Step, number>();
  steps.forEach((step, place) => {
    for (const each of [step, ...step.reads]) lastUse.set(each, place);
  });
  const arena = new Arena();
  if (scratch > 0) arena.give(arena.take(scratch));
  const pieces = new Map<Step, ReturnType<Arena['take']>>();
  let [alive, most] = [0, 0];
  steps.forEach((step, place) => {
    const piece = arena.take(bytesOf(step, symbols));
    pieces.set(step, piece);
    alive += bytesOf(step, symbols);
    most = Math.max(most, alive);
    for (const each of new Set([step, ...step.reads])) {
      if (results.has(each) || lastUse.get(each) !== place) continue;
      arena.give(pieces.get(each)!);
      alive -= bytesOf(each, symbols);
    }
  });
  return { alive: most, taken: arena.bytes };
}

function bytesOf({ tensor: { dtype, shape }, blocks }: Step, symbols: ReadonlyMap<string, number>): number {
  const sides = shape.map((side) => evaluateDim(side, symbols));
  return bytesPerElement[dtype] * elementCount(blocks === undefined ? sides : sides.with(1, blocks));
}
