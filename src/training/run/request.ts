import { z } from 'zod';
import { HmsaError, isRecord } from '../../base/errors/index.js';
import { checkSchema, type Plain, type Shape } from '../../base/schema/index.js';
import { type Dataset, type DatasetModule, isDatasetModule } from '../../data/index.js';
import { DEVICES, MOST_THREADS, type SessionOptions } from '../../engine/runtime/index.js';
import { parseBytes } from '../bytes.js';
import { trainConfigSchema } from '../config.js';
import { parseSaveEvery } from './save-every.js';

/** Data of the caller's own: the object itself, or the module that makes it. */
export type OwnData = Dataset | DatasetModule;

/** How the record of a run stores such data; for an object, the name of its class. */
export type RecordedData = DatasetModule | { readonly object: string };

export const recordedSchema: z.ZodType<RecordedData> = z.union([
  z.strictObject({
    module: z.string().min(1),
    export: z.string().min(1),
    options: z.json().exactOptional(),
  }),
  z.strictObject({ object: z.string() }),
]);

export const ownDataSchema = z.custom<OwnData>(isOwnData, 'a data set, or { module, export, options }');

function isOwnData(value: unknown): value is OwnData {
  return isDataset(value) || (isDatasetModule(value) && recordedSchema.safeParse(value).success);
}

export function isDataset(value: unknown): value is Dataset {
  return isRecord(value) && typeof value.get === 'function';
}

export function recordOf(data: OwnData): RecordedData {
  return isDataset(data) ? { object: data.constructor?.name ?? 'Object' } : data;
}

/** `KIND:PATH`, `EXPORT of MODULE` or `an object (CLASS)`. */
export function nameOfData(data: string | OwnData | RecordedData): string {
  if (typeof data === 'string') return data;
  if (isDataset(data)) return nameOfData(recordOf(data));
  return 'object' in data ? `an object (${data.object})` : `${data.export} of ${data.module}`;
}

/** The caller may set these. Training sets the state and the sizes itself, and a record must not name files to write. */
const session = {
  device: z.enum(DEVICES).optional(),
  threads: z.int().min(1).max(MOST_THREADS).optional(),
  spin: z.boolean().optional(),
  stateOnDevice: z.boolean().optional(),
  optimization: z.enum(['none', 'basic', 'extended', 'all']).optional(),
} satisfies Shape<Omit<SessionOptions, 'state' | 'commit' | 'skipPasses' | 'profile'>>;

/** The keys of a request, except for its data, on every platform. The record of the run repeats them. */
const plainShape = {
  config: trainConfigSchema.describe('Everything that decides what is computed.'),
  init: z
    .string()
    .optional()
    .describe(
      'Weights to start from: a model that hmsa has written, any file that `hmsa import` takes, a classifier whose trunk ' +
        'the model has, or a MobileNetV2 with batch norm folded.',
    ),
  initEntry: z
    .string()
    .min(1)
    .optional()
    .describe(
      'The entry of the file `init` that holds the weights, such as `state_dict_ema`; found where left out.',
    ),
  partialInit: z
    .boolean()
    .optional()
    .describe('Take what fits of `init`, however little, instead of failing.'),
  skipBad: z
    .boolean()
    .optional()
    .describe('Replace an image that cannot be read by the next one and list it, instead of failing.'),
  session: z.strictObject(session).optional().describe('Where the graphs run, and how.'),
  saveEvery: z
    .string()
    .optional()
    .describe(
      'The longest time between saves within an epoch: a time such as `90s`, `10m` or `2h`, or a number of steps; default ' +
        '`10m`. The end of each epoch is always saved. No bit of the model depends on it.',
    ),
  featureCache: z
    .string()
    .optional()
    .describe(
      'The most that a phase with `views` keeps of features, such as `8GB`; `0` for nothing. They are in a file in the folder of ' +
        'the run, which is deleted when the phase ends. Default: 16 GB, and at most half of the free space. No bit of the model ' +
        'depends on it.',
    ),
};

/** The keys of a request on every platform. */
export const runRequestShape = {
  ...plainShape,
  data: z.custom<string | OwnData>(
    (value) => (typeof value === 'string' && value !== '') || isOwnData(value),
    'a text KIND:PATH, a data set, or { module, export, options }',
  ),
  validationData: ownDataSchema.optional(),
};

/** What a run is made from, on every platform. Everything except data sets that are objects is plain data. */
export interface RunRequest extends Plain<z.infer<z.ZodObject<typeof plainShape>>> {
  /**
   * The data set: `KIND:PATH`, the module that makes it, or the object itself. An object is read only in the calling
   * thread. The data set of a module is opened in every worker thread.
   */
  readonly data: string | OwnData;
  /** The data to score after epochs and at the end, if `data` is the caller's own. Default: no scores. */
  readonly validationData?: OwnData;
}

/** Keys of a platform's requests in addition to `runRequestShape`. */
export type RequestShape = Readonly<Record<string, z.ZodType>>;

/**
 * @param more keys of the platform's requests in addition to those of every run
 * @throws HmsaError that names what is wrong with a request and what is expected
 */
export function checkRunRequest(request: RunRequest, more: RequestShape = {}): void {
  if (typeof request !== 'object' || request === null) {
    throw new HmsaError({
      operation: 'train',
      expected: 'a request: an object with config and data',
      received: request === null ? 'null' : typeof request,
    });
  }
  checkSchema(z.strictObject({ ...runRequestShape, ...more }), request, 'train');
  if (request.initEntry !== undefined && request.init === undefined) {
    throw new HmsaError({
      operation: 'initEntry',
      expected: 'it with init, the file that has the entry',
      received: 'it alone',
      remedy: 'Name the file with --init.',
    });
  }
  if (request.saveEvery !== undefined) parseSaveEvery(request.saveEvery);
  if (request.featureCache !== undefined) parseBytes(request.featureCache, 'featureCache');
}
