import { crc32 } from '../../base/crc32.js';
import { isConstant, isInput, isVariable, reachable, type Tensor } from '../graph/index.js';
import { isConv2d } from '../ops/index.js';
import { unfoldedName } from './fold-batch-norm.js';

/** Longer keys are replaced by a checksum of their text. */
const LONGEST_KEY = 120;

/** Operators whose result lies within the range of their first operand, so that it takes the same key. */
const withinOperand = new Set([
  'resizeBilinear',
  'resample',
  'maxPool2d',
  'reshape',
  'transpose',
  'expand',
  'slice',
]);

/**
 * A key for each tensor that is the same in every graph of one network, whatever its scales, sizes and outputs are: the name of
 * the weight for a convolution, and what it is computed from for everything else. Ranges of activations are recorded by it, so
 * the same activation at several scales has one range.
 */
export function activationKeys(outputs: Iterable<Tensor>): ReadonlyMap<Tensor, string> {
  const keys = new Map<Tensor, string>();
  for (const tensor of reachable(outputs)) {
    const operands = tensor.inputs.map((operand) => keys.get(operand)!);
    keys.set(tensor, keyOf(tensor, operands));
  }
  return keys;
}

function keyOf(tensor: Tensor, operands: readonly string[]): string {
  if (isVariable(tensor)) return unfoldedName(tensor.attributes.name);
  if (isInput(tensor)) return tensor.attributes.name;
  if (isConstant(tensor)) return 'constant';
  if (isConv2d(tensor)) return operands[1]!;
  const { name } = tensor.operator;
  if (withinOperand.has(name)) return operands[0]!;
  const key = `${name}(${operands.join()})`;
  if (key.length <= LONGEST_KEY) return key;
  return `${name}#${crc32(new TextEncoder().encode(key)).toString(16).padStart(8, '0')}`;
}
