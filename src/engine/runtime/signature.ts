import { arrayTypes, elementCount, type NdArray } from '../../base/arrays.js';
import { HmsaError, isObject, shown } from '../../base/errors/index.js';
import type { OrtInferenceSession, OrtValueMetadata } from './ort.js';
import type { NamedArrays, SessionOptions, TensorInfo } from './session.js';
import { isDType } from './tensors.js';

/** What a graph takes and gives, with the state told apart. */
export interface Signature {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly state: readonly TensorInfo[];
  /** State input → the output that replaces it; read-only state is not in it. */
  readonly next: ReadonlyMap<string, string>;
  /** The output that says whether a run may replace the state; it always may where left out. */
  readonly commit: string | undefined;
}

/** @throws HmsaError when the state names tensors that are not there or do not fit each other */
export function readSignature(
  session: Pick<OrtInferenceSession, 'inputMetadata' | 'outputMetadata'>,
  { state = {}, commit }: Pick<SessionOptions, 'state' | 'commit'>,
): Signature {
  const inputs = session.inputMetadata.map(readInfo);
  const outputs = session.outputMetadata.map(readInfo);
  const next = new Map<string, string>();
  const replacing = new Set<string>();
  for (const [input, output] of Object.entries(state)) {
    const from = find(inputs, input, 'input');
    if (output === null) continue;
    const to = find(outputs, output, 'output');
    if (!fits(from, to)) {
      throw new HmsaError({
        operation: `state, ${input}`,
        expected: `an output of ${describe(from)}`,
        received: `${output} of ${describe(to)}`,
      });
    }
    if (replacing.has(output)) {
      throw new HmsaError({
        operation: `state, ${input}`,
        expected: 'an output of its own',
        received: `${output}, which replaces another input`,
      });
    }
    replacing.add(output);
    next.set(input, output);
  }
  if (commit !== undefined) checkCommit(find(outputs, commit, 'output'));
  return {
    inputs: inputs.filter(({ name }) => !Object.hasOwn(state, name)),
    outputs: outputs.filter(({ name }) => !replacing.has(name) && name !== commit),
    state: inputs.filter(({ name }) => Object.hasOwn(state, name)),
    next,
    commit,
  };
}

function checkCommit(output: TensorInfo): void {
  if (output.dtype === 'float32' && output.shape.every((side) => side === 1)) return;
  throw new HmsaError({
    operation: `commit, ${output.name}`,
    expected: 'an output of one float32 number',
    received: describe(output),
  });
}

const types = Object.keys(arrayTypes);

function readInfo(metadata: OrtValueMetadata): TensorInfo {
  if (!metadata.isTensor || !isDType(metadata.type)) {
    throw new HmsaError({
      operation: `model, ${metadata.name}`,
      expected: `a tensor of ${types.slice(0, -1).join(', ')} or ${types.at(-1)}`,
      received: metadata.isTensor ? metadata.type : 'a value that is no tensor',
      remedy: 'Cast it inside the graph.',
    });
  }
  return { name: metadata.name, dtype: metadata.type, shape: [...metadata.shape] };
}

function find(tensors: readonly TensorInfo[], name: string, kind: 'input' | 'output'): TensorInfo {
  const found = tensors.find((tensor) => tensor.name === name);
  if (found) return found;
  throw new HmsaError({
    operation: 'state',
    expected: `an ${kind} of the graph: ${list(tensors.map((tensor) => tensor.name))}`,
    received: JSON.stringify(name),
  });
}

function fits(a: TensorInfo, b: TensorInfo): boolean {
  if (a.dtype !== b.dtype || a.shape.length !== b.shape.length) return false;
  return a.shape.every((side, axis) => {
    const other = b.shape[axis];
    return typeof side === 'string' || typeof other === 'string' || side === other;
  });
}

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
