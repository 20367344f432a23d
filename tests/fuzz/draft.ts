import { type DType, elementCount } from '../../src/base/arrays.js';
import { type Input, input, type Tensor, type Value } from '../../src/engine/graph/index.js';
import { namedValues } from '../golden/named-values.js';
import type { Choices } from './choices.js';
import { evaluate, type Values } from './evaluate.js';

/** An input of a random graph, and the range that its values are drawn from. */
export interface Leaf {
  readonly tensor: Input;
  readonly low: number;
  readonly high: number;
  /** [N, C, H, W] with sides that may be left free. */
  readonly isImage: boolean;
}

interface LeafOptions {
  readonly dtype?: DType;
  readonly low?: number;
  readonly high?: number;
  readonly isImage?: boolean;
}

/** Larger tensors teach nothing more and take longer. */
const MOST_ELEMENTS = 600;

/** A graph in the making: its inputs, the tensors that a next operator may take, and their values. */
export class Draft {
  readonly choices: Choices;
  readonly leaves: Leaf[] = [];
  /** Float32 tensors. */
  readonly floats: Tensor[] = [];
  /** Tensors of whole numbers. */
  readonly integers: Tensor[] = [];
  readonly values: Values = new Map();
  readonly #prefix: string;

  /** @param prefix begins the names of all inputs, so that many graphs fit into one file */
  constructor(choices: Choices, prefix: string) {
    this.choices = choices;
    this.#prefix = prefix;
  }

  /** A new input with values of its own. */
  leaf(shape: readonly number[], options: LeafOptions = {}): Tensor {
    const { dtype = 'float32', low = -1, high = 1, isImage = false } = options;
    const tensor = input(`${this.#prefix}x${this.leaves.length}`, shape, dtype);
    const leaf = { tensor, low, high, isImage };
    this.leaves.push(leaf);
    this.values.set(tensor, drawLeaf(leaf, 0));
    return tensor;
  }

  /** A new image [N, C, H, W] of small sides. */
  image(): Tensor {
    const { choices } = this;
    const shape = [choices.int(1, 3), choices.int(1, 6), choices.int(1, 8), choices.int(1, 8)];
    return this.leaf(shape, { isImage: true });
  }

  /** A tensor made before, of a rank in the range if there is one, or else a new one. */
  float(lowestRank = 0, highestRank = 5): Tensor {
    const fitting = this.floats.filter(
      ({ shape }) => shape.length >= lowestRank && shape.length <= highestRank,
    );
    // The newest first, so that chains grow; sometimes an older one, so that tensors are shared.
    if (fitting.length > 0) return this.choices.int(0, 2) > 0 ? fitting.at(-1)! : this.choices.pick(fitting);
    if (lowestRank === 4 || (highestRank >= 4 && this.choices.flag())) return this.image();
    const rank = this.choices.int(lowestRank, Math.min(highestRank, 4));
    return this.leaf(Array.from({ length: rank }, () => this.choices.int(1, 5)));
  }

  valueOf(tensor: Tensor): Value {
    evaluate([tensor], this.values);
    return this.values.get(tensor)!;
  }

  fits(shape: readonly number[]): boolean {
    return shape.every((side) => side >= 1) && elementCount(shape) <= MOST_ELEMENTS;
  }
}

/** The values of an input: others for every draw, the same for the same one. */
export function drawLeaf({ tensor, low, high }: Leaf, draw: number): Value {
  const { name, dtype } = tensor.attributes;
  const shape = tensor.shape as readonly number[];
  const numbers = namedValues(`${name} draw ${draw}`, shape, low, high);
  return { shape, data: dtype === 'float32' ? numbers : numbers.map(Math.floor) };
}

/** The shape of a tensor whose sides are all numbers, as those of random graphs are. */
export function sidesOf(tensor: Tensor): readonly number[] {
  return tensor.shape as readonly number[];
}
