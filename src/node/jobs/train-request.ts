import { resolve } from 'node:path';
import { z } from 'zod';
import { HmsaError } from '../../base/errors/index.js';
import { checkSchema, type Plain } from '../../base/schema/index.js';
import { type Dataset, type DatasetModule, isDatasetModule } from '../../data/index.js';
import { parseBytes } from '../../training/bytes.js';
import {
  checkRunRequest,
  isDataset,
  type OwnData,
  ownDataSchema,
  type RunRecord,
  type RunRequest,
  resumedRequest,
  runRequestShape,
} from '../../training/run/index.js';
import {
  isSplitFile,
  type OpenOptions,
  openOptionsShape,
  parseSpec,
  withModuleUrl,
} from '../datasets/index.js';

/** The keys about further sets. */
export const moreShape = {
  moreData: z
    .array(
      z.strictObject({
        data: z.custom<string | DatasetModule>(
          (value) => (typeof value === 'string' && value !== '') || isDatasetModule(value),
          'a text KIND:PATH, or { module, export, options }',
        ),
        share: z.number().gt(0).lt(1).optional(),
        dataOptions: z.strictObject(openOptionsShape).optional(),
      }),
    )
    .min(1)
    .optional()
    .describe(
      'Further sets to train on. `share`: the probability that a sample comes from the set; sets without one divide the ' +
        'rest by their numbers of photographs. Classes are those of `data`.',
    ),
  samplesPerEpoch: z
    .int()
    .min(1)
    .optional()
    .describe('Samples in an epoch; default: as many as `data` has photographs.'),
};

/** The keys of a request in Node, in addition to those on every platform. */
export const requestShape = {
  dataOptions: z
    .strictObject(openOptionsShape)
    .optional()
    .describe('Which part of the data set to train on, and how to read it; default: the split `train`.'),
  validationSplit: z
    .string()
    .optional()
    .describe('The split to score after epochs and at the end; `none` for no scores; default `val`.'),
  ...moreShape,
  tensorboard: z
    .union([z.boolean(), z.string().min(1)])
    .optional()
    .describe(
      'Whether to write events for TensorBoard, into the folder `tensorboard` of the run or the one that is named; default ' +
        'false.',
    ),
  workers: z.int().min(0).max(1024).optional().describe('Threads that make batches; see the loader.'),
};

/**
 * Everything that a training run is made from. `run.json` stores it, so that the run can be resumed. Of a data set that
 * is an object, it stores only the name of the class.
 */
export type TrainRequest = RunRequest & Plain<z.infer<z.ZodObject<typeof requestShape>>>;

/**
 * What may change when a run is resumed. Training does not depend on any of it. `data` is only for a run that began
 * with an object, and must be the same data set.
 */
export type ResumeChanges = Pick<
  TrainRequest,
  'validationSplit' | 'skipBad' | 'validationData' | 'tensorboard' | 'featureCache'
> & {
  readonly data?: Dataset;
};

/** The request with paths that are valid in any working folder, so that a run can be resumed from another one. */
export function withAbsolutePaths(request: TrainRequest): TrainRequest {
  const { data, dataOptions, moreData, validationData, validationSplit, init, tensorboard } = request;
  const split = (name: string) => (isSplitFile(name) ? resolve(name) : name);
  const absolute = (options: OpenOptions): OpenOptions => ({
    ...options,
    ...(options.split === undefined ? {} : { split: split(options.split) }),
    ...(options.classes === undefined ? {} : { classes: resolve(options.classes) }),
  });
  return {
    ...request,
    data: typeof data === 'string' ? absoluteSpec(data) : ownDataWithUrl(data),
    ...(validationData === undefined ? {} : { validationData: ownDataWithUrl(validationData) }),
    ...(init === undefined ? {} : { init: resolve(init) }),
    ...(typeof tensorboard === 'string' ? { tensorboard: resolve(tensorboard) } : {}),
    ...(validationSplit === undefined ? {} : { validationSplit: split(validationSplit) }),
    ...(dataOptions === undefined ? {} : { dataOptions: absolute(dataOptions) }),
    ...(moreData === undefined
      ? {}
      : {
          moreData: moreData.map((more) => ({
            ...more,
            data: typeof more.data === 'string' ? absoluteSpec(more.data) : withModuleUrl(more.data),
            ...(more.dataOptions === undefined ? {} : { dataOptions: absolute(more.dataOptions) }),
          })),
        }),
  };
}

function ownDataWithUrl(data: OwnData): OwnData {
  return isDataset(data) ? data : withModuleUrl(data);
}

function absoluteSpec(spec: string): string {
  const { kind, location } = parseSpec(spec);
  return 'scan' in kind ? `${kind.name}:${resolve(location)}` : spec;
}

/** @throws HmsaError that names what is wrong with a request and what is expected */
export function checkRequest(request: TrainRequest): void {
  checkRunRequest(request, requestShape);
  checkDataKeys(request);
  checkMore(request);
}

/** @throws HmsaError when a further set has no kind, or options that only files have */
function checkMore({ moreData = [] }: TrainRequest): void {
  for (const { data, dataOptions } of moreData) {
    if (typeof data === 'string') parseSpec(data);
    else if (dataOptions !== undefined) {
      throw new HmsaError({
        operation: 'train, moreData',
        expected: 'dataOptions only with KIND:PATH',
        received: 'data of your own',
        remedy: 'Let your data set choose what it reads.',
      });
    }
  }
}

/**
 * Some keys are only for `KIND:PATH`, others only for a data set of the caller's own.
 *
 * @throws HmsaError that says what to use instead
 */
function checkDataKeys({ data, dataOptions, validationData, validationSplit }: TrainRequest): void {
  const need = (holds: boolean, expected: string, received: string, remedy: string): void => {
    if (!holds) throw new HmsaError({ operation: 'train', expected, received, remedy });
  };
  if (typeof data === 'string') {
    const remedy = 'Name a split of the same set by validationSplit.';
    need(validationData === undefined, 'validationData only with data of your own', `data ${data}`, remedy);
    return;
  }
  const hasOptions = Object.keys(dataOptions ?? {}).length > 0;
  need(
    !hasOptions,
    'dataOptions only with KIND:PATH',
    'data of your own',
    'Let your data set choose what it reads.',
  );
  const isNone = validationSplit === undefined || validationSplit === 'none';
  need(isNone, 'validationSplit only with KIND:PATH', 'data of your own', 'Use validationData instead.');
}

/**
 * The request to resume with: the one in the record, with the changes.
 *
 * @throws HmsaError when the run began with an object that must be given again, or the changes contain data that do not
 *   belong to it
 */
export function requestAgain(
  record: RunRecord & Pick<TrainRequest, 'validationSplit'>,
  { data, validationData, ...changes }: ResumeChanges,
): TrainRequest {
  const { validationData: scored, ...rest } = { ...record, ...changes };
  const isScored = rest.validationSplit !== 'none' && scored !== undefined;
  const again = { ...rest, ...(isScored && { validationData: scored }) };
  const request = resumedRequest(again, { data, validationData });
  checkDataKeys(request);
  return withAbsolutePaths(request);
}

/** @throws HmsaError that names the wrong change */
export function checkChanges(changes: ResumeChanges): void {
  const { validationSplit, skipBad, tensorboard, featureCache } = { ...runRequestShape, ...requestShape };
  const shape = {
    validationSplit,
    skipBad,
    tensorboard,
    featureCache,
    data: z.custom(isDataset, 'the data set that the run began with').optional(),
    validationData: ownDataSchema.optional(),
  };
  checkSchema(z.strictObject(shape), changes, 'resumeTraining');
  if (changes.featureCache !== undefined) parseBytes(changes.featureCache, 'featureCache');
}
