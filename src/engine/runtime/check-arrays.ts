import { arrayTypes, elementCount, type NdArray } from '../../base/arrays/index.js';
import { HmsaError, isObject, shown } from '../../base/errors/index.js';
import type { NamedArrays, TensorInfo } from './session.js';

/**
 * Checks arrays against what the graph declares, before ONNX Runtime sees them: its own messages name indices.
 *
 * @param operation what errors call the caller
 * @param complete whether every declared tensor must be there
 * @throws HmsaError that names the first array that is missing, unknown or of another type or shape
 */
export function checkArrays(
  operation: string,
  declared: readonly TensorInfo[],
  values: NamedArrays,
  complete: boolean,
): void {
  if (!isObject(values)) {
    throw new HmsaError({ operation, expected: 'an object of arrays by name', received: shown(values) });
  }
  const known = new Map(declared.map((info) => [info.name, info]));
  const names = Object.keys(values);
  const unknown = names.find((name) => !known.has(name));
  if (unknown !== undefined) {
    throw new HmsaError({
      operation,
      expected: `arrays for ${list([...known.keys()])}`,
      received: `one for ${JSON.stringify(unknown)}`,
      remedy: 'Leave it out, or give it the name of a declared tensor.',
    });
  }
  const sides = new Map<string, { side: number; name: string }>();
  for (const info of declared) {
    const value = values[info.name] ?? undefined;
    if (value !== undefined) checkArray(operation, info, value, sides);
    else if (complete || Object.hasOwn(values, info.name)) {
      throw new HmsaError({
        operation,
        expected: `an array for ${info.name} (${describe(info)})`,
        received: names.length === 0 ? 'none' : `arrays for ${list(names)}`,
        remedy: `Add ${info.name}.`,
      });
    }
  }
}

function checkArray(
  operation: string,
  info: TensorInfo,
  value: NdArray,
  sides: Map<string, { side: number; name: string }>,
): void {
  const fail = (received: string, expected = describe(info)): never => {
    throw new HmsaError({ operation: `${operation}, ${info.name}`, expected, received });
  };
  if (!isObject(value)) fail(shown(value), 'an array as { dtype, shape, data }');
  const { dtype, shape, data } = value;
  if (dtype !== info.dtype)
    fail(
      `${typeof dtype === 'string' ? dtype : shown(dtype)} [${Array.isArray(shape) ? shape.map(shown).join(', ') : shown(shape)}]`,
    );
  const kind = Object.prototype.toString.call(data).slice('[object '.length, -1);
  const wanted = arrayTypes[info.dtype].name;
  if (kind !== wanted) fail(`a ${kind}`, `a ${wanted} that holds ${info.dtype}`);
  if (!Array.isArray(shape) || !shape.every((side) => Number.isSafeInteger(side) && side >= 0)) {
    fail(`the shape ${JSON.stringify(shape)}`, `${describe(info)} with sides that are whole numbers`);
  }
  if (shape.length !== info.shape.length) fail(`${dtype} [${shape.join(', ')}]`);
  info.shape.forEach((wanted, axis) => {
    const side = shape[axis]!;
    if (typeof wanted === 'number') {
      if (side !== wanted) fail(`${dtype} [${shape.join(', ')}]`);
    } else if (wanted !== '') {
      const bound = sides.get(wanted);
      if (bound === undefined) sides.set(wanted, { side, name: info.name });
      else if (bound.side !== side) {
        fail(`${wanted} = ${side}`, `${describe(info)} with ${wanted} = ${bound.side} as in ${bound.name}`);
      }
    }
  });
  if (data.length !== elementCount(shape)) {
    const isGone = data.buffer.byteLength === 0;
    fail(
      isGone ? 'an array whose memory was transferred elsewhere' : `${data.length}`,
      `${elementCount(shape)} elements for the shape [${shape.join(', ')}]`,
    );
  }
}

/** `float32 [n, 3, 8]`; a side that has no name is a question mark. */
export function describe(info: TensorInfo): string {
  return `${info.dtype} [${info.shape.map((side) => (side === '' ? '?' : side)).join(', ')}]`;
}

/** Names for an error message: all of a few, the first of many. */
export function list(names: readonly string[]): string {
  if (names.length === 0) return 'nothing';
  const shown = names.slice(0, 8).join(', ');
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown;
}
