import { elementCount, float32, type NdArray } from '../../base/arrays.js';
import { checkArgument, HmsaError, isRecord } from '../../base/errors/index.js';
import { expectVariable, type Variable } from '../../engine/graph/index.js';
import type { SessionOptions } from '../../engine/runtime/index.js';
import type { TrainingStep } from './training-step.js';

/**
 * The initial state of a session of the step: the given values by variable name. A variable without a given value has
 * its `start`.
 *
 * @throws HmsaError that names the variable when its value is missing or has another shape
 */
export function initialState(
  step: Pick<TrainingStep, 'variables'>,
  values: ReadonlyMap<string, NdArray>,
): Record<string, NdArray> {
  checkStep(step, 'variables', 'initialState');
  checkArgument(values instanceof Map, 'initialState', 'a Map of values by name', values);
  const { variables } = step;
  return Object.fromEntries(variables.map((one) => [one.attributes.name, valueFor(one, values)]));
}

/**
 * Passes of ONNX Runtime that look for quantised tensors or for the layers of language models. A training step has neither, and
 * so many nodes that these passes would take longer than all others.
 */
const NEEDLESS_PASSES = [
  'AttentionFusion',
  'BiasDropoutFusion',
  'BiasGeluFusion',
  'BiasSkipLayerNormFusion',
  'BiasSoftmaxFusion',
  'DoubleQDQPairsRemover',
  'DynamicQuantizeMatMulFusion',
  'EmbedLayerNormFusion',
  'FastGeluFusion',
  'GeluFusionL1',
  'GeluFusionL2',
  'GroupQueryAttentionFusion',
  'GroupQueryAttentionPreNormFusion',
  'LayerNormFusionL1',
  'LayerNormFusionL2',
  'MatMulIntegerToFloatFusion',
  'MatMulNBitsFusion',
  'QDQFinalCleanupTransformer',
  'QDQPropagationTransformer',
  'QDQS8ToU8Transformer',
  'QDQSelectorActionTransformer',
  'QuickGeluFusion',
  'SimplifiedLayerNormFusion',
  'SkipLayerNormFusion',
  'WeightBiasQuantization',
  'WhereDummyDq',
];

/** The session options of a step. */
export function stepSession(
  step: Pick<TrainingStep, 'state' | 'commit' | 'shared'>,
): Pick<SessionOptions, 'state' | 'commit' | 'skipPasses'> {
  checkStep(step, 'shared', 'stepSession');
  const { state, commit, shared } = step;
  const readOnly = Object.fromEntries(shared.map(({ attributes: { name } }) => [name, null]));
  return { state: { ...state, ...readOnly }, commit, skipPasses: NEEDLESS_PASSES };
}

/**
 * The values of frozen variables, as `compile` takes them. They become constants of the file, which ONNX Runtime can
 * pack in advance.
 *
 * @throws HmsaError that names the variable when its value is missing or has another shape
 */
export function frozenValues(
  step: Pick<TrainingStep, 'frozen'>,
  values: ReadonlyMap<string, NdArray>,
): Map<string, NdArray> {
  checkStep(step, 'frozen', 'frozenValues');
  checkArgument(values instanceof Map, 'frozenValues', 'a Map of values by name', values);
  const { frozen } = step;
  return new Map(frozen.map((one) => [one.attributes.name, valueFor(one, values)]));
}

function checkStep(step: unknown, key: 'variables' | 'shared' | 'frozen', operation: string): void {
  checkArgument(isRecord(step) && Array.isArray(step[key]), operation, `a training step with ${key}`, step);
  for (const one of step[key]) expectVariable(`${operation}, ${key}`, one);
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
