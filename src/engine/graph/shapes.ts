import { bytesPerElement, type DType } from '../../base/arrays.js';
import { checkArgument, HmsaError, isObject, shown } from '../../base/errors/index.js';
import { type Dim, dimText, equalDims, isDim } from './dim.js';
import { expectTensor, type Tensor } from './tensor.js';

// Checks of arguments, for callers without types. Each throws HmsaError.

/** Checks that a value is an object of tensors by name. */
export function expectNamedTensors(
  operation: string,
  values: unknown,
): asserts values is Readonly<Record<string, Tensor>> {
  checkArgument(isObject(values), operation, 'an object of tensors by name', values);
  for (const [name, value] of Object.entries(values)) expectTensor(`${operation}, ${name}`, value);
}

/** Checks that a value is a shape: whole numbers of at least 0 and, with `free`, symbolic sides. */
export function expectShape(operation: string, shape: unknown, free = true): asserts shape is readonly Dim[] {
  const isSide = (side: unknown) =>
    (typeof side === 'number' && Number.isSafeInteger(side) && side >= 0) ||
    (free && typeof side !== 'number' && isDim(side));
  const isShape = Array.isArray(shape) && shape.length <= 64 && shape.every(isSide);
  checkArgument(isShape, operation, `a shape of whole numbers${free ? ' or symbols' : ''}`, shape);
}

export function expectKnownDType(operation: string, dtype: unknown): asserts dtype is DType {
  const isKnown = typeof dtype === 'string' && Object.hasOwn(bytesPerElement, dtype);
  checkArgument(isKnown, operation, `one of ${Object.keys(bytesPerElement).join(', ')}`, dtype);
}

export function expectName(operation: string, name: unknown): asserts name is string {
  checkArgument(typeof name === 'string' && name !== '', operation, 'a name', name);
}

/** Checks that a value is a list of numbers. */
export function expectNumbers(operation: string, what: string, values: unknown): asserts values is number[] {
  const isList = Array.isArray(values) && values.every((value) => typeof value === 'number');
  checkArgument(isList, operation, what, values);
}

/** `float32 [2, 19, H, floor(W/2)]`, as errors show a tensor. */
export function describe(tensor: Pick<Tensor, 'shape' | 'dtype'>): string {
  return `${tensor.dtype} ${shapeText(tensor.shape)}`;
}

export function shapeText(shape: readonly Dim[]): string {
  return `[${shape.map(dimText).join(', ')}]`;
}

export function equalShapes(a: readonly Dim[], b: readonly Dim[]): boolean {
  return a.length === b.length && a.every((dim, axis) => equalDims(dim, b[axis]!));
}

/** Throws an error about the shape of an operator's argument. */
export function shapeError(operator: string, expected: string, received: string, remedy?: string): never {
  throw new HmsaError({
    operation: operator,
    expected,
    received,
    ...(remedy === undefined ? {} : { remedy }),
  });
}

export function expectRank(operator: string, what: string, tensor: Tensor, rank: number): void {
  expectTensor(operator, tensor);
  if (tensor.shape.length !== rank) shapeError(operator, `${what} of rank ${rank}`, describe(tensor));
}

export function expectDType(operator: string, what: string, tensor: Tensor, ...dtypes: DType[]): void {
  expectTensor(operator, tensor);
  if (!dtypes.includes(tensor.dtype))
    shapeError(operator, `${what} of type ${dtypes.join(' or ')}`, describe(tensor));
}

/** A side that must be a number, such as a count of channels. @throws HmsaError naming the operator when it is free */
export function staticSide(operator: string, what: string, dim: Dim): number {
  if (typeof dim !== 'number') shapeError(operator, `${what} that is a number`, dimText(dim));
  return dim;
}

/** The shape with every side a number. @throws HmsaError naming the operator when one is free */
export function staticShape(operator: string, tensor: Tensor): number[] {
  expectTensor(operator, tensor);
  return tensor.shape.map((dim) => staticSide(operator, `a shape of numbers (${describe(tensor)})`, dim));
}

/** The axis counted from the front; -1 is the last. @throws HmsaError when there is no such axis */
export function resolveAxis(operator: string, axis: number, rank: number): number {
  checkArgument(Number.isInteger(rank), operator, 'a rank', rank);
  const resolved = typeof axis === 'number' && axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || resolved < 0 || resolved >= rank) {
    shapeError(operator, `an axis from ${-rank} to ${rank - 1}`, shown(axis));
  }
  return resolved;
}

/**
 * The common shape of operands that broadcast: trailing axes are aligned, and sides of 1 are repeated.
 *
 * @throws HmsaError naming the operator when two sides differ and neither is 1
 */
export function broadcastShapes(operator: string, ...shapes: (readonly Dim[])[]): Dim[] {
  for (const shape of shapes) expectShape(operator, shape);
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    let result: Dim = 1;
    for (const shape of shapes) {
      const dim = shape[axis - rank + shape.length] ?? 1;
      if (equalDims(dim, 1) || equalDims(dim, result)) continue;
      if (!equalDims(result, 1)) {
        shapeError(operator, 'shapes that broadcast', shapes.map(shapeText).join(' and '));
      }
      result = dim;
    }
    return result;
  });
}
