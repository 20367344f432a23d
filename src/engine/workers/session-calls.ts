import type { NdArray } from '../../base/arrays/index.js';
import { type ErrorParts, HmsaError } from '../../base/errors/index.js';
import type { NamedArrays, SessionInfo, SessionOptions, SiblingOptions } from '../../engine/runtime/index.js';

/** What the worker is started with. */
export interface WorkerStart {
  readonly model: Uint8Array;
  readonly options: SessionOptions;
  readonly flags: Int32Array<SharedArrayBuffer>;
}

/**
 * What the owner asks of a session, named by its number: 0 is the one that the worker was started with, and each
 * sibling takes the next. One at a time: the next is sent when the answer to the last is there.
 */
export type Request = { readonly session: number } & (
  | { readonly call: 'run'; readonly feeds: NamedArrays; readonly outputs: readonly string[] }
  | { readonly call: 'setState'; readonly values: NamedArrays }
  | { readonly call: 'getState'; readonly names: readonly string[] }
  | { readonly call: 'sibling'; readonly model: Uint8Array; readonly options: SiblingOptions }
  | { readonly call: 'dispose' }
);

/** What comes back; the first answer, before any request, tells of the session that was opened. */
export interface Answers {
  open: SessionInfo;
  run: Record<string, NdArray>;
  setState: undefined;
  getState: Record<string, NdArray>;
  sibling: SessionInfo;
  dispose: undefined;
}

export type Reply = { readonly value: Answers[keyof Answers] } | { readonly error: SentError };

/** An error as it crosses between threads, where a class does not survive. */
type SentError = { readonly parts: ErrorParts } | { readonly message: string };

export function sendError(error: unknown): SentError {
  if (error instanceof HmsaError) {
    const { operation, expected, received, remedy } = error;
    return { parts: { operation, expected, received, ...(remedy !== undefined && { remedy }) } };
  }
  return { message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

export function receiveError(sent: SentError): Error {
  return 'parts' in sent ? new HmsaError(sent.parts) : new Error(`In the session's worker: ${sent.message}`);
}

/** The buffers of arrays that own theirs, for the list of what is transferred rather than copied. */
export function buffersOf(values: NamedArrays): ArrayBuffer[] {
  return [...new Set(Object.values(values).map(({ data }) => data.buffer as ArrayBuffer))];
}
