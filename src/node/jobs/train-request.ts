import { resolve } from 'node:path';
import { z } from 'zod';
import { HmsaError } from '../../base/errors/index.js';
import { checkSchema, type Plain } from '../../base/schema/index.js';
import type { Dataset } from '../../data/index.js';
import { DEVICES, type SessionOptions } from '../../engine/runtime/index.js';
import { trainConfigSchema } from '../../training/index.js';
import type { Shape } from '../arguments/index.js';
import { isSplitFile, openOptionsShape, parseSpec } from '../datasets/index.js';
import { isDataset, isOwnData, type OwnData, ownDataSchema, ownDataWithUrl } from './own-data.js';
import { parseSaveEvery } from './save-every.js';

const session = {
  device: z.enum(DEVICES).optional(),
  threads: z.int().min(1).max(1024).optional(),
  spin: z.boolean().optional(),
  stateOnDevice: z.boolean().optional(),
  state: z.record(z.string(), z.string().nullable()).optional(),
  commit: z.string().optional(),
  optimization: z.enum(['none', 'basic', 'extended', 'all']).optional(),
  profile: z.string().optional(),
} satisfies Shape<SessionOptions>;

/** What a request may say besides its data, key by key; a run's record says it too. */
export const requestShape = {
  config: trainConfigSchema.describe('Everything that decides what is computed.'),
  dataOptions: z
    .strictObject(openOptionsShape)
    .optional()
    .describe(
      'Which part of the data set is learned from, and how it is read; the split `train` where left out.',
    ),
  validationSplit: z
    .string()
    .optional()
    .describe(
      'The split that is scored after epochs and at the end: `val` where left out, `none` for no scores.',
    ),
  init: z
    .string()
    .optional()
    .describe(
      "Weights to start from, `.safetensors`: a model that hmsa has written, or torchvision's MobileNetV2 or a DeepLabV3 " +
        'on it with batch norm folded.',
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
  workers: z.int().min(0).max(1024).optional().describe('Threads that make batches; see the loader.'),
  saveEvery: z
    .string()
    .optional()
    .describe(
      'How long a step may wait to be saved within an epoch: a time such as `90s`, `10m` or `2h`, or a number of steps; ' +
        '`10m` where left out. The ends of epochs are saved anyway. No bit of the model depends on it.',
    ),
};
const requestSchema = z.strictObject({
  ...requestShape,
  data: z.custom(
    (value) => (typeof value === 'string' && value !== '') || isOwnData(value),
    'a text KIND:PATH, a data set, or { module, export, options }',
  ),
  validationData: ownDataSchema.optional(),
});

/**
 * Everything that a training run is made from. It is kept in `run.json`, so that a run can go on; of a data set that is
 * an object, only that it was one.
 */
export interface TrainRequest extends Plain<z.infer<z.ZodObject<typeof requestShape>>> {
  /**
   * The data set: `KIND:PATH`, the module that makes it, or the object itself. An object is read in the calling thread
   * alone; a module's data set is opened in every worker thread.
   */
  readonly data: string | OwnData;
  /** What is scored after epochs and at the end, beside data of one's own; no scores where left out. */
  readonly validationData?: OwnData;
}

/**
 * What of a run may change when it goes on: none of it decides what is learned. `data` is given for a run that was begun
 * with an object, and has to be the same again.
 */
export type ResumeChanges = Pick<TrainRequest, 'validationSplit' | 'skipBad' | 'validationData'> & {
  readonly data?: Dataset;
};

/** The request with paths that mean the same from any working folder, so that a run can be resumed from another. */
export function withAbsolutePaths(request: TrainRequest): TrainRequest {
  const { data, dataOptions, validationData, validationSplit, init } = request;
  const split = (name: string) => (isSplitFile(name) ? resolve(name) : name);
  return {
    ...request,
    data: typeof data === 'string' ? absoluteSpec(data) : ownDataWithUrl(data),
    ...(validationData === undefined ? {} : { validationData: ownDataWithUrl(validationData) }),
    ...(init === undefined ? {} : { init: resolve(init) }),
    ...(validationSplit === undefined ? {} : { validationSplit: split(validationSplit) }),
    ...(dataOptions === undefined
      ? {}
      : {
          dataOptions: {
            ...dataOptions,
            ...(dataOptions.split === undefined ? {} : { split: split(dataOptions.split) }),
            ...(dataOptions.classes === undefined ? {} : { classes: resolve(dataOptions.classes) }),
          },
        }),
  };
}

function absoluteSpec(spec: string): string {
  const { kind, location } = parseSpec(spec);
  return 'scan' in kind ? `${kind.name}:${resolve(location)}` : spec;
}

/** @throws HmsaError that names what is wrong with a request, and what belongs there */
export function checkRequest(request: TrainRequest): void {
  if (typeof request !== 'object' || request === null) {
    throw new HmsaError({
      operation: 'train',
      expected: 'a request: an object with config and data',
      received: request === null ? 'null' : typeof request,
    });
  }
  checkSchema(requestSchema, request, 'train');
  if (request.saveEvery !== undefined) parseSaveEvery(request.saveEvery);
  checkDataKeys(request);
}

/**
 * What belongs to `KIND:PATH` says nothing of data of one's own, and the other way round.
 *
 * @throws HmsaError that says what to give in its place
 */
export function checkDataKeys({ data, dataOptions, validationData, validationSplit }: TrainRequest): void {
  const need = (holds: boolean, expected: string, received: string, remedy: string): void => {
    if (!holds) throw new HmsaError({ operation: 'train', expected, received, remedy });
  };
  if (typeof data === 'string') {
    const remedy = 'Name a split of the same set by validationSplit.';
    need(validationData === undefined, 'validationData beside data of your own', `data ${data}`, remedy);
    return;
  }
  const hasOptions = Object.keys(dataOptions ?? {}).length > 0;
  need(
    !hasOptions,
    'dataOptions beside KIND:PATH',
    'data of your own',
    'Let your data set read what it should.',
  );
  const isNone = validationSplit === undefined || validationSplit === 'none';
  need(isNone, 'validationSplit beside KIND:PATH', 'data of your own', 'Give validationData in its place.');
}

/** @throws HmsaError that names what of a run cannot change to that */
export function checkChanges(changes: ResumeChanges): void {
  const { validationSplit, skipBad } = requestShape;
  const shape = {
    validationSplit,
    skipBad,
    data: z.custom(isDataset, 'the data set that the run was begun with').optional(),
    validationData: ownDataSchema.optional(),
  };
  checkSchema(z.strictObject(shape), changes, 'resumeTraining');
}
