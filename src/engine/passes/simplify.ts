import { expectProgram, type Pass, type Program } from '../graph/index.js';
import { dropStopGradients } from './drop-stop-gradients.js';
import { dropUnused } from './drop-unused.js';
import { foldBatchNorm } from './fold-batch-norm.js';
import { mergeCommon } from './merge-common.js';

/** Each finds more to do after the one before it. */
const passes: readonly Pass[] = [foldBatchNorm, dropStopGradients, mergeCommon, dropUnused];

/**
 * All passes, for a program that is about to be lowered. It cannot be differentiated any further.
 *
 * @throws HmsaError as {@link foldBatchNorm} does
 */
export function simplify(program: Program): Required<Program> {
  return passes.reduce((result, pass) => pass(result), expectProgram('simplify', program));
}
