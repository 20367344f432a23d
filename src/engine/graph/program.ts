import type { NdArray } from '../../base/arrays/index.js';
import { checkArgument, isObject } from '../../base/errors/index.js';
import { expectNamedTensors } from './expect.js';
import type { Tensor } from './tensor.js';

/** A graph that is ready to be lowered: named outputs, and the values of variables that are known. */
export interface Program {
  /** The results, by name. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  /**
   * Constant values of variables, by name. ONNX Runtime can pack them ahead of time. Variables that are not here become inputs,
   * which are fed at every run.
   */
  readonly constants?: ReadonlyMap<string, NdArray>;
}

/** A program that computes the same values in another way. */
export type Pass = (program: Program) => Required<Program>;

/** Checks a program and adds the parts that are left out. @throws HmsaError when it is not a program */
export function expectProgram(operation: string, program: Program): Required<Program> {
  checkArgument(isObject(program), operation, 'an object with outputs', program);
  const { outputs, constants = new Map<string, NdArray>() } = program;
  expectNamedTensors(`${operation}, outputs`, outputs);
  checkArgument(constants instanceof Map, `${operation}, constants`, 'a Map of arrays by name', constants);
  return { outputs, constants };
}
