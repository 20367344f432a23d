import { type ErrorParts, HmsaError } from '../../base/errors/index.js';
import type { Job, ResultOf } from './job.js';

/** What a loader thread answers to a job. An error's class does not survive the crossing, its parts do. */
export type Answer =
  | { readonly result: ResultOf[Job['kind']] }
  | { readonly parts: ErrorParts }
  | { readonly bug: string };

export function answerOf(error: unknown): Answer {
  if (error instanceof HmsaError) {
    const { operation, expected, received, remedy } = error;
    return { parts: { operation, expected, received, ...(remedy !== undefined && { remedy }) } };
  }
  return { bug: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

/** @throws the error that the answer tells of */
export function resultOf(answer: Answer): ResultOf[Job['kind']] {
  if ('result' in answer) return answer.result;
  throw 'parts' in answer ? new HmsaError(answer.parts) : new Error(`In a loader thread: ${answer.bug}`);
}

/** The buffers of a batch, which are handed over instead of copied. */
export function transferOf(answer: Answer): ArrayBuffer[] {
  if (!('result' in answer) || !('images' in answer.result)) return [];
  const { images, labels } = answer.result;
  return [images.buffer as ArrayBuffer, labels.buffer as ArrayBuffer];
}
