import { expectProgram, isVariable, type Pass, type Program, reachable, substitute } from '../graph/index.js';
import { isStopGradient } from '../ops/index.js';
import { convolveBeforeResize } from './convolve-before-resize.js';
import { foldBatchNorm } from './fold-batch-norm.js';
import { mergeCommon } from './merge-common.js';
import { resizeInBlocks } from './resize-in-blocks.js';
import { resizeOnce } from './resize-once.js';

/** In this order, each pass finds more to do after the one before it. */
const passes: readonly Pass[] = [
  foldBatchNorm,
  dropStopGradients,
  resizeOnce,
  convolveBeforeResize,
  resizeInBlocks,
  mergeCommon,
  dropUnused,
];

/**
 * Runs all passes on a program that is about to be lowered. The result must not be differentiated.
 *
 * @throws HmsaError as {@link foldBatchNorm} does
 */
export function simplify(program: Program): Required<Program> {
  return passes.reduce<Required<Program>>((result, pass) => pass(result), expectProgram('simplify', program));
}

/** Replaces each result of `stopGradient` by its operand. They differ only for differentiation, which must come before. */
export function dropStopGradients(program: Program): Required<Program> {
  const { outputs, constants } = expectProgram('dropStopGradients', program);
  const dropped = substitute(outputs, (tensor) => (isStopGradient(tensor) ? tensor.inputs[0]! : tensor));
  return { outputs: dropped, constants };
}

/** Removes the constant values of variables that no output depends on. */
export function dropUnused(program: Program): Required<Program> {
  const { outputs, constants } = expectProgram('dropUnused', program);
  const variables = reachable(Object.values(outputs)).filter(isVariable);
  const used = new Set(variables.map(({ attributes }) => attributes.name));
  return { outputs, constants: new Map([...constants].filter(([name]) => used.has(name))) };
}
