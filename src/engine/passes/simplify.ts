import { expectProgram, type Pass, type Program } from '../graph/index.js';
import { dropStopGradients } from './drop-stop-gradients.js';
import { dropUnused } from './drop-unused.js';
import { foldBatchNorm } from './fold-batch-norm.js';
import { mergeCommon } from './merge-common.js';

/** In this order, each pass finds more to do after the one before it. */
const passes: readonly Pass[] = [foldBatchNorm, dropStopGradients, mergeCommon, dropUnused];

/**
 * Runs all passes on a program that is about to be lowered. The result must not be differentiated.
 *
 * @throws HmsaError as {@link foldBatchNorm} does
 */
export function simplify(program: Program): Required<Program> {
  return passes.reduce((result, pass) => pass(result), expectProgram('simplify', program));
}
