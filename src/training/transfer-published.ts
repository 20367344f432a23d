import { float32, type NdArray } from '../base/arrays.js';
import { HmsaError, program } from '../base/errors/index.js';
import type { WeightFile } from '../model/checkpoints/read-weights.js';
import { imagenetPixels, type ModelConfig } from '../model/index.js';
import {
  type InnerTrunk,
  innerTrunk,
  match,
  otherNetwork,
  type Recognition,
  recognitions,
} from '../model/published/index.js';
import type { Source } from '../model/sources/index.js';
import { type Transfer, transferFolded } from './transfer.js';
import type { Weights } from './weights.js';

/** The result of a transfer from a weight file of others. */
export interface PublishedTransfer extends Transfer {
  /** Whose weights they are, for people; undefined if the file is of no known source and only names fit. */
  readonly title?: string;
  /** Settings that the weights were trained with and that the configuration changes, one line each. */
  readonly doubts: readonly string[];
}

type Target = Pick<ModelConfig, 'trunk' | 'head' | 'attention' | 'mean' | 'deviation'>;

/**
 * Copies weights of others into a model: of any file that `hmsa import` reads, or of a trunk alone. The trunk, the head and
 * the attention are copied if the file has the same architecture for them. If the model has one network per scale, each gets
 * a copy. A file of no known source is read by its names, by {@link transferFolded}.
 *
 * @param where what errors call the file
 * @param partial whether to copy what fits of a file with another trunk, instead of refusing the file
 * @param known the sources to try
 * @throws HmsaError when nothing fits, the file is of another trunk, or a value in it is not finite
 */
export function transferPublished(
  weights: Weights,
  file: Pick<WeightFile, 'tensors'>,
  where: string,
  model: Target,
  partial = false,
  known?: readonly Source[],
): PublishedTransfer {
  const shapes = new Map([...file.tensors].map(([name, { shape }]) => [name, shape]));
  const found = recognitions(shapes, known);
  if (found.length === 0) {
    const inner = innerTrunk(shapes, known);
    if (inner !== undefined) return transferInner(weights, file, where, model, partial, inner);
  }
  const fitting = partial ? found : found.filter((one) => trunkOf(one).name === model.trunk.name);
  if (found.length > 0 && fitting.length === 0) throw otherTrunk(found[0]!, where, model);
  const results = fitting.map((one) => takePublished(weights, file, where, model, one));
  const best = mostTaken(weights, results);
  if (best !== undefined && best.unused.length === 0) return best;
  // Such a file may have a trunk of that source and a head of ours.
  const folded = () => ({ ...transferFolded(weights, decoded(file), where, model), doubts: [] });
  if (best === undefined) {
    const other = found.length === 0 ? otherNetwork(shapes) : undefined;
    try {
      return folded();
    } catch (error) {
      throw other !== undefined && error instanceof HmsaError
        ? otherNetworkError(other, where, model)
        : error;
    }
  }
  try {
    return mostTaken(weights, [best, folded()])!;
  } catch (error) {
    if (error instanceof HmsaError) return best;
    throw error;
  }
}

/** Copies the trunk of an unknown network. The names of its tensors have a common prefix. */
function transferInner(
  weights: Weights,
  file: Pick<WeightFile, 'tensors'>,
  where: string,
  model: Target,
  partial: boolean,
  { prefix, found }: InnerTrunk,
): PublishedTransfer {
  const inside = [...file.tensors].filter(([name]) => name.startsWith(prefix));
  const tensors = new Map(inside.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
  const known = found.map(({ source }) => source);
  const taken = transferPublished(weights, { tensors }, where, model, partial, known);
  const title = `${taken.title ?? 'a trunk'}, under ${prefix.slice(0, -1)} of a network that is not known`;
  const beside = [...file.tensors.keys()].filter((name) => !name.startsWith(prefix));
  return { ...taken, title, unused: [...taken.unused.map((name) => prefix + name), ...beside] };
}

function otherNetworkError(other: string, where: string, { trunk }: Target): HmsaError {
  return new HmsaError({
    operation: where,
    expected: `weights of the trunk ${trunk.name}, or of a network around it`,
    received: other,
    remedy: `Start without --init, or from a file that ${program} import --help lists.`,
  });
}

function takePublished(
  weights: Weights,
  file: Pick<WeightFile, 'tensors'>,
  where: string,
  model: Target,
  { source, recognized }: Recognition,
): PublishedTransfer {
  const has = (part: 'head' | 'attention') =>
    recognized.kind === 'model' && recognized.config[part].name === model[part].name;
  const parts = new Set(['trunk', ...(['head', 'attention'] as const).filter(has)]);
  const places = [...weights.keys()].map((name) => [name, name.replace(/^scale[\d.]+\./, '')] as const);
  const variables = new Map(
    places
      .filter(([, variable]) => parts.has(variable.slice(0, variable.indexOf('.'))))
      .map(([name, variable]) => [variable, weights.get(name)!.shape]),
  );
  const matched = match(file, source, variables, where);
  const result: Weights = new Map(weights);
  for (const [name, variable] of places) {
    const value = matched.weights.get(variable);
    if (value !== undefined) result.set(name, float32(value.data.slice(), value.shape));
  }
  return {
    weights: result,
    norms: [],
    unused: matched.unexpected.map(({ name }) => name),
    title: source.title,
    doubts: doubtsOf(recognized, model),
  };
}

function trunkOf({ recognized }: Recognition): ModelConfig['trunk'] {
  return recognized.kind === 'trunk' ? recognized.trunk : recognized.config.trunk;
}

/** The transfer that copied the most numbers; the first one if several copied as many. */
function mostTaken(initial: Weights, transfers: readonly PublishedTransfer[]): PublishedTransfer | undefined {
  let best: PublishedTransfer | undefined;
  let most = -1;
  for (const transfer of transfers) {
    let count = 0;
    for (const [name, before] of initial)
      if (transfer.weights.get(name) !== before) count += before.data.length;
    if (count > most) [best, most] = [transfer, count];
  }
  return best;
}

/** Settings of a trunk that a model may choose freely, because the same weights fit. */
const ofTheUser = new Set(['outputStride', 'firstDilation', 'lastConvolution']);

function doubtsOf(recognized: Recognition['recognized'], model: Target): string[] {
  const config = recognized.kind === 'model' ? recognized.config : undefined;
  const trunk = recognized.kind === 'trunk' ? recognized.trunk : recognized.config.trunk;
  const pixels = config ?? (recognized.kind === 'trunk' ? recognized.pixels : undefined) ?? imagenetPixels;
  const isSeen = (['mean', 'deviation'] as const).every((key) => String(pixels[key]) === String(model[key]));
  const [theirs, ours] = [trunk, model.trunk] as Record<string, unknown>[] as [
    Record<string, unknown>,
    Record<string, unknown>,
  ];
  const keys = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])];
  const said = (value: unknown) => JSON.stringify(value) ?? 'not set';
  return [
    ...(isSeen
      ? []
      : [
          `was trained on pixels of mean ${pixels.mean.join(', ')} and deviation ${pixels.deviation.join(', ')}, the ` +
            'configuration gives it others: set model.mean and model.deviation',
        ]),
    ...keys
      .filter((key) => !ofTheUser.has(key) && said(theirs[key]) !== said(ours[key]))
      .map(
        (key) => `was trained with model.trunk.${key} ${said(theirs[key])}; here it is ${said(ours[key])}`,
      ),
  ];
}

function otherTrunk(found: Recognition, where: string, { trunk }: Target): HmsaError {
  const theirs = trunkOf(found).name;
  return new HmsaError({
    operation: where,
    expected: `weights of the trunk ${trunk.name}`,
    received: `those of ${theirs}: ${found.source.title}`,
    remedy: `Set model.trunk to ${theirs}, or take what fits by chance with --partial-init.`,
  });
}

function decoded({ tensors }: Pick<WeightFile, 'tensors'>): {
  readonly tensors: ReadonlyMap<string, NdArray>;
} {
  return { tensors: new Map([...tensors].map(([name, tensor]) => [name, tensor.read()])) };
}
