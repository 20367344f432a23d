import type { NdArray } from '../../base/arrays/index.js';
import { checkArgument, isObject } from '../../base/errors/index.js';
import { expectNamedTensors } from './expect.js';
import type { Tensor } from './tensor.js';

/** A graph that is ready to be executed: what it gives, and what is known of it ahead. Passes turn one into another. */
export interface Program {
  /** The results, by name. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  /**
   * Values of variables, by name, that will not change. ONNX Runtime can pack them ahead of time. A variable that is
   * missing here is fed at every run.
   */
  readonly constants?: ReadonlyMap<string, NdArray>;
}

/** A program that computes the same values in another way. */
export type Pass = (program: Program) => Required<Program>;

/** A program with all of its parts. @throws HmsaError when it is none */
export function expectProgram(operation: string, program: Program): Required<Program> {
  checkArgument(isObject(program), operation, 'an object with outputs', program);
  const { outputs, constants = new Map<string, NdArray>() } = program;
  expectNamedTensors(`${operation}, outputs`, outputs);
  checkArgument(constants instanceof Map, `${operation}, constants`, 'a Map of arrays by name', constants);
  return { outputs, constants };
}
