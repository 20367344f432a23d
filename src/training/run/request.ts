import { z } from 'zod';
import { HmsaError } from '../../base/errors/index.js';
import { checkSchema, type Plain, type Shape } from '../../base/schema/index.js';
import { DEVICES, MOST_THREADS, type SessionOptions } from '../../engine/runtime/index.js';
import { trainConfigSchema } from '../config.js';
import { isOwnData, type OwnData, ownDataSchema } from './own-data.js';
import { parseSaveEvery } from './save-every.js';

/** The caller's choices. Training sets the state itself, and a record must not name files to write. */
const session = {
  device: z.enum(DEVICES).optional(),
  threads: z.int().min(1).max(MOST_THREADS).optional(),
  spin: z.boolean().optional(),
  stateOnDevice: z.boolean().optional(),
  optimization: z.enum(['none', 'basic', 'extended', 'all']).optional(),
} satisfies Shape<Omit<SessionOptions, 'state' | 'commit' | 'profile'>>;

/** What the request for a run may say beside its data, on every platform. The record of the run repeats it. */
const plainShape = {
  config: trainConfigSchema.describe('Everything that decides what is computed.'),
  init: z
    .string()
    .optional()
    .describe(
      'Weights to start from: a model that hmsa has written, any file that `hmsa import` takes, a classifier whose trunk ' +
        'the model has, or a MobileNetV2 with batch norm folded.',
    ),
  partialInit: z
    .boolean()
    .optional()
    .describe('Take what fits of `init` even where that is next to nothing, instead of failing.'),
  skipBad: z
    .boolean()
    .optional()
    .describe('Take the next image for one that cannot be read, and list it, instead of failing.'),
  session: z.strictObject(session).optional().describe('Where the graphs run, and how.'),
  saveEvery: z
    .string()
    .optional()
    .describe(
      'How long a step may wait to be saved within an epoch: a time such as `90s`, `10m` or `2h`, or a number of steps; ' +
        '`10m` where left out. The ends of epochs are saved anyway. No bit of the model depends on it.',
    ),
};

/** What the request for a run may say on every platform, key by key. */
export const runRequestShape = {
  ...plainShape,
  data: z.custom<string | OwnData>(
    (value) => (typeof value === 'string' && value !== '') || isOwnData(value),
    'a text KIND:PATH, a data set, or { module, export, options }',
  ),
  validationData: ownDataSchema.optional(),
};

/** What a run is made from, on every platform. All of it but data sets that are objects is plain data. */
export interface RunRequest extends Plain<z.infer<z.ZodObject<typeof plainShape>>> {
  /**
   * The data set: `KIND:PATH`, the module that makes it, or the object itself. An object is read in the calling thread
   * only; a module's data set is opened in every worker thread.
   */
  readonly data: string | OwnData;
  /** What is scored after epochs and at the end, for data of the caller's own; no scores where left out. */
  readonly validationData?: OwnData;
}

/** Keys of a platform's requests beside `runRequestShape`. */
export type RequestShape = Readonly<Record<string, z.ZodType>>;

/**
 * @param more keys that the platform's requests have beside those of every run
 * @throws HmsaError that names what is wrong with a request, and what belongs there
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
  if (request.saveEvery !== undefined) parseSaveEvery(request.saveEvery);
}
