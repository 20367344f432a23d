import type { IncomingMessage, ServerResponse } from 'node:http';
import { Problem } from './problem.js';

/** Bytes of uploads and answers in memory, all requests together. */
export class HeldBytes {
  readonly #most: number;
  #held = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get held(): number {
    return this.#held;
  }

  /** Counts bytes that are held anyway. */
  add(bytes: number): void {
    this.#held += bytes;
  }

  /** Counts bytes if there is room for them. @returns whether there is */
  take(bytes: number): boolean {
    if (this.#held + bytes > this.#most) return false;
    this.#held += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#held -= bytes;
  }
}

/** The reason of an abort by a client that is gone. Nobody reads an answer. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

interface UploadOptions {
  readonly limit: number;
  readonly held: HeldBytes;
  readonly seconds: number;
  /** The answer when there is no room in {@link HeldBytes}. */
  readonly busy: () => Problem;
  readonly signal: AbortSignal;
}

/** An upload in memory, and the end of its being counted. */
export interface Upload {
  readonly bytes: Uint8Array;
  readonly release: () => void;
}

/** @throws Problem 413 when the header already says that the body is too long, 400 when it says that there is none */
export function checkLength({ headers }: IncomingMessage, limit: number): void {
  const length = headers['content-length'];
  if (length !== undefined && Number(length) > limit) throw tooLong(limit, `${length} bytes`);
  if (length === '0' || (length === undefined && headers['transfer-encoding'] === undefined)) throw noBody();
}

/**
 * Reads the body of a request, and no more of it than the limits allow.
 *
 * @throws Problem 400 for an empty body, 408 if it takes too long, 413 if it is too long, 503 if there is no memory for it; the
 *   reason of the signal; ClientGone
 */
export function readUpload(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { limit, held, seconds, busy, signal }: UploadOptions,
): Promise<Upload> {
  return new Promise<Upload>((resolve, reject) => {
    const pieces: Buffer[] = [];
    let size = 0;
    let counted = 0;
    const release = () => {
      held.give(counted);
      counted = 0;
    };
    const settle = (error?: unknown) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      incoming.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      incoming.pause();
      if (error === undefined) return;
      pieces.length = 0;
      release();
      reject(error);
    };
    const onData = (piece: Buffer) => {
      size += piece.length;
      if (size > limit) return settle(tooLong(limit, 'more'));
      if (!held.take(piece.length)) return settle(busy());
      counted += piece.length;
      pieces.push(piece);
    };
    const onEnd = () => {
      if (size === 0) return settle(noBody());
      settle();
      resolve({ bytes: Buffer.concat(pieces), release });
      pieces.length = 0;
    };
    const onGone = () => settle(new ClientGone('the client went away while it sent its image'));
    const onAbort = () => settle(signal.reason);
    const timer = setTimeout(() => settle(tooSlow(seconds)), 1000 * seconds);
    if (signal.aborted) return onAbort();
    if (incoming.destroyed) return onGone();
    signal.addEventListener('abort', onAbort, { once: true });
    incoming.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
    // A client that asks before it sends is told only now, so that what is refused is never sent.
    if (incoming.headers.expect?.toLowerCase() === '100-continue') outgoing.writeContinue();
  });
}

function tooLong(limit: number, received: string): Problem {
  return new Problem(413, {
    operation: 'body',
    expected: `at most ${limit} bytes`,
    received,
    remedy: 'Send a smaller image, or one that is compressed.',
  });
}

function noBody(): Problem {
  return new Problem(400, {
    operation: 'body',
    expected: 'an image',
    received: 'nothing',
    remedy: 'Send the bytes of an image file: curl --data-binary @photo.jpg -H "Content-Type: image/jpeg".',
  });
}

function tooSlow(seconds: number): Problem {
  const parts = {
    operation: 'body',
    expected: `the whole image within ${seconds} s`,
    received: 'a part of it',
  };
  return new Problem(408, { ...parts, remedy: 'Send a smaller image.' }, { Connection: 'close' });
}
