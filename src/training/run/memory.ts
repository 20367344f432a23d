import { bytesText } from '../../base/bytes-text.js';
import { HmsaError } from '../../base/errors/index.js';
import type { Size } from '../../data/index.js';
import type { ModelConfig } from '../../model/index.js';
import { neededMemory } from '../../prediction/index.js';
import { parseBytes } from '../bytes.js';
import type { TrainConfig } from '../config.js';
import { most, phaseMemory } from '../memory/index.js';

/** Pixels of a batch, or of a photograph, at all scales for which no machine has too little memory. */
const FEW_PIXELS = 2 ** 16;
const FEW_PIXELS_OF_PHOTOGRAPH = 2 ** 20;

/** Beside the process itself. In as many bytes, photographs of dozens of megapixels are labelled in tiles. */
const LEAST_VALIDATION = 1e9;

export interface MemoryPlan {
  /** The predicted peak of the process, in bytes. */
  readonly bytes: number;
  /** Whether the graphs of a phase must close before a validation, because both do not fit. */
  readonly pauses: boolean;
  /** Bytes that the process may take while it validates: as many as while it trains, at least about a gigabyte. */
  readonly validationLimit: number;
  /** That the machine has too little memory, although the training goes on. */
  readonly warning?: string;
}

/**
 * What a run will take of the memory. A validation labels photographs at all scales, in a session of its own, and takes no more
 * memory than the steps: photographs that would take more are labelled in tiles. Where that does not fit beside the graphs of
 * the phase, they close for its time.
 *
 * A new run that takes more than the machine has is refused, because the system would end it, hours later perhaps. A budget above
 * that allows it all the same, for machines that swap. A run that was begun goes on with a warning: its configuration stays.
 *
 * @param machine the memory that there is, and what the process takes beside training steps, in bytes
 * @param photograph the typical size of the images to validate; undefined if nothing is validated
 * @param isBegun whether the run is resumed
 * @returns undefined for batches and photographs so small that their memory does not matter
 * @throws HmsaError when the steps do not fit `config.memory`, or those of a new run the machine
 */
export function planMemory(
  model: ModelConfig,
  config: TrainConfig,
  { total, base }: { readonly total: number; readonly base: number },
  photograph: Size | undefined,
  { isBegun = false } = {},
): MemoryPlan | undefined {
  if (config.memory === undefined && areFewPixels(model, config, photograph)) return undefined;
  const limit = config.memory === undefined ? total : parseBytes(config.memory, 'config, memory');
  const phase = most(phaseMemory(model, config));
  const { scales } = model;
  const validationLimit = Math.min(limit, base + Math.max(phase.bytes, LEAST_VALIDATION));
  const whole =
    photograph === undefined ? 0 : neededMemory(model, photograph, { scales, combine: 'hierarchical' });
  const validation = Math.min(whole, validationLimit - base);
  const pauses = base + phase.bytes + validation > limit;
  const bytes = base + (pauses ? Math.max(phase.bytes, validation) : phase.bytes + validation);
  if (bytes > limit && config.memory !== undefined) {
    throw new HmsaError({
      operation: 'memory',
      expected: `a training that fits ${bytesText(limit)}`,
      received: `a phase ${phase.kind} that takes about ${bytesText(bytes)}`,
      remedy: `Allow ${bytesText(1.1 * bytes)}, or lower crop or batch.`,
    });
  }
  if (bytes <= total) return { bytes, pauses, validationLimit };
  if (config.memory === undefined && !isBegun) {
    throw new HmsaError({
      operation: 'memory',
      expected: `a training that fits this machine, which has ${bytesText(total)}`,
      received: `a phase ${phase.kind} that takes about ${bytesText(bytes)}, so that the system would end it`,
      remedy:
        `--memory ${amountText(0.9 * total)} chooses recompute, batch and crop so that it fits, where no flag or --config sets them. ` +
        `--memory ${amountText(1.2 * bytes)} trains all the same.`,
    });
  }
  const warning = `training takes about ${bytesText(bytes)} of memory, and this machine has ${bytesText(total)}, so the system may end it`;
  return { bytes, pauses, validationLimit, warning };
}

/** A size as `--memory` takes it. */
function amountText(bytes: number): string {
  return bytesText(bytes).replace(' ', '');
}

function areFewPixels({ scales }: ModelConfig, { batch, crop }: TrainConfig, photograph?: Size): boolean {
  const atAllScales = scales.reduce((sum, scale) => sum + scale ** 2, 0);
  const { width, height } = photograph ?? { width: 0, height: 0 };
  return (
    batch * crop[0] * crop[1] * atAllScales < FEW_PIXELS &&
    width * height * atAllScales < FEW_PIXELS_OF_PHOTOGRAPH
  );
}
