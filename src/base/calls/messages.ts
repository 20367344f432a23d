import { type ErrorParts, HmsaError } from '../errors/index.js';

/** One end of a channel between threads: a Worker of a browser, the inside of one, or a MessagePort there or in Node. */
export interface Port {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  /** `never` stands for the event type of any platform; all that is read of it is `data`. */
  onmessage: ((event: never) => void) | null;
}

/** What goes to the side that answers. */
export type Question =
  | { readonly id: number; readonly call: string; readonly request: unknown }
  | { readonly abort: number };

/** What comes back. */
export type Reply = { readonly id: number } & (
  | { readonly value: unknown }
  | { readonly error: SentError }
  /** The call ended because its caller had aborted it. */
  | { readonly aborted: true }
);

/** An error as it crosses between threads, where a class does not survive but its parts do. */
export type SentError =
  | { readonly parts: ErrorParts }
  | { readonly message: string; readonly stack?: string };

export function sendError(error: unknown): SentError {
  if (error instanceof HmsaError) {
    const { operation, expected, received, remedy } = error;
    return { parts: { operation, expected, received, ...(remedy !== undefined && { remedy }) } };
  }
  if (!(error instanceof Error)) return { message: String(error) };
  const { message, stack } = error;
  return { message, ...(stack !== undefined && { stack }) };
}

/** The error on this side; its stack is that of the other thread. */
export function receiveError(sent: SentError): Error {
  if ('parts' in sent) return new HmsaError(sent.parts);
  const error = new Error(sent.message);
  if (sent.stack !== undefined) error.stack = sent.stack;
  return error;
}
