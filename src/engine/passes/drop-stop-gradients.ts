import { expectProgram, type Program, substitute } from '../graph/index.js';
import { isStopGradient } from '../ops/index.js';

/** Replaces what `stopGradient` gives by its operand: only differentiation, which has to come before, tells them apart. */
export function dropStopGradients(program: Program): Required<Program> {
  const { outputs, constants } = expectProgram('dropStopGradients', program);
  const dropped = substitute(outputs, (tensor) => (isStopGradient(tensor) ? tensor.inputs[0]! : tensor));
  return { outputs: dropped, constants };
}
