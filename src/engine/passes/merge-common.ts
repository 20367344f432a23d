import {
  expectProgram,
  isConstant,
  isInput,
  isVariable,
  type Program,
  substitute,
  type Tensor,
} from '../graph/index.js';

/** Larger constants are not compared: they are rarely equal, and the comparison would take longer than it saves. */
const LARGEST_COMPARED = 64;

/**
 * Merges common subexpressions: tensors with the same operator, the same inputs and equal attributes become one. So do small
 * constants with equal type, shape and value, including variables whose value is constant.
 *
 * Inputs and fed variables are not merged, nor are operators that are {@link Operator.distinct}. Segments that are recomputed
 * (`gradientsBySegments`) stay separate from the first pass, because their input is a different tensor.
 */
export function mergeCommon(program: Program): Required<Program> {
  const { outputs, constants } = expectProgram('mergeCommon', program);
  const known = new Map<string, Tensor>();
  const identity = new Identities();
  const merged = substitute(outputs, (tensor) => {
    const { operator, inputs } = tensor;
    const attributes = comparedAttributes(tensor, constants);
    if (attributes === undefined || operator.distinct) return tensor;
    const operands = inputs.map((operand) => identity.of(operand));
    const key = `${identity.of(operator)}(${operands})${textOf(attributes.all, identity)}`;
    const equal = known.get(key);
    if (equal === undefined) known.set(key, tensor);
    return equal ?? tensor;
  });
  return { outputs: merged, constants };
}

/** Everything besides operator and inputs that determines the value of a tensor; undefined if it must not be merged. */
function comparedAttributes(
  tensor: Tensor,
  constants: Required<Program>['constants'],
): { readonly all: unknown } | undefined {
  if (isInput(tensor)) return undefined;
  if (!isVariable(tensor) && !isConstant(tensor)) return { all: tensor.attributes };
  const value = isVariable(tensor) ? constants.get(tensor.attributes.name) : tensor.attributes;
  if (!value?.data || value.data.length > LARGEST_COMPARED) return undefined;
  // `lower` refuses a value that does not fit its variable, so such a variable must not disappear: the key has both shapes.
  return { all: [tensor.shape, value.dtype, value.shape, Array.from<number | bigint>(value.data)] };
}

/** Assigns a number to each object, so that keys can contain it. */
class Identities {
  readonly #numbers = new Map<unknown, number>();

  of(value: unknown): number {
    const number = this.#numbers.get(value) ?? this.#numbers.size;
    this.#numbers.set(value, number);
    return number;
  }
}

/** A text that is equal for deeply equal values and different for all others. */
function textOf(value: unknown, identity: Identities): string {
  if (typeof value === 'string') return JSON.stringify(value);
  // `String` writes −0 as it writes 0.
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function' || typeof value === 'symbol') return `#${identity.of(value)}`;
  if (typeof value !== 'object' || value === null) return String(value);
  const list = (values: Iterable<unknown>) => Array.from(values, (each) => textOf(each, identity)).join();
  if (Array.isArray(value)) return `[${list(value)}]`;
  const kind = Object.getPrototypeOf(value)?.constructor?.name;
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return `${kind}[${list(value as unknown as Iterable<unknown>)}]`;
  }
  // Objects of classes may have hidden state, so they are compared by identity.
  if (kind !== 'Object' && kind !== undefined) return `#${identity.of(value)}`;
  const keys = Object.keys(value).sort();
  const entry = (key: string) =>
    `${JSON.stringify(key)}:${textOf((value as Record<string, unknown>)[key], identity)}`;
  return `{${keys.map(entry).join()}}`;
}
