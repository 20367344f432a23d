import type { OwnBytes } from '../base/arrays/index.js';
import { HmsaError } from '../base/errors/index.js';
import { CHECKSUM_KEY, readSafetensors, writeSafetensors } from '../model/weights/index.js';
import type { Position } from './position.js';

const FORMAT = 'hmsa-checkpoint';
/**
 * The version that this program writes; it reads this one and every earlier. 1 has no checksum. 2 has that of every
 * `.safetensors` file and another beside it, which is passed over. 3 has the first alone, and is refused without it.
 */
const FORMAT_VERSION = 3;

const REMEDY = 'Bring the checkpoint back from a copy, or start the run anew.';

/** A position as a file tells it. */
export interface Checkpoint extends Position {
  /** What {@link encodeCheckpoint} was given. */
  readonly run?: string;
}

/**
 * A position of a training run as the bytes of a `.safetensors` file: weights, buffers, optimiser state, step, and a
 * checksum of it all.
 *
 * @param run marks the run that it belongs to
 */
export function encodeCheckpoint({ step, values }: Position, run?: string): OwnBytes {
  const metadata = new Map([
    ['format', FORMAT],
    ['formatVersion', String(FORMAT_VERSION)],
    ['step', String(step)],
    ...(run === undefined ? [] : [['run', run] as const]),
  ]);
  return writeSafetensors({ tensors: values, metadata });
}

/**
 * Reads what {@link encodeCheckpoint} has written, in this version or an earlier one.
 *
 * @throws HmsaError that names the file when it is damaged, no checkpoint, or of a newer format
 */
export function decodeCheckpoint(bytes: Uint8Array, source: string): Checkpoint {
  const fail = (expected: string, received: string, remedy = REMEDY): never => {
    throw new HmsaError({ operation: source, expected, received, remedy });
  };
  const { tensors, metadata } = readSafetensors(bytes, source, {
    remedy: REMEDY,
    checkMetadata(metadata) {
      if (metadata.get('format') !== FORMAT) return;
      const version = Number(metadata.get('formatVersion'));
      if (version > FORMAT_VERSION)
        fail(
          `a checkpoint of format ${FORMAT_VERSION} or earlier`,
          `format ${version}`,
          'Install a newer hmsa.',
        );
      if (version >= 3 && !metadata.has(CHECKSUM_KEY)) fail(`its checksum, ${CHECKSUM_KEY}`, 'none');
    },
  });
  if (metadata.get('format') !== FORMAT) {
    fail(
      'a checkpoint of a training run',
      metadata.get('format') ?? 'other weights',
      'Pass the folder of a run to --resume.',
    );
  }
  const version = metadata.get('formatVersion');
  if (!/^[1-9]$/.test(version ?? '')) fail('a format version', version ?? 'none');
  const step = metadata.get('step');
  if (!/^\d{1,15}$/.test(step ?? '')) fail('the step it was written at', step ?? 'none');
  const run = metadata.get('run');
  return { step: Number(step), values: tensors, ...(run === undefined ? {} : { run }) };
}
