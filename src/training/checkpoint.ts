import type { OwnBytes } from '../base/arrays/index.js';
import { HmsaError } from '../base/errors/index.js';
import { readSafetensors, type Safetensors, writeSafetensors } from '../model/weights/index.js';
import { checksum } from './checksum.js';
import type { Position } from './position.js';

const FORMAT = 'hmsa-checkpoint';
/** The version that this program writes; it reads this one and every earlier. 2 added the checksum. */
const FORMAT_VERSION = 2;

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
  const content = { tensors: values, metadata };
  return writeSafetensors({ ...content, metadata: new Map([...metadata, ['checksum', sealOf(content)]]) });
}

/**
 * Reads what {@link encodeCheckpoint} has written, in this version or an earlier one; files of version 1 have no
 * checksum.
 *
 * @throws HmsaError that names the file when it is damaged, no checkpoint, or of a newer format
 */
export function decodeCheckpoint(bytes: Uint8Array, source: string): Checkpoint {
  const { tensors, metadata } = readSafetensors(bytes, source);
  const fail = (expected: string, received: string, remedy: string): never => {
    throw new HmsaError({ operation: source, expected, received, remedy });
  };
  if (metadata.get('format') !== FORMAT) {
    fail(
      'a checkpoint of a training run',
      metadata.get('format') ?? 'other weights',
      'Pass the folder of a run to --resume.',
    );
  }
  const version = Number(metadata.get('formatVersion'));
  if (!(version >= 1 && version <= FORMAT_VERSION)) {
    fail(`a checkpoint of format ${FORMAT_VERSION} or earlier`, `format ${version}`, 'Install a newer hmsa.');
  }
  if (version > 1 && metadata.get('checksum') !== sealOf({ tensors, metadata })) {
    fail(
      'the content that its checksum was made of',
      'another: the file was damaged or changed',
      'Bring the file back from a copy, or start the run anew.',
    );
  }
  const step = Number(metadata.get('step'));
  if (!/^\d{1,15}$/.test(metadata.get('step') ?? ''))
    fail('the step it was written at', metadata.get('step') ?? 'none', 'Start the run anew.');
  const run = metadata.get('run');
  return { step, values: tensors, ...(run === undefined ? {} : { run }) };
}

/** The checksum of names, types, shapes, numbers and metadata, but for itself. */
function sealOf({ tensors, metadata }: Safetensors): string {
  const others = new Map([...metadata].filter(([name]) => name !== 'checksum'));
  return checksum(writeSafetensors({ tensors, metadata: others }));
}
