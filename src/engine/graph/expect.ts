import type { DType } from '../../base/arrays/index.js';
import { bytesPerElement } from '../../base/arrays/index.js';
import { checkArgument, isObject } from '../../base/errors/index.js';
import { type Dim, isDim } from './dim.js';
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
