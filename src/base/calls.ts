import { type ErrorParts, HmsaError } from './errors/index.js';

/**
 * What one thread may ask of another, as an interface of methods that take one argument each:
 * `interface Sums { add(numbers: readonly number[]): Promise<number> }`.
 */
export type Calls<C> = { readonly [Name in keyof C]: (request: never) => unknown };

export type Request<C extends Calls<C>, Name extends keyof C> = Parameters<C[Name]>[0];

export type Answer<C extends Calls<C>, Name extends keyof C> = Awaited<ReturnType<C[Name]>>;

export interface CallOptions {
  /** Memory that is handed over instead of copied; empty on this side afterwards. */
  readonly transfer?: readonly ArrayBuffer[];
  /**
   * An abort is told to the other side, which ends the call as soon as it can; then the call rejects with the signal's
   * reason. So nothing of the call is under way any more when it settles.
   */
  readonly signal?: AbortSignal;
}

/** Another thread, to be asked. */
export interface Remote<C extends Calls<C>> {
  /** @throws HmsaError that the other side threw, or that says that the thread has ended or the request cannot be sent */
  call<Name extends keyof C & string>(
    name: Name,
    request: Request<C, Name>,
    options?: CallOptions,
  ): Promise<Answer<C, Name>>;
  /** False once the thread has ended, for whatever reason: then every call rejects. */
  readonly isAlive: boolean;
  /** Ends the thread; calls that are under way reject. */
  close(): Promise<void>;
}

/** One end of a channel between threads: a Worker of a browser, the inside of one, or a MessagePort there or in Node. */
export interface Port {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  /** `never` stands for the event type of any platform; all that is read of it is `data`. */
  onmessage: ((event: never) => void) | null;
}

/** What goes to the side that answers. */
type Question =
  | { readonly id: number; readonly call: string; readonly request: unknown }
  | { readonly abort: number };

/** What comes back. */
type Reply = { readonly id: number } & (
  | { readonly value: unknown }
  | { readonly error: SentError }
  /** The call ended because its caller had aborted it. */
  | { readonly aborted: true }
);

/** An error as it crosses between threads, where a class does not survive but its parts do. */
type SentError = { readonly parts: ErrorParts } | { readonly message: string; readonly stack?: string };

function sendError(error: unknown): SentError {
  if (error instanceof HmsaError) {
    const { operation, expected, received, remedy } = error;
    return { parts: { operation, expected, received, ...(remedy !== undefined && { remedy }) } };
  }
  if (!(error instanceof Error)) return { message: String(error) };
  const { message, stack } = error;
  return { message, ...(stack !== undefined && { stack }) };
}

/** The error on this side; its stack is that of the other thread. */
function receiveError(sent: SentError): Error {
  if ('parts' in sent) return new HmsaError(sent.parts);
  const error = new Error(sent.message);
  if (sent.stack !== undefined) error.stack = sent.stack;
  return error;
}

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

/** An answer together with memory that is handed over instead of copied. */
export class Transferring<T> {
  constructor(
    readonly value: T,
    readonly transfer: readonly ArrayBuffer[],
  ) {}
}

/** What answers the calls of a protocol. The signal is aborted when the caller no longer wants the answer. */
export type Handlers<C extends Calls<C>> = {
  readonly [Name in keyof C & string]: (
    request: Request<C, Name>,
    signal: AbortSignal,
  ) => Promise<Answer<C, Name> | Transferring<Answer<C, Name>>>;
};

/** Answers the calls that come through a port, each as soon as it comes, by the handler of its name. */
export function serve<C extends Calls<C>>(port: Port, handlers: Handlers<C>): void {
  const underWay = new Map<number, AbortController>();
  const answer = async (id: number, call: string, request: unknown): Promise<void> => {
    const controller = new AbortController();
    underWay.set(id, controller);
    const { signal } = controller;
    try {
      const given = await handlers[call as keyof C & string](request as never, signal);
      const [value, transfer] = given instanceof Transferring ? [given.value, given.transfer] : [given, []];
      port.postMessage({ id, value } satisfies Reply, [...transfer]);
    } catch (error) {
      const isAborted = signal.aborted && error === signal.reason;
      const reply: Reply = isAborted ? { id, aborted: true } : { id, error: sendError(error) };
      port.postMessage(reply, []);
    } finally {
      underWay.delete(id);
    }
  };
  port.onmessage = ({ data }: { readonly data: Question }) => {
    if ('abort' in data) underWay.get(data.abort)?.abort();
    else void answer(data.id, data.call, data.request);
  };
}
