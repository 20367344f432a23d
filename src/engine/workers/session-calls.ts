import type { NdArray } from '../../base/arrays/index.js';
import type { NamedArrays, SessionInfo, SessionOptions, SiblingOptions } from '../runtime/index.js';

/** A session in the worker, by the number that the worker has given it. */
interface Of {
  readonly session: number;
}

/** What the worker has opened. */
export interface Opened extends Of {
  readonly info: SessionInfo;
}

/** What is asked of the worker that sessions live in; its owner asks one thing at a time. */
export interface SessionCalls {
  open(request: { readonly model: Uint8Array; readonly options: SessionOptions }): Promise<Opened>;
  run(
    request: Of & { readonly feeds: NamedArrays; readonly outputs: readonly string[] },
  ): Promise<Record<string, NdArray>>;
  setState(request: Of & { readonly values: NamedArrays }): Promise<void>;
  getState(request: Of & { readonly names: readonly string[] }): Promise<Record<string, NdArray>>;
  sibling(request: Of & { readonly model: Uint8Array; readonly options: SiblingOptions }): Promise<Opened>;
  dispose(request: Of): Promise<void>;
}

/** The buffers of arrays that own theirs, for the list of what is transferred rather than copied. */
export function buffersOf(values: NamedArrays): ArrayBuffer[] {
  return [...new Set(Object.values(values).map(({ data }) => data.buffer as ArrayBuffer))];
}
