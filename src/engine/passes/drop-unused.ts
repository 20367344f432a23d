import { expectProgram, isVariable, type Program, reachable } from '../graph/index.js';

/** Removes the constant values of variables that no output depends on. */
export function dropUnused(program: Program): Required<Program> {
  const { outputs, constants } = expectProgram('dropUnused', program);
  const variables = reachable(Object.values(outputs)).filter(isVariable);
  const used = new Set(variables.map(({ attributes }) => attributes.name));
  return { outputs, constants: new Map([...constants].filter(([name]) => used.has(name))) };
}
