import { arrayTypes } from '../../base/arrays/index.js';
import { HmsaError } from '../../base/errors/index.js';
import { describe, list } from './check-arrays.js';
import type { OrtInferenceSession, OrtValueMetadata } from './ort-types.js';
import type { SessionOptions, TensorInfo } from './session.js';
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
