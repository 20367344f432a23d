import { z } from 'zod';
import { HmsaError } from '../../base/errors/index.js';
import { checkSchema } from '../../base/schema/index.js';
import { DEVICES, type SessionOptions } from '../../engine/runtime/index.js';
import { trainConfigSchema } from '../../training/index.js';
import type { Shape } from '../arguments/index.js';
import { openOptionsShape } from '../datasets/index.js';
import { parseSaveEvery } from './save-every.js';
import type { ResumeChanges, TrainRequest } from './train-request.js';

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

/** What a request may say, key by key; a run's record says it too. */
export const requestShape = {
  config: trainConfigSchema,
  data: z.string().min(1),
  dataOptions: z.strictObject(openOptionsShape).optional(),
  validationSplit: z.string().optional(),
  init: z.string().optional(),
  skipBad: z.boolean().optional(),
  partialInit: z.boolean().optional(),
  session: z.strictObject(session).optional(),
  workers: z.int().min(0).max(1024).optional(),
  saveEvery: z.string().optional(),
} satisfies Shape<TrainRequest>;

/** @throws HmsaError that names what is wrong with a request, and what belongs there */
export function checkRequest(request: TrainRequest): void {
  if (typeof request !== 'object' || request === null) {
    throw new HmsaError({
      operation: 'train',
      expected: 'a request: an object with config and data',
      received: request === null ? 'null' : typeof request,
    });
  }
  checkSchema(z.strictObject(requestShape), request, 'train');
  if (request.saveEvery !== undefined) parseSaveEvery(request.saveEvery);
}

/** @throws HmsaError that names what of a run cannot change to that */
export function checkChanges(changes: ResumeChanges): void {
  const { validationSplit, skipBad } = requestShape;
  checkSchema(z.strictObject({ validationSplit, skipBad }), changes, 'resumeTraining');
}
