import { resolve } from 'node:path';
import { z } from 'zod';
import { HmsaError } from '../../base/errors/index.js';
import { checkSchema, type Plain } from '../../base/schema/index.js';
import { DEVICES, MOST_THREADS, type SessionOptions } from '../../engine/runtime/index.js';
import { trainConfigSchema } from '../../training/index.js';
import type { Shape } from '../arguments/index.js';
import { isSplitFile, openOptionsShape, parseSpec } from '../datasets/index.js';
import { parseSaveEvery } from './save-every.js';

/** What is the caller's to choose: training keeps its state itself, and a record must not name files to write. */
const session = {
  device: z.enum(DEVICES).optional(),
  threads: z.int().min(1).max(MOST_THREADS).optional(),
  spin: z.boolean().optional(),
  stateOnDevice: z.boolean().optional(),
  optimization: z.enum(['none', 'basic', 'extended', 'all']).optional(),
} satisfies Shape<Omit<SessionOptions, 'state' | 'commit' | 'profile'>>;

/** What a request may say, key by key; a run's record says it too. */
export const requestShape = {
  config: trainConfigSchema.describe('Everything that decides what is computed.'),
  data: z.string().min(1).describe('The data set as `KIND:PATH`.'),
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
const requestSchema = z.strictObject(requestShape);

/** Everything that a training run is made from; plain data, kept in `run.json`. */
export type TrainRequest = Plain<z.infer<typeof requestSchema>>;

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
  if (typeof request !== 'object' || request === null) {
    throw new HmsaError({
      operation: 'train',
      expected: 'a request: an object with config and data',
      received: request === null ? 'null' : typeof request,
    });
  }
  checkSchema(requestSchema, request, 'train');
  if (request.saveEvery !== undefined) parseSaveEvery(request.saveEvery);
}

/** @throws HmsaError that names what of a run cannot change to that */
export function checkChanges(changes: ResumeChanges): void {
  const { validationSplit, skipBad } = requestShape;
  checkSchema(z.strictObject({ validationSplit, skipBad }), changes, 'resumeTraining');
}
