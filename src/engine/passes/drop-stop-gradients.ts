import { expectProgram, type Program, substitute } from '../graph/index.js';
import { isStopGradient } from '../ops/index.js';

/** Replaces each result of `stopGradient` by its operand. They differ only for differentiation, which must come before. */
export function dropStopGradients(program: Program): Required<Program> {
  const { outputs, constants } = expectProgram('dropStopGradients', program);
  const dropped = substitute(outputs, (tensor) => (isStopGradient(tensor) ? tensor.inputs[0]! : tensor));
  return { outputs: dropped, constants };
}
