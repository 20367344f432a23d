import { reachable, type Tensor } from '../graph/index.js';

/** What reads each tensor: a tensor for each of its operands, and undefined for each output of the program. */
export function readersOf(outputs: readonly Tensor[]): Map<Tensor, (Tensor | undefined)[]> {
  const readers = new Map<Tensor, (Tensor | undefined)[]>();
  const add = (tensor: Tensor, reader: Tensor | undefined) => {
    const known = readers.get(tensor);
    if (known === undefined) readers.set(tensor, [reader]);
    else known.push(reader);
  };
  for (const output of outputs) add(output, undefined);
  for (const reader of reachable(outputs)) for (const operand of reader.inputs) add(operand, reader);
  return readers;
}
