import { float32, type NdArray } from '../../base/arrays.js';
import { HmsaError } from '../../base/errors/index.js';
import type { ClassMap } from '../../data/index.js';
import type { Model } from '../../model/file/index.js';
import { declareVariables } from '../../model/index.js';

/** The most classes: labels are bytes, and 255 is void. */
const MOST_CLASSES = 255;

/**
 * The model with further classes behind its own. What the classifier computes for a new class is the mean of what it
 * computes for the old ones. A mean is never the highest, so nothing is labelled otherwise until the model is trained.
 *
 * @throws HmsaError when the classes do not begin with those of the model
 */
export function widened(model: Model, classes: ClassMap): Model {
  const { names } = model.classes;
  const isWider =
    names.every((name, i) => classes.names[i] === name) &&
    classes.names.length <= MOST_CLASSES &&
    classes.colors.length === classes.names.length &&
    new Set(classes.names).size === classes.names.length;
  if (!isWider) {
    throw new HmsaError({
      operation: 'classes',
      expected: `the ${names.length} classes of the model, then others of other names, at most ${MOST_CLASSES} in all`,
      received: classes.names.slice(0, 20).join(', '),
    });
  }
  if (classes.names.length === names.length) return model;
  const config = { ...model.config, classes: classes.names.length };
  const weights = new Map<string, NdArray<'float32'>>();
  for (const [name, { variable }] of declareVariables(config)) {
    const known = model.weights.get(name)!;
    weights.set(name, withMoreRows(known, variable.attributes.shape, names.length));
  }
  return { ...model, config, classes, weights };
}

/** Rows are classes wherever the shape grows with their number. */
function withMoreRows(known: NdArray<'float32'>, shape: readonly number[], before: number) {
  if (String(known.shape) === String(shape)) return known;
  const row = known.data.length / before;
  const rows = shape[0]!;
  const data = new Float32Array(rows * row);
  data.set(known.data);
  for (let i = 0; i < row; i++) {
    let sum = 0;
    for (let r = 0; r < before; r++) sum += known.data[r * row + i]!;
    for (let r = before; r < rows; r++) data[r * row + i] = sum / before;
  }
  return float32(data, shape);
}

/** The variables of a model that have a row for each class: those that {@link widened} has made longer. */
export function classRows(before: Model, after: Model): string[] {
  return [...after.weights].flatMap(([name, { shape }]) =>
    String(before.weights.get(name)?.shape) === String(shape) ? [] : [name],
  );
}

/**
 * Values with the row of one class in place of that of another: both are computed alike, and of equal classes the first is
 * the label. So nothing is labelled otherwise, and training moves them apart in few steps.
 */
export function withRow({ data, shape }: NdArray, from: number, to: number): NdArray<'float32'> {
  const row = data.length / shape[0]!;
  const copy = Float32Array.from(data as Float32Array);
  copy.copyWithin(to * row, from * row, (from + 1) * row);
  return float32(copy, shape);
}
