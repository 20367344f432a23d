import { resolve } from 'node:path';
import { z } from 'zod';
import { HmsaError } from '../../base/errors/index.js';
import { checkSchema, type Plain } from '../../base/schema/index.js';
import type { Dataset } from '../../data/index.js';
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
import { isSplitFile, openOptionsShape, parseSpec, withModuleUrl } from '../datasets/index.js';

/** What a request may say in Node beside what it may say everywhere. */
export const requestShape = {
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
  workers: z.int().min(0).max(1024).optional().describe('Threads that make batches; see the loader.'),
};

/**
 * Everything that a training run is made from. `run.json` keeps it, so that the run can be resumed; of a data set that is
 * an object it keeps only the name of its class.
 */
export type TrainRequest = RunRequest & Plain<z.infer<z.ZodObject<typeof requestShape>>>;

/**
 * What may change when a run is resumed. None of it decides what is learned: `data` is only for a run that was begun with
 * an object, and has to be the same again.
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

function ownDataWithUrl(data: OwnData): OwnData {
  return isDataset(data) ? data : withModuleUrl(data);
}

function absoluteSpec(spec: string): string {
  const { kind, location } = parseSpec(spec);
  return 'scan' in kind ? `${kind.name}:${resolve(location)}` : spec;
}

/** @throws HmsaError that names what is wrong with a request, and what belongs there */
export function checkRequest(request: TrainRequest): void {
  checkRunRequest(request, requestShape);
  checkDataKeys(request);
}

/**
 * Some keys are for `KIND:PATH` only, others for a data set of the caller's own only.
 *
 * @throws HmsaError that says what to give in its place
 */
function checkDataKeys({ data, dataOptions, validationData, validationSplit }: TrainRequest): void {
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

/**
 * The request that a run goes on with: as its record has it, with the changes.
 *
 * @throws HmsaError when the run was begun with an object that has to be given again, or is given data that it does not take
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

/** @throws HmsaError that names what of a run cannot change to that */
export function checkChanges(changes: ResumeChanges): void {
  const { validationSplit, skipBad } = { ...runRequestShape, ...requestShape };
  const shape = {
    validationSplit,
    skipBad,
    data: z.custom(isDataset, 'the data set that the run was begun with').optional(),
    validationData: ownDataSchema.optional(),
  };
  checkSchema(z.strictObject(shape), changes, 'resumeTraining');
}
