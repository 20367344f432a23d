import { HmsaError } from '../errors/index.js';
import type { Answer, CallOptions, Calls, Request } from './calls.js';
import { type Port, type Question, type Reply, receiveError } from './messages.js';

interface Pending {
  resolve(reply: Reply): void;
  reject(error: unknown): void;
}

/** Asks the other end of a port, which answers by {@link serve}. Any number of calls may be under way at once. */
export class Caller<C extends Calls<C>> {
  readonly #port: Port;
  readonly #name: string;
  readonly #pending = new Map<number, Pending>();
  #calls = 0;
  #end: Error | undefined;

  /** @param name of what is asked, as errors call it: `session`, `loader` */
  constructor(port: Port, name: string) {
    this.#port = port;
    this.#name = name;
    port.onmessage = ({ data }: { readonly data: Reply }) => this.#take(data.id)?.resolve(data);
  }

  get isAlive(): boolean {
    return this.#end === undefined;
  }

  async call<Name extends keyof C & string>(
    name: Name,
    request: Request<C, Name>,
    { transfer = [], signal }: CallOptions = {},
  ): Promise<Answer<C, Name>> {
    if (this.#end) throw this.#end;
    signal?.throwIfAborted();
    const id = this.#calls++;
    const abort = () => this.#send({ abort: id });
    try {
      const reply = await new Promise<Reply>((resolve, reject) => {
        this.#pending.set(id, { resolve, reject });
        try {
          this.#send({ id, call: name, request }, transfer);
          signal?.addEventListener('abort', abort, { once: true });
        } catch (cause) {
          this.#pending.delete(id);
          reject(this.#unsendable(cause));
        }
      });
      if ('value' in reply) return reply.value as Answer<C, Name>;
      throw 'aborted' in reply ? signal?.reason : receiveError(reply.error);
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Rejects the calls that are under way: an answer has come that cannot be read, and nobody knows whose. */
  fail(error: Error): void {
    for (const id of [...this.#pending.keys()]) this.#take(id)!.reject(error);
  }

  /** Says that the other side is gone: what is under way and all that follows rejects with the first error given. */
  end(error: Error): void {
    this.#end ??= error;
    this.fail(this.#end);
  }

  #send(question: Question, transfer: readonly ArrayBuffer[] = []): void {
    this.#port.postMessage(question, [...transfer]);
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  /** Functions, and memory that may not be transferred, WebAssembly's for one. */
  #unsendable(cause: unknown): HmsaError {
    return new HmsaError({
      operation: this.#name,
      expected: 'plain data and arrays, which can go to a worker thread',
      received: `"${cause instanceof Error ? cause.message : String(cause)}"`,
      remedy: 'Leave functions and transfer out, or copy the arrays first.',
      cause,
    });
  }
}
