import { float32, type NdArray } from '../base/arrays.js';
import { checkArgument, checkText, HmsaError } from '../base/errors/index.js';
import { heads, type ModelConfig, trunks } from '../model/index.js';
import { NORM_EPSILON } from '../model/layers/index.js';
import { asFloat32 } from '../model/published/index.js';
import { checkWeightValues, type Safetensors } from '../model/weights/index.js';
import type { Weights } from './weights.js';

/** The result of a transfer of weights. */
export interface Transfer {
  readonly weights: Weights;
  /** Paths of the batch norms that the file has folded into convolutions. Their statistics must still be estimated. */
  readonly norms: readonly string[];
  /** Names in the file that fit no variable. */
  readonly unused: readonly string[];
}

/**
 * Copies pretrained weights into a model, with or without batch norm. If the file has batch norms, they are copied with
 * their running statistics. If it has folded them into the convolutions before them, the bias of a convolution becomes the
 * shift of the batch norm after it. The rest of that batch norm is set so that its inference form is the identity.
 *
 * A file may use the names of the trunk's published weights (`pretrained` of a trunk), with or without `trunk.` before them,
 * and those of the head. Counters of PyTorch's batch norms (`num_batches_tracked`) are ignored. If the head's projection has
 * more input channels than that of the file, which lacks atrous branches, the weights of the additional ones are zero. If
 * the model has one network per scale, each gets a copy.
 *
 * @throws HmsaError that names the file when nothing in it fits, a value is not finite, a variance is negative, or it has
 *   both a batch norm and the bias of the convolution before it
 */
export function transferFolded(
  weights: Weights,
  file: Pick<Safetensors, 'tensors'>,
  source: string,
  model: Pick<ModelConfig, 'trunk' | 'head'>,
): Transfer {
  const trunk = trunks.get(model.trunk.name).pretrained;
  const head = heads.get(model.head.name).pretrained;
  const result: Weights = new Map(weights);
  const norms: string[] = [];
  const taken = new Set<string>();
  const unused: string[] = [];
  const prefixes = networksOf(weights);
  for (const [name, array] of file.tensors) {
    if (name.endsWith('.num_batches_tracked')) continue;
    const values = asFloat32(array);
    const fits =
      values !== undefined &&
      prefixes.filter((prefix) => take(result, norms, taken, prefix + pathOf(name, head?.prefix), values));
    if (!fits || fits.length === 0) unused.push(name);
    else checkWeightValues(name, values, source);
  }
  const both = norms.find((norm) =>
    ['weight', 'running_mean', 'running_var'].some((kind) => taken.has(`${norm}.${kind}`)),
  );
  if (both !== undefined) {
    throw new HmsaError({
      operation: source,
      expected: 'batch norms, or biases of convolutions into which they are folded',
      received: `both for ${both}`,
      remedy: 'Fold all batch norms or none.',
    });
  }
  if (unused.length === file.tensors.size) {
    throw new HmsaError({
      operation: source,
      expected:
        trunk === undefined
          ? `weights that fit the trunk ${model.trunk.name}`
          : `float32 or float16 weights with the names (${trunk.example}, …) and shapes of ${trunk.source}, as configured`,
      received:
        [...file.tensors]
          .slice(0, 3)
          .map(([name, { shape }]) => `${name} [${shape}]`)
          .join(', ') || 'none',
      remedy: 'Start without --init, convert the names, or set model.trunk to what the file is of.',
    });
  }
  return { weights: result, norms: [...new Set(norms)], unused };
}

/**
 * Copies the weights of a trained model that have the same name and shape in another model. If only the classes differ, that
 * is everything except the classifier. If the trained model has one network for all scales and the other has one per scale,
 * each gets a copy.
 *
 * @throws HmsaError that names the source when nothing in it fits
 */
export function transferModel(
  weights: Weights,
  trained: ReadonlyMap<string, NdArray<'float32'>>,
  source: string,
): Transfer {
  for (const map of [weights, trained])
    checkArgument(map instanceof Map, 'transferModel', 'a Map of weights by name', map);
  checkText(source, 'transferModel, source', 'what errors call the weights');
  const result: Weights = new Map(weights);
  const unused: string[] = [];
  const prefixes = ['', ...networksOf(weights)];
  for (const [name, { shape, data }] of trained) {
    const places = prefixes.map((prefix) => prefix + name);
    const fitting = places.filter((place) => String(weights.get(place)?.shape) === String(shape));
    for (const place of fitting) result.set(place, float32(data.slice(), shape));
    if (fitting.length === 0) unused.push(name);
  }
  if (unused.length < trained.size) return { weights: result, norms: [], unused };
  throw new HmsaError({
    operation: source,
    expected: 'a model with layers of the same names and shapes',
    received: 'none that fits',
    remedy: 'Start without --init, or train with the configuration of that model.',
  });
}

/** The prefix of the variables of each network: `scale0.5.` and so on, or an empty one if all scales share a network. */
function networksOf(weights: Weights): string[] {
  const prefix = /^scale[\d.]+\.(?=(trunk|head|attention)\.)/;
  return [...new Set([...weights.keys()].map((name) => prefix.exec(name)?.[0] ?? ''))];
}

/** The name in a model of an array that is called `name` in a file of pretrained weights. */
function pathOf(name: string, headPrefix: string | undefined): string {
  if (headPrefix !== undefined && name.startsWith(headPrefix)) return `head.${name}`;
  return name.startsWith('trunk.') ? name : `trunk.${name}`;
}

/** Copies one array to its variable; false if the model has none for it. */
function take(
  weights: Weights,
  norms: string[],
  taken: Set<string>,
  path: string,
  { shape, data }: NdArray<'float32'>,
): boolean {
  for (const target of places(path)) {
    const current = weights.get(target.name);
    if (current === undefined) continue;
    const copied = fitted(current, shape, data);
    if (copied === undefined) continue;
    weights.set(target.name, copied);
    if (target.norm === undefined) taken.add(target.name);
    if (target.norm !== undefined) {
      norms.push(target.norm);
      beIdentity(weights, target.norm);
    }
    return true;
  }
  return false;
}

/** Makes the inference form of a batch norm with mean 0 and variance 1 the identity: its factor undoes the division by √(1 + ε). */
function beIdentity(weights: Weights, norm: string): void {
  const { shape, data } = weights.get(`${norm}.weight`)!;
  weights.set(
    `${norm}.weight`,
    float32(new Float32Array(data.length).fill(Math.sqrt(1 + NORM_EPSILON)), shape),
  );
}

/** The names that a variable may have in a model if a file with folded batch norms calls it `path`. */
function places(path: string): { readonly name: string; readonly norm?: string }[] {
  const dot = path.lastIndexOf('.');
  const [layer, kind] = [path.slice(0, dot), path.slice(dot + 1)];
  const [parent, last] = [layer.slice(0, layer.lastIndexOf('.')), layer.slice(layer.lastIndexOf('.') + 1)];
  if (kind === 'weight') return [{ name: path }, { name: `${layer}.0.weight` }];
  if (kind !== 'bias') return [{ name: path }];
  // The batch norm comes after the convolution: the next layer of its list, or the second of its pair.
  const behind = /^\d+$/.test(last) ? [`${parent}.${Number(last) + 1}`] : [];
  return [{ name: path }, ...[...behind, `${layer}.1`].map((norm) => ({ name: `${norm}.bias`, norm }))];
}

/** The array in the shape of its variable; input channels that it lacks are zero. Undefined if it does not fit. */
function fitted(
  current: NdArray,
  shape: readonly number[],
  data: NdArray['data'],
): NdArray<'float32'> | undefined {
  const values = data as Float32Array;
  if (String(shape) === String(current.shape)) return float32(values.slice(), shape);
  const [out, columns] = shape;
  const isProjection =
    shape.length === 4 && current.shape[0] === out && current.shape[1]! > columns! && shape[2] === 1;
  if (!isProjection || current.shape[2] !== 1) return undefined;
  const result = new Float32Array(current.data.length);
  for (let o = 0; o < out!; o++)
    result.set(values.subarray(o * columns!, (o + 1) * columns!), o * current.shape[1]!);
  return float32(result, current.shape);
}

/** How much of a part of a network came from a file. */
export interface Taken {
  /** `trunk`, `head` or `attention`. */
  readonly part: string;
  /** Numbers that came from the file, and all numbers of the part. */
  readonly taken: number;
  readonly all: number;
  /** Names of the layers that keep their random weights. */
  readonly anew: readonly string[];
}

/** The least share of the trunk that must come from a file. If less fits, the file is of another network. */
const LEAST_SHARE = 0.5;

/** Counts for each part (trunk, head, attention) how much a transfer has changed. */
export function takenOf(initial: Weights, weights: ReadonlyMap<string, unknown>): Taken[] {
  const parts = new Map<string, { taken: number; all: number; anew: Set<string> }>();
  for (const [name, before] of initial) {
    const [, scale = '', part = ''] = /^(scale[\d.]+\.(?=[a-z]))?([^.]+)/.exec(name) ?? [];
    const entry = parts.get(part) ?? { taken: 0, all: 0, anew: new Set() };
    entry.all += before.data.length;
    if (weights.get(name) === before) entry.anew.add(name.slice(scale.length, name.lastIndexOf('.')));
    else entry.taken += before.data.length;
    parts.set(part, entry);
  }
  return [...parts].map(([part, { taken, all, anew }]) => ({ part, taken, all, anew: [...anew] }));
}

/** @throws HmsaError when less than half of the trunk came from the file */
export function requireEnough(parts: readonly Taken[], source: string): void {
  const trunk = parts.find(({ part }) => part === 'trunk');
  if (trunk === undefined || trunk.taken >= LEAST_SHARE * trunk.all) return;
  throw new HmsaError({
    operation: `--init ${source}`,
    expected: 'weights that fit at least half of the trunk',
    received: parts.map(({ part, taken, all }) => `${percent(taken / all)} of the ${part}`).join(', '),
    remedy:
      'Train with the configuration of that file (model.trunk.width, model.weights), or take what fits with --partial-init.',
  });
}

/** The lines of a short table, one for each part: how much of it was taken, and which layers start anew. */
export function takenTable(parts: readonly Taken[]): string[] {
  const width = Math.max(...parts.map(({ part }) => part.length));
  return parts.map(({ part, taken, all, anew }) => {
    const shown = anew.length === 0 || taken === 0 ? '' : anew.slice(0, 3).join(', ');
    const more = anew.length > 3 && taken > 0 ? ` and ${anew.length - 3} more` : '';
    const rest = taken === 0 ? '; starts anew' : shown === '' ? '' : `; anew: ${shown}${more}`;
    return `  ${part.padEnd(width)}  ${percent(taken / all).padStart(6)} of ${all.toLocaleString('en')} numbers taken${rest}`;
  });
}

function percent(share: number): string {
  // Only all is 100%, and only nothing is 0%.
  const rounded = Math.min(share === 1 ? 100 : 99.9, Math.max(share === 0 ? 0 : 0.1, 100 * share));
  return `${rounded === 100 || rounded === 0 ? rounded : rounded.toFixed(1)}%`;
}
