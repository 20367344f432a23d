import { arrayTypes, canHold, type DataOf, type DType, elementCount } from '../../base/arrays.js';
import { checkArgument, HmsaError, isObject } from '../../base/errors/index.js';
import type { Dim } from './dim.js';
import { expectKnownDType, expectName, expectShape } from './shapes.js';
import { apply, expectTensor, type Operator, type Tensor } from './tensor.js';

export interface InputAttributes {
  readonly name: string;
  readonly shape: readonly Dim[];
  readonly dtype: DType;
}

/** `parameter`: learned by gradients. `buffer`: updated by the forward pass. `state`: kept by the optimiser. */
export type VariableRole = 'parameter' | 'buffer' | 'state';

export interface VariableOptions {
  /** Default `parameter`. */
  readonly role?: VariableRole;
  /**
   * Its initial value if none is given: a number for all elements, or the initial value of another variable of the same shape.
   * Without this, a value must be given; initialisers or a file give those of a model's weights.
   */
  readonly start?: number | Variable;
  /** `run` (default): kept for the whole run. `phase`: discarded when the next phase starts. */
  readonly life?: 'phase' | 'run';
  /** The smallest value that its elements can have: 0 for variances and means of squares. */
  readonly least?: number;
}

export interface VariableAttributes extends VariableOptions {
  /** Dotted path, unique in a model: `trunk.features.1.conv.0.weight`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly role: VariableRole;
  readonly life: 'phase' | 'run';
}

type HeldType = Exclude<DType, 'float16'>;

export interface ConstantAttributes {
  /**
   * An array of the constant's own type, with one exception: float32 constants that were given as plain numbers are held in
   * float64 and rounded when the graph is lowered. The tests compare ONNX Runtime with the float64 interpreter. If its 1e-5 or
   * ⅓ were rounded to float32, it could not reveal errors of that size.
   */
  readonly data: DataOf[HeldType] | Float64Array;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** The literal name makes the kinds distinct types, so that a type guard narrows both of its branches. */
export type Leaf<Attributes, Name extends string> = Tensor<Attributes> & {
  readonly operator: { readonly name: Name };
};

/** A value fed from outside at every run. */
export type Input = Leaf<InputAttributes, 'input'>;
/** A float32 value that outlives a run: a weight, a running statistic, a momentum. */
export type Variable = Leaf<VariableAttributes, 'variable'>;
export type Constant = Leaf<ConstantAttributes, 'constant'>;

/** A leaf has a value and is not computed. The walks look its value up and never call these rules. */
function leaf<A>(name: string, shape: Operator<A>['shape']): Operator<A> {
  const refuse = (): never => {
    throw new Error(`A leaf (${name}) has no rule: the walk gives it its value.`);
  };
  return { name, shape, reference: refuse, gradient: 'none', onnx: refuse };
}

const inputOperator = leaf<InputAttributes>('input', (_, { shape, dtype }) => ({ shape, dtype }));
const variableOperator = leaf<VariableAttributes>('variable', (_, { shape }) => ({
  shape,
  dtype: 'float32',
}));
const constantOperator = leaf<ConstantAttributes>('constant', (_, { shape, dtype }) => ({ shape, dtype }));

/**
 * A value fed from outside at every run.
 *
 * @throws HmsaError when the name is empty, or the shape or the type is not valid
 */
export function input(name: string, shape: readonly Dim[], dtype: DType = 'float32'): Input {
  expectName('input', name);
  expectShape(`input ${name}`, shape);
  expectKnownDType(`input ${name}`, dtype);
  return apply(inputOperator, [], { name, shape, dtype }) as Input;
}

/**
 * A float32 value that outlives a run.
 *
 * @throws HmsaError when the name is empty or the shape is not one of whole numbers
 */
export function variable(name: string, shape: readonly number[], options: VariableOptions = {}): Variable {
  expectName('variable', name);
  expectShape(`variable ${name}`, shape, false);
  checkArgument(isObject(options), `variable ${name}`, 'an object of options', options);
  return apply(variableOperator, [], { role: 'parameter', life: 'run', ...options, name, shape }) as Variable;
}

/**
 * A value that is known when the graph is built. The data are copied.
 *
 * @param data numbers in row-major order, or bigints for int64
 * @throws HmsaError when the number of elements is not that of the shape, or the type cannot hold one of them, such as 300 in
 *   uint8
 */
export function constant(
  data: ArrayLike<number | bigint>,
  shape: readonly number[],
  dtype: DType = 'float32',
): Constant {
  expectShape('constant', shape, false);
  expectKnownDType('constant', dtype);
  const isList = Array.isArray(data) || (ArrayBuffer.isView(data) && 'length' in data);
  checkArgument(isList, 'constant', 'a list of numbers', data);
  const expected = elementCount(shape);
  if (data.length !== expected) {
    throw new HmsaError({
      operation: 'constant',
      expected: `${expected} elements for shape [${shape}]`,
      received: String(data.length),
    });
  }
  return apply(constantOperator, [], { data: hold(data, dtype), shape, dtype }) as Constant;
}

/** Copies the data into an array of their type. */
function hold(data: ArrayLike<number | bigint>, dtype: DType): ConstantAttributes['data'] {
  if (dtype === 'float16') {
    throw new HmsaError({
      operation: 'constant',
      expected: 'a type other than float16',
      received: dtype,
      remedy: 'Make it float32 and cast it.',
    });
  }
  const ArrayType = arrayTypes[dtype] as unknown as {
    new (data: ArrayLike<number | bigint>): DataOf[HeldType];
  };
  // An array of the type holds only valid numbers. Not so for bool, whose bytes may be larger than 1.
  if (dtype !== 'bool' && data instanceof ArrayType) return new ArrayType(data);
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    const isHeld =
      typeof value === 'bigint'
        ? dtype === 'int64' && BigInt.asIntN(64, value) === value
        : typeof value === 'number' && canHold(dtype, value);
    checkArgument(isHeld, 'constant', `numbers that ${dtype} can hold`, value);
  }
  if (dtype === 'int64') return BigInt64Array.from(data as ArrayLike<number>, BigInt);
  const numbers = data as ArrayLike<number>;
  return dtype === 'float32' ? Float64Array.from(numbers) : new ArrayType(numbers);
}

/** The numbers of a constant in float64, for the interpreter. */
export function constantNumbers({ attributes: { data } }: Constant): Float64Array {
  if (data instanceof Float64Array) return data;
  return data instanceof BigInt64Array ? Float64Array.from(data, Number) : Float64Array.from(data);
}

/** A constant of rank 0. */
export function scalar(value: number, dtype: DType = 'float32'): Constant {
  checkArgument(typeof value === 'number', 'scalar', 'a number', value);
  return constant([value], [], dtype);
}

export function isInput(tensor: Tensor): tensor is Input {
  return tensor.operator === inputOperator;
}

export function isVariable(tensor: Tensor): tensor is Variable {
  return tensor.operator === variableOperator;
}

/** @throws HmsaError when the value is not a variable */
export function expectVariable(operation: string, value: unknown): asserts value is Variable {
  expectTensor(operation, value);
  checkArgument(isVariable(value), operation, 'a variable', value);
}

export function isConstant(tensor: Tensor): tensor is Constant {
  return tensor.operator === constantOperator;
}
