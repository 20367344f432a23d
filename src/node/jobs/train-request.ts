import { resolve } from 'node:path';
import { z } from 'zod';
import { checkSchema, type Plain } from '../../base/schema/index.js';
import { checkRunRequest, type RunRequest, runRequestShape } from '../../training/run/index.js';
import { isSplitFile, openOptionsShape, parseSpec } from '../datasets/index.js';

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

/** Everything that a training run is made from; plain data, kept in `run.json`. */
export type TrainRequest = RunRequest & Plain<z.infer<z.ZodObject<typeof requestShape>>>;

/** What of a run may change when it goes on: neither decides what is learned. */
export type ResumeChanges = Pick<TrainRequest, 'validationSplit' | 'skipBad'>;

/** The request with paths that mean the same from any working folder, so that a run can be resumed from another. */
export function withAbsolutePaths(request: TrainRequest): TrainRequest {
  const { data, dataOptions, validationSplit, init } = request;
  const { kind, location } = parseSpec(data);
  const split = (name: string) => (isSplitFile(name) ? resolve(name) : name);
  return {
    ...request,
    data: 'scan' in kind ? `${kind.name}:${resolve(location)}` : data,
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

/** @throws HmsaError that names what is wrong with a request, and what belongs there */
export function checkRequest(request: TrainRequest): void {
  checkRunRequest(request, requestShape);
}

/** @throws HmsaError that names what of a run cannot change to that */
export function checkChanges(changes: ResumeChanges): void {
  const { validationSplit, skipBad } = { ...runRequestShape, ...requestShape };
  checkSchema(z.strictObject({ validationSplit, skipBad }), changes, 'resumeTraining');
}
