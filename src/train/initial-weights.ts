import { float32, type NdArray } from '../arrays/index.js';
import { HmsaError } from '../errors/index.js';
import { declareVariables, type ModelConfig } from '../models/index.js';
import { initialize } from '../nn/index.js';
import type { Safetensors } from '../weights/index.js';

export type Weights = Map<string, NdArray<'float32'>>;

/** The weights that training starts from without pretrained ones: a pure function of configuration and seed. */
export function initialWeights(config: ModelConfig, seed: number): Weights {
  return new Map(
    [...declareVariables(config)].map(([name, { variable, initializer }]) => {
      const { shape } = variable.attributes;
      return [name, float32(initialize(initializer, shape, seed, name), shape)];
    }),
  );
}

/** What {@link transferFolded} did. */
export interface Transfer {
  readonly weights: Weights;
  /** Paths of the batch norms whose convolution was loaded: their statistics are still to be estimated. */
  readonly norms: readonly string[];
  /** Names in the file that no variable took. */
  readonly unused: readonly string[];
}

/**
 * Puts pretrained weights into a model, from a file whose batch norms are folded into the convolutions before them: a
 * convolution's bias becomes the shift of the batch norm behind it, which otherwise starts as the identity.
 *
 * Names are torchvision's MobileNetV2, bare or under `trunk.`, with `aspp.…` beside them where the file has a
 * DeepLabV3 head. Where the projection has more columns than the file's, as with atrous branches that the file lacks,
 * the further ones start at zero. With one network per scale, each gets a copy.
 *
 * @throws HmsaError that names the file when nothing in it fits
 */
export function transferFolded(weights: Weights, file: Safetensors, source: string): Transfer {
  const result: Weights = new Map(weights);
  const norms: string[] = [];
  const unused: string[] = [];
  const prefixes = [
    ...new Set(
      [...weights.keys()].map((name) => /^scale[\d.]+?\.(?=trunk|head|attention)/.exec(name)?.[0] ?? ''),
    ),
  ];
  for (const [name, array] of file.tensors) {
    const fits = prefixes.filter((prefix) => take(result, norms, prefix, name, array));
    if (fits.length === 0) unused.push(name);
  }
  if (unused.length === file.tensors.size) {
    throw new HmsaError({
      operation: source,
      expected: 'weights named as torchvision’s MobileNetV2 (features.0.0.weight, …)',
      received: [...file.tensors.keys()].slice(0, 3).join(', ') || 'none',
      remedy: 'Start without --init, or convert the names.',
    });
  }
  return { weights: result, norms: [...new Set(norms)], unused };
}

/** Copies one array to where it belongs; false where the model has no such place. */
function take(
  weights: Weights,
  norms: string[],
  prefix: string,
  name: string,
  { dtype, shape, data }: NdArray,
): boolean {
  if (dtype !== 'float32') return false;
  const path = `${prefix}${name.startsWith('aspp.') ? `head.${name}` : name.startsWith('trunk.') ? name : `trunk.${name}`}`;
  for (const target of places(path)) {
    const current = weights.get(target.name);
    if (current === undefined) continue;
    const copied = fitted(current, shape, data);
    if (copied === undefined) continue;
    weights.set(target.name, copied);
    if (target.norm !== undefined) norms.push(target.norm);
    return true;
  }
  return false;
}

/** The names under which a model may hold what a folded file calls `path`. */
function places(path: string): { readonly name: string; readonly norm?: string }[] {
  const dot = path.lastIndexOf('.');
  const [layer, kind] = [path.slice(0, dot), path.slice(dot + 1)];
  const [parent, last] = [layer.slice(0, layer.lastIndexOf('.')), layer.slice(layer.lastIndexOf('.') + 1)];
  if (kind === 'weight') return [{ name: path }, { name: `${layer}.0.weight` }];
  // The batch norm stands behind the convolution: the next of its list, or the second of its pair.
  const behind = /^\d+$/.test(last) ? [`${parent}.${Number(last) + 1}`] : [];
  return [{ name: path }, ...[...behind, `${layer}.1`].map((norm) => ({ name: `${norm}.bias`, norm }))];
}

/** The array in the shape of its place; columns that it lacks are zero. Undefined where it does not fit. */
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
