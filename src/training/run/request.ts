import { z } from 'zod';
import { HmsaError } from '../../base/errors/index.js';
import { checkSchema, type Plain, type Shape } from '../../base/schema/index.js';
import { DEVICES, type SessionOptions } from '../../engine/runtime/index.js';
import { trainConfigSchema } from '../config.js';
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

/** What the request for a run may say on every platform, key by key. The record of the run repeats it. */
export const runRequestShape = {
  config: trainConfigSchema.describe('Everything that decides what is computed.'),
  data: z.string().min(1).describe('The data set as `KIND:PATH`.'),
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
  saveEvery: z
    .string()
    .optional()
    .describe(
      'How long a step may wait to be saved within an epoch: a time such as `90s`, `10m` or `2h`, or a number of steps; ' +
        '`10m` where left out. The ends of epochs are saved anyway. No bit of the model depends on it.',
    ),
};
const runRequestSchema = z.strictObject(runRequestShape);

/** What a run is made from, on every platform; plain data. */
export type RunRequest = Plain<z.infer<typeof runRequestSchema>>;

/** Keys of a platform's requests beside {@link runRequestShape}. */
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
