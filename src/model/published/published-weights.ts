import type { NdArray } from '../../base/arrays.js';
import { checkArgument, HmsaError, isObject, isRecord, printable } from '../../base/errors/index.js';
import type { Model } from '../file/index.js';
import type { ModelConfig } from '../index.js';
import { type Source, sources } from '../sources/index.js';
import { sourceNamed } from './recognize.js';

/** The weights of a model under the names of others. */
export interface PublishedWeights {
  readonly source: Pick<Source, 'name' | 'title'>;
  /** With a counter of steps, zero, for each batch norm, as PyTorch has it. */
  readonly tensors: ReadonlyMap<string, NdArray>;
}

/** Names that an error lists. */
const LISTED = 20;

/** Settings that have no effect on what a trained network computes. */
const ofTrainingAlone = new Set(['dropout']);

/**
 * The weights of a model by the names of a published architecture, whose PyTorch code then loads them.
 *
 * @param arch the name of the source; default: the one whose architecture the model has
 * @throws HmsaError when the model is of another architecture, with what differs
 */
export function publishedWeights(
  model: Pick<Model, 'config' | 'weights'>,
  arch?: string,
  known: readonly Source[] = sources,
): PublishedWeights {
  const isModel = isRecord(model) && isObject(model.config) && model.weights instanceof Map;
  checkArgument(isModel, 'publishedWeights', 'a model, as decodeModel gives it', model);
  checkArgument(arch === undefined || typeof arch === 'string', 'publishedWeights, arch', 'a name', arch);
  const { config, weights } = model;
  const tried = arch === undefined ? known : [sourceNamed(arch, known)];
  const reasons = new Map<Source, string>();
  for (const source of tried) {
    const result = named(config, weights, source);
    if (typeof result !== 'string')
      return { source: { name: source.name, title: source.title }, tensors: result };
    reasons.set(source, result);
  }
  const [first] = tried;
  throw new HmsaError({
    operation: 'export to PyTorch',
    expected:
      arch === undefined || first === undefined
        ? 'a model of a published architecture'
        : `a model of the architecture ${first.title}`,
    received:
      arch === undefined || first === undefined
        ? `trunk ${config.trunk.name}, head ${config.head.name}, attention ${config.attention.name}`
        : reasons.get(first)!,
    remedy:
      arch === undefined
        ? `--arch NAME says what differs from one of: ${known.map(({ name }) => name).join(', ')}.`
        : 'Export it with --to onnx, which takes every model.',
  });
}

/** The tensors by the names of a source, or a text that says why that is not possible. */
function named(
  config: ModelConfig,
  weights: Model['weights'],
  source: Source,
): ReadonlyMap<string, NdArray> | string {
  const tensors = new Map<string, NdArray>();
  const nameless: string[] = [];
  for (const [variable, array] of weights) {
    const name = source.nameOf(variable);
    if (name === undefined || tensors.has(name)) nameless.push(variable);
    else tensors.set(name, array);
  }
  if (nameless.length > 0) {
    const more = nameless.length > LISTED ? ` and ${nameless.length - LISTED} more` : '';
    const listed = nameless.slice(0, LISTED).map((name) => printable(name, 100));
    return `variables that it has no name for: ${listed.join(', ')}${more}`;
  }
  const shapes = new Map([...tensors].map(([name, { shape }]) => [name, shape]));
  const recognized = source.recognize(shapes);
  if (recognized === undefined) return 'another architecture';
  if (recognized.kind === 'trunk' || source.convert !== undefined)
    return 'more than the trunk that its files hold';
  const different = differences(config, recognized.config);
  if (different.length > 0) return different.join(', ');
  for (const name of [...tensors.keys()]) {
    if (!name.endsWith('.running_mean')) continue;
    const counter = name.replace(/running_mean$/, 'num_batches_tracked');
    tensors.set(counter, { dtype: 'int64', shape: [], data: new BigInt64Array(1) });
  }
  return tensors;
}

/** What two networks with the same variables compute differently: `head.asppRates [6,12,18], there [12,24,36]`. */
function differences(model: ModelConfig, theirs: ModelConfig): string[] {
  if (model.weights !== theirs.weights) return [`weights ${model.weights}, there ${theirs.weights}`];
  return (['trunk', 'head', 'attention'] as const).flatMap((part) => {
    const [ours, other] = [model[part], theirs[part]] as Record<string, unknown>[] as [
      Record<string, unknown>,
      Record<string, unknown>,
    ];
    const keys = [...new Set([...Object.keys(ours), ...Object.keys(other)])];
    const shown = (value: unknown) => JSON.stringify(value) ?? 'none';
    return keys
      .filter((key) => !ofTrainingAlone.has(key) && shown(ours[key]) !== shown(other[key]))
      .map((key) => `${part}.${key} ${shown(ours[key])}, there ${shown(other[key])}`);
  });
}
