import { elementCount, float32, type NdArray } from '../../base/arrays/index.js';
import { HmsaError } from '../../base/errors/index.js';
import type { Variable } from '../../engine/graph/index.js';
import type { SessionOptions } from '../../engine/runtime/index.js';
import type { TrainingStep } from './step-graph.js';

/**
 * The state that a session of the step starts from: the given values by variable name and, where none is given, what
 * the variable says that it starts with.
 *
 * @throws HmsaError that names the variable when its value is missing or of another shape
 */
export function initialState(
  { variables }: Pick<TrainingStep, 'variables'>,
  values: ReadonlyMap<string, NdArray>,
): Record<string, NdArray> {
  return Object.fromEntries(variables.map((one) => [one.attributes.name, valueFor(one, values)]));
}

/** What a session of the step is opened with. */
export function stepSession({
  state,
  commit,
  shared,
}: Pick<TrainingStep, 'state' | 'commit' | 'shared'>): Pick<SessionOptions, 'state' | 'commit'> {
  const readOnly = Object.fromEntries(shared.map(({ attributes: { name } }) => [name, null]));
  return { state: { ...state, ...readOnly }, commit };
}

/**
 * The values of what is frozen, as `compile` takes them: constants of the file, which ONNX Runtime can pack ahead.
 *
 * @throws HmsaError that names the variable when its value is missing or of another shape
 */
export function frozenValues(
  { frozen }: Pick<TrainingStep, 'frozen'>,
  values: ReadonlyMap<string, NdArray>,
): Map<string, NdArray> {
  return new Map(frozen.map((one) => [one.attributes.name, valueFor(one, values)]));
}

function valueFor(
  { attributes: { name, shape, start } }: Variable,
  values: ReadonlyMap<string, NdArray>,
): NdArray {
  const value = values.get(name);
  if (value === undefined && typeof start === 'number')
    return float32(new Float32Array(elementCount(shape)).fill(start), shape);
  if (value === undefined && start !== undefined) return valueFor(start as Variable, values);
  if (value?.dtype === 'float32' && String(value.shape) === String(shape)) return value;
  throw new HmsaError({
    operation: `training state: ${name}`,
    expected: `float32 [${shape}]`,
    received: value === undefined ? 'no value' : `${value.dtype} [${value.shape}]`,
  });
}
