import { elementCount, float32, type NdArray } from '../../base/arrays.js';
import { checkArgument, counted, HmsaError, isRecord, program } from '../../base/errors/index.js';
import { checkSchema } from '../../base/schema/index.js';
import { classColor } from '../../data/classes/index.js';
import { type ClassMap, checkClasses, classSets, numberedName, VOID } from '../../data/index.js';
import { readWeights, type WeightFormat } from '../checkpoints/read-weights.js';
import type { Model } from '../file/index.js';
import { declareVariables, type ModelConfig, modelConfigSchema } from '../index.js';
import { initialize } from '../layers/index.js';
import { type Source, sources } from '../sources/index.js';
import { safetensorsMetadata } from '../weights/index.js';
import { isOfOtherType, type Match, type Mismatch, match } from './match.js';
import { recognize } from './recognize.js';

/** Options of {@link importModel}. */
export interface ImportOptions {
  /** The name of the architecture's source; default: found from the names and shapes of the tensors. */
  readonly arch?: string;
  /** The entry of the file that holds the tensors, such as `state_dict_ema`; default: found by itself. */
  readonly entry?: string;
  /**
   * The classes, in the order of the network's outputs. A file does not say them. `numbered` calls them by their numbers and
   * chooses colours.
   */
  readonly classes?: ClassMap | 'numbered';
  /** Whether to take what fits. What is missing or has another shape then starts from its initial values. */
  readonly partial?: boolean;
}

/** A model made of the weights of others. */
export interface Imported extends Mismatch {
  readonly model: Model;
  readonly format: WeightFormat;
  /** The source that was taken: its name for `arch`, and whose it is. */
  readonly source: Pick<Source, 'name' | 'title'>;
  /** Names of other sources whose architecture the tensors fit too. */
  readonly alsoFits: readonly string[];
  /** Tensors that were taken, and numbers in them. */
  readonly taken: { readonly tensors: number; readonly numbers: number };
  /** Tensors that the source knows and a model does not need. */
  readonly spare: number;
  /** One line for each thing that was read or left out. */
  readonly notes: readonly string[];
}

/** A file does not hold what its architecture needs. */
export class WeightMismatch extends HmsaError {
  constructor(
    parts: ConstructorParameters<typeof HmsaError>[0],
    readonly mismatch: Mismatch & { readonly source: Pick<Source, 'name' | 'title'> },
  ) {
    super(parts);
  }
}

/** Of a network's numbers; what fits less is another network, and fits by chance. */
const LEAST_SHARE = 0.5;

/** The seed of what a partial import has to make up. */
const SEED = 1;

/**
 * Makes a model of a weight file of others: safetensors, PyTorch's archives, `.npz`. The architecture is found from the names
 * and shapes of the tensors; normalisation and scales are those that the weights were trained with.
 *
 * @param where what errors call the file
 * @throws WeightMismatch with all names when something is missing, unexpected or of another shape
 * @throws HmsaError when the file is damaged, of no known architecture, a trunk alone, or already a model of hmsa; or its
 *   classes are missing or of another number
 */
export function importModel(
  bytes: Uint8Array,
  where: string,
  options: ImportOptions = {},
  known: readonly Source[] = sources,
): Imported {
  checkArgument(bytes instanceof Uint8Array, 'importModel', 'the bytes of a file as Uint8Array', bytes);
  checkArgument(typeof where === 'string', 'importModel', 'what to call the file', where);
  checkOptions(options);
  refuseOwn(bytes, where);
  const { arch, entry, classes: given, partial = false } = options;
  const file = readWeights(bytes, where, entry === undefined ? {} : { entry });
  const shapes = new Map([...file.tensors].map(([name, { shape }]) => [name, shape]));
  const count = partial && typeof given === 'object' ? given.names.length : undefined;
  const wanted = {
    ...(arch === undefined ? {} : { arch }),
    ...(count === undefined ? {} : { classes: count }),
  };
  const { source, recognized, others } = recognize(shapes, where, wanted, known);
  if (recognized.kind === 'trunk') throw trunkAlone(where, source, recognized.trunk);
  const config = checkSchema(modelConfigSchema, recognized.config, `${where}, ${source.name}`);
  const declared = declareVariables(config);
  const variables = new Map(
    [...declared].map(([name, { variable }]) => [name, variable.attributes.shape] as const),
  );
  const found = match(file, source, variables, where);
  const { missing, unexpected, misshaped } = found;
  const { name, title } = source;
  checkMatch(found, variables, { name, title }, where, partial);
  const classes = checkedClasses(given, config, where);
  const weights = new Map<string, NdArray<'float32'>>(
    [...declared].map(([variable, { initializer }]) => {
      const shape = variables.get(variable)!;
      const made = () => float32(initialize(initializer, shape, SEED, variable), shape);
      return [variable, found.weights.get(variable) ?? made()];
    }),
  );
  return {
    model: { config, classes, weights },
    format: file.format,
    source: { name, title },
    alsoFits: others.map((other) => other.name),
    taken: { tensors: found.weights.size, numbers: numbersIn(found.weights.values()) },
    missing,
    unexpected,
    misshaped,
    spare: found.spare.length,
    notes: file.notes,
  };
}

function checkOptions(options: ImportOptions): void {
  checkArgument(isRecord(options), 'importModel', 'an object of options', options);
  const { arch, entry, classes, partial } = options;
  checkArgument(arch === undefined || typeof arch === 'string', 'importModel, arch', 'a name', arch);
  checkArgument(entry === undefined || typeof entry === 'string', 'importModel, entry', 'a name', entry);
  const isFlag = partial === undefined || typeof partial === 'boolean';
  checkArgument(isFlag, 'importModel, partial', 'true or false', partial);
  if (classes !== undefined && classes !== 'numbered') checkClasses(classes, 'importModel, classes');
}

/** @throws HmsaError when the file is a model of ours */
function refuseOwn(bytes: Uint8Array, where: string): void {
  if (safetensorsMetadata(bytes)?.get('format') !== 'hmsa') return;
  throw new HmsaError({
    operation: where,
    expected: 'weights of another program',
    received: 'a model that hmsa has written',
    remedy: 'Use it as it is: --model of segment, evaluate and info, --init of train.',
  });
}

function trunkAlone(where: string, { title }: Source, { name }: ModelConfig['trunk']): HmsaError {
  return new HmsaError({
    operation: where,
    expected: 'a whole segmentation network',
    received: `a trunk alone: ${title}`,
    remedy: `Train a head on it: ${program} train --init ${where} --trunk ${name}.`,
  });
}

function checkMatch(
  { weights, missing, unexpected, misshaped }: Match,
  variables: ReadonlyMap<string, readonly number[]>,
  source: Pick<Source, 'name' | 'title'>,
  where: string,
  partial: boolean,
): void {
  const count = missing.length + unexpected.length + misshaped.length;
  if (count === 0) return;
  const all = [...variables.values()].reduce((sum, shape) => sum + elementCount(shape), 0);
  const isEnough = numbersIn(weights.values()) >= LEAST_SHARE * all;
  if (partial && isEnough) return;
  const [first] = [...missing, ...misshaped, ...unexpected];
  const ofType = misshaped.filter(isOfOtherType).length;
  const differences = [
    [missing.length, 'missing'],
    [unexpected.length, 'unexpected'],
    [misshaped.length - ofType, 'of another shape'],
    [ofType, 'of another type'],
  ].flatMap(([number, what]) => (number === 0 ? [] : [`${number} ${what}`]));
  throw new WeightMismatch(
    {
      operation: where,
      expected: partial
        ? `at least half of the weights of ${source.title}`
        : `the weights of ${source.title}, no less and no more`,
      received: `${differences.join(', ')}, such as ${first!.name}`,
      remedy: isEnough
        ? 'Take what fits with --partial, or name another architecture with --arch.'
        : 'Name another architecture with --arch.',
    },
    { source, missing, unexpected, misshaped },
  );
}

/** @throws HmsaError when there are none, or another number than the network has outputs */
function checkedClasses(
  classes: ImportOptions['classes'],
  { classes: count }: ModelConfig,
  where: string,
): ClassMap {
  if (count === 1) {
    throw new HmsaError({
      operation: where,
      expected: 'a network with an output for each of two or more classes',
      received: 'one output, as a sigmoid over one class has',
      remedy: 'Train it with two classes: background and foreground.',
    });
  }
  if (classes === 'numbered') {
    const numbers = Array.from({ length: count }, (_, label) => label);
    return { names: numbers.map(numberedName), colors: numbers.map(classColor), ignore: VOID };
  }
  if (classes?.names.length === count) return classes;
  const fitting = Object.entries(classSets)
    .filter(([, { names }]) => names.length === count)
    .map(([name]) => name);
  const hint =
    fitting.length === 0 ? '' : `, or, if it was trained on that data set, --classes ${fitting.join(' or ')}`;
  throw new HmsaError({
    operation: where,
    expected: `names of its ${counted(count, 'class', 'classes')}, in the order of the network's outputs`,
    received:
      classes === undefined ? 'none: the file does not say them' : counted(classes.names.length, 'name'),
    remedy: `Give a file with a name a line, or a table with colours: --classes FILE${hint}. --classes numbered calls them by their numbers.`,
  });
}

function numbersIn(arrays: Iterable<NdArray>): number {
  let sum = 0;
  for (const { data } of arrays) sum += data.length;
  return sum;
}
