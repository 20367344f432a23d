import type { OwnBytes } from '../arrays/index.js';
import { HmsaError } from '../errors/index.js';
import { readSafetensors, writeSafetensors } from '../weights/index.js';
import type { Position } from './training.js';

const FORMAT = 'hmsa-checkpoint';
const FORMAT_VERSION = 1;

/** A position of a training run as the bytes of a `.safetensors` file: weights, buffers, optimiser state, step. */
export function encodeCheckpoint({ step, values }: Position): OwnBytes {
  const metadata = new Map([
    ['format', FORMAT],
    ['formatVersion', String(FORMAT_VERSION)],
    ['step', String(step)],
  ]);
  return writeSafetensors({ tensors: values, metadata });
}

/** @throws HmsaError that names the file when it is damaged, no checkpoint, or of a newer format */
export function decodeCheckpoint(bytes: Uint8Array, source: string): Position {
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
  const step = Number(metadata.get('step'));
  if (!Number.isSafeInteger(step) || step < 0)
    fail('the step it was written at', String(step), 'Start the run anew.');
  return { step, values: tensors };
}
