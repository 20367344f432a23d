import {
  expectProgram,
  isConstant,
  isInput,
  isVariable,
  type Program,
  substitute,
  type Tensor,
} from '../graph/index.js';

/** Larger constants are rarely equal, and comparing them takes longer than it saves. */
const LARGEST_COMPARED = 64;

/**
 * Merges common subexpressions: tensors that one operator makes of the same inputs with equal attributes become one. So
 * do small constants of equal type, shape and value, variables of known value among them.
 *
 * What is fed stays as it is, and so do operators that are {@link Operator.distinct}. Segments that are computed again
 * (`gradientsBySegments`) stay apart from the first pass because their input is another tensor, which comes after it.
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

/** All that decides a tensor's value beside its operator and inputs; undefined where it is not to be compared. */
function comparedAttributes(
  tensor: Tensor,
  constants: Required<Program>['constants'],
): { readonly all: unknown } | undefined {
  if (isInput(tensor)) return undefined;
  if (!isVariable(tensor) && !isConstant(tensor)) return { all: tensor.attributes };
  const value = isVariable(tensor) ? constants.get(tensor.attributes.name) : tensor.attributes;
  if (!value?.data || value.data.length > LARGEST_COMPARED) return undefined;
  // A value that does not fit its variable is refused when that is lowered, so the variable must not disappear.
  return { all: [tensor.shape, value.dtype, value.shape, Array.from<number | bigint>(value.data)] };
}

/** Numbers that tell things apart. */
class Identities {
  readonly #numbers = new Map<unknown, number>();

  of(value: unknown): number {
    const number = this.#numbers.get(value) ?? this.#numbers.size;
    this.#numbers.set(value, number);
    return number;
  }
}

/** A text that is the same for values that are equal, part by part, and for no others. */
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
  // What is no plain object may hold more than its keys show.
  if (kind !== 'Object' && kind !== undefined) return `#${identity.of(value)}`;
  const keys = Object.keys(value).sort();
  const entry = (key: string) =>
    `${JSON.stringify(key)}:${textOf((value as Record<string, unknown>)[key], identity)}`;
  return `{${keys.map(entry).join()}}`;
}
