import { apply, expectProgram, isVariable, type Program, rebuild, type Tensor } from '../graph/index.js';
import { cast, isConv2d } from '../ops/index.js';
import { readersOf } from './readers.js';

/** Operators between convolutions that are computed in float16 if their operands are. */
const between = new Set(['relu', 'relu6', 'add', 'concat', 'resizeBilinear']);

/**
 * Computes convolutions, and the operators between them, in float16: half of the memory traffic, and more arithmetic on GPUs
 * that have it. What needs more digits stays float32: the image and its normalisation, sums over places, the class scores once
 * they are resized, softmax and attention weights. float16 holds numbers up to 65504.
 *
 * Run it right before lowering, after {@link simplify}; the result is not differentiated.
 *
 * @throws HmsaError when it is not a program
 */
export function halve(program: Program): Required<Program> {
  const { outputs, constants } = expectProgram('halve', program);
  const readers = readersOf(Object.values<Tensor>(outputs));
  const staysHalf = (tensor: Tensor) =>
    readers
      .get(tensor)!
      .every((reader) => reader !== undefined && (isConv2d(reader) || between.has(reader.operator.name)));
  const isKnown = (tensor: Tensor) => isVariable(tensor) && constants.has(tensor.attributes.name);
  const half = memoized((tensor) => cast(tensor, 'float16'));
  const single = memoized((tensor) => cast(tensor, 'float32'));
  const inSingle = (tensor: Tensor) => (tensor.dtype === 'float16' ? single(tensor) : tensor);
  const rebuilt = rebuild(outputs, (tensor, operands) => {
    const { operator, attributes } = tensor;
    if (isConv2d(tensor) && tensor.inputs.slice(1).every(isKnown))
      return apply(operator, operands.map(half), attributes);
    const isBetween = between.has(operator.name) && operands.every(({ dtype }) => dtype === 'float16');
    if (isBetween && (operator.name !== 'resizeBilinear' || staysHalf(tensor))) return undefined;
    const changed = operands.map(inSingle);
    return changed.some((operand, i) => operand !== operands[i])
      ? apply(operator, changed, attributes)
      : undefined;
  });
  const entries = Object.entries<Tensor>(rebuilt).map(([name, tensor]) => [name, inSingle(tensor)] as const);
  return { outputs: Object.fromEntries(entries), constants };
}

function memoized(make: (tensor: Tensor) => Tensor): (tensor: Tensor) => Tensor {
  const known = new Map<Tensor, Tensor>();
  return (tensor) => {
    const made = known.get(tensor) ?? make(tensor);
    known.set(tensor, made);
    return made;
  };
}
