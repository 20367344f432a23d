import { HmsaError } from '../../src/base/errors/index.js';
import {
  apply,
  type Dim,
  evaluateDim,
  input,
  isInput,
  rebuild,
  type SymbolDim,
  symbol,
  type Tensor,
} from '../../src/engine/graph/index.js';
import { sidesOf } from './draft.js';
import type { RandomGraph } from './random-graph.js';

/**
 * The forward pass of a graph with the sides of its images left free, each named after its size so that equal ones stay
 * equal; undefined where an operator needs to know a side.
 */
export function withFreeSides(graph: RandomGraph): Record<string, Tensor> | undefined {
  const images = new Set<Tensor>(graph.leaves.filter(({ isImage }) => isImage).map(({ tensor }) => tensor));
  const forward = Object.entries(graph.outputs).filter(([name]) => !name.startsWith('gradient'));
  const seen = new Map<number, Dim>();
  const remember = (fixed: Tensor, free: Tensor) => {
    for (const [axis, side] of sidesOf(fixed).entries()) {
      if (typeof free.shape[axis] !== 'number') seen.set(side, free.shape[axis]!);
    }
  };
  try {
    return rebuild(Object.fromEntries(forward), (tensor, operands) => {
      tensor.inputs.forEach((operand, i) => {
        remember(operand, operands[i]!);
      });
      if (images.has(tensor) && isInput(tensor)) {
        const [n, channels, height, width] = sidesOf(tensor) as [number, number, number, number];
        return input(tensor.attributes.name, [n, channels, free(height), free(width)]);
      }
      const given = givenSides[tensor.operator.name];
      if (given === undefined || operands.every((operand, i) => operand === tensor.inputs[i]))
        return undefined;
      const sides = (tensor.attributes[given] as readonly number[]).map((side) => seen.get(side) ?? side);
      return apply(tensor.operator, operands, { ...tensor.attributes, [given]: sides });
    });
  } catch (error) {
    if (error instanceof HmsaError) return undefined;
    throw error;
  }
}

/** Operators that are given sides, and the attribute that holds them: a size seen before is meant to be that side. */
const givenSides: Readonly<Record<string, string>> = {
  reshape: 'shape',
  expand: 'shape',
  resizeBilinear: 'size',
};

/** The shape that a tensor with free sides has in this run. */
export function shapeInRun({ shape }: Tensor): number[] {
  return shape.map((side) => evaluateDim(side, sizes));
}

/** A side of 1 stays a number: it may have to broadcast. */
function free(side: number): SymbolDim | 1 {
  return side === 1 ? 1 : symbol(`S${side}`);
}

/** What each symbol stands for: the size that it is named after. */
const sizes = {
  get: (name: string) => Number(name.slice(1)),
} as ReadonlyMap<string, number>;
