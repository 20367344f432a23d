import { HmsaError } from '../../base/errors/index.js';
import type { Size } from '../../data/index.js';
import type { ModelConfig } from '../../model/index.js';
import { neededMemory } from '../../prediction/index.js';
import { bytesText, parseBytes } from '../bytes.js';
import type { TrainConfig } from '../config.js';
import { most, phaseMemory } from '../memory/index.js';

/** Pixels of a batch at all scales for which no machine has too little memory. */
const FEW_PIXELS = 2 ** 16;

export interface MemoryPlan {
  /** The predicted peak of the process, in bytes. */
  readonly bytes: number;
  /** Whether the graphs of a phase must close before a validation, because both do not fit. */
  readonly pauses: boolean;
  /** A warning that the machine has too little memory. */
  readonly warning?: string;
}

/**
 * What a run will take of the memory. A validation labels whole photographs at all scales, in a session of its own. Where that
 * does not fit beside the graphs of the phase, they close for its time.
 *
 * @param machine the memory that there is, and what the process takes beside training steps, in bytes
 * @param photograph the typical size of the images to validate; undefined if nothing is validated
 * @returns undefined for batches so small that their memory does not matter
 * @throws HmsaError when the validation or the steps do not fit `config.memory`
 */
export function planMemory(
  model: ModelConfig,
  config: TrainConfig,
  { total, base }: { readonly total: number; readonly base: number },
  photograph: Size | undefined,
): MemoryPlan | undefined {
  if (config.memory === undefined && pixelsOf(model, config) < FEW_PIXELS) return undefined;
  const limit = config.memory === undefined ? total : parseBytes(config.memory, 'config, memory');
  const phase = most(phaseMemory(model, config));
  const { scales } = model;
  const validation =
    photograph === undefined ? 0 : neededMemory(model, photograph, { scales, combine: 'hierarchical' });
  const pauses = base + phase.bytes + validation > limit;
  const bytes = base + (pauses ? Math.max(phase.bytes, validation) : phase.bytes + validation);
  if (bytes <= limit) return { bytes, pauses };
  if (config.memory === undefined) {
    const warning =
      `training takes about ${bytesText(bytes)} of memory, and this machine has ${bytesText(total)}; ` +
      `--memory ${bytesText(0.9 * total).replace(' ', '')} changes what it needs to fit`;
    return { bytes, pauses, warning };
  }
  const isValidation = validation > phase.bytes;
  throw new HmsaError({
    operation: 'memory',
    expected: `a training that fits ${bytesText(limit)}`,
    received: isValidation
      ? `a validation that takes about ${bytesText(bytes)}: photographs of ${photograph!.width}×${photograph!.height} at scales ${scales.join(', ')}`
      : `a phase ${phase.kind} that takes about ${bytesText(bytes)}`,
    remedy: isValidation
      ? `Allow ${bytesText(1.1 * bytes)}, or validate nothing (--validation none).`
      : `Allow ${bytesText(1.1 * bytes)}, or lower crop or batch.`,
  });
}

function pixelsOf({ scales }: ModelConfig, { batch, crop }: TrainConfig): number {
  return batch * crop[0] * crop[1] * scales.reduce((sum, scale) => sum + scale ** 2, 0);
}
