import { bytesText } from '../../base/bytes-text.js';
import { HmsaError } from '../../base/errors/index.js';
import type { Device } from '../../engine/runtime/index.js';
import { parseBytes } from '../../training/bytes.js';
import type { TrainConfig } from '../../training/index.js';
import { type Fitted, fitMemory, type MemoryChoice } from '../../training/memory/index.js';
import { trainingBase } from '../training-memory.js';
import type { TrainRequest } from './train-request.js';
import { openTrainingData } from './training-data.js';

export interface FitTrainingOptions {
  /** Classes of the data. */
  readonly classes: number;
  /** What the caller has chosen, so that it stays. */
  readonly keep: readonly MemoryChoice[];
  readonly workers?: number | undefined;
  readonly device?: Device | undefined;
  /** Further configurations that take the same batches, crops and recomputation: the arms of an ablation. */
  readonly others?: readonly TrainConfig[] | undefined;
}

/**
 * A configuration whose training fits its `memory`; unchanged if it has none.
 *
 * @throws HmsaError when nothing fits, or another device than the CPU is asked for
 */
export function fitTraining(
  config: TrainConfig,
  { classes, keep, workers, device, others = [] }: FitTrainingOptions,
): Fitted | undefined {
  if (config.memory === undefined) return undefined;
  if (device !== undefined && device !== 'cpu') {
    throw new HmsaError({
      operation: 'memory',
      expected: 'the device cpu, whose memory is known',
      received: device,
      remedy: 'Leave memory out, or train on the CPU.',
    });
  }
  const limit = parseBytes(config.memory, 'memory');
  const withClasses = (one: TrainConfig) => ({ model: { ...one.model, classes }, config: one });
  const { model } = withClasses(config);
  const base = trainingBase(workers);
  return fitMemory(model, config, { limit, base, keep, others: others.map(withClasses) });
}

/** What was chosen, in one line. */
export function fittedText({ config, bytes, changes }: Fitted): string {
  const limit = bytesText(parseBytes(config.memory!, 'memory'));
  const what = changes.length === 0 ? '' : `: ${changes.join(', ')}`;
  return `memory: ${bytesText(bytes)} of ${limit} predicted${what}`;
}

/**
 * The request with a configuration that fits its `memory`. The crop stays.
 *
 * @param others see {@link FitTrainingOptions.others}
 */
export async function fittedRequest(
  request: TrainRequest,
  others?: readonly TrainConfig[],
): Promise<TrainRequest> {
  const { config, workers, session } = request;
  if (config.memory === undefined) return request;
  const { classes } = await openTrainingData(request, () => {});
  const fitted = fitTraining(config, {
    classes: classes.names.length,
    keep: ['crop'],
    workers,
    device: session?.device,
    others,
  });
  return { ...request, config: fitted!.config };
}
