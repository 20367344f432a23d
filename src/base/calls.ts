import { type ErrorParts, HmsaError } from './errors/index.js';

/**
 * A protocol between two threads: an interface whose methods take one argument each, such as
 * `interface Sums { add(numbers: readonly number[]): Promise<number> }`.
 */
export type Calls<C> = { readonly [Name in keyof C]: (request: never) => unknown };

export type Request<C extends Calls<C>, Name extends keyof C> = Parameters<C[Name]>[0];

export type Answer<C extends Calls<C>, Name extends keyof C> = Awaited<ReturnType<C[Name]>>;

export interface CallOptions {
  /** Buffers to move to the other thread instead of copying them. They are empty here afterwards. */
  readonly transfer?: readonly ArrayBuffer[];
  /**
   * An abort is sent to the other thread, which ends the call as soon as it can. The call then rejects with the signal's
   * reason. So once it has rejected, the other thread no longer works on it.
   */
  readonly signal?: AbortSignal;
}

/** Another thread whose methods can be called. */
export interface Remote<C extends Calls<C>> {
  /** @throws the error of the other thread; HmsaError when the thread has ended or the request cannot be sent to it */
  call<Name extends keyof C & string>(
    name: Name,
    request: Request<C, Name>,
    options?: CallOptions,
  ): Promise<Answer<C, Name>>;
  /** False once the thread has ended. Every call then rejects. */
  readonly isAlive: boolean;
  /** Ends the thread. Calls without an answer reject. */
  close(): Promise<void>;
}

/** One end of a channel between threads: a Worker or the scope inside it in a browser, or a MessagePort in either. */
export interface Port {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  /** The type `never` accepts the event type of every platform. Only `data` of an event is read. */
  onmessage: ((event: never) => void) | null;
}

/** A message to the thread that answers. */
type Question =
  | { readonly id: number; readonly call: string; readonly request: unknown }
  | { readonly abort: number };

/** A message back. */
type Reply = { readonly id: number } & (
  | { readonly value: unknown }
  | { readonly error: SentError }
  /** The call ended because its caller had aborted it. */
  | { readonly aborted: true }
);

/** An error as plain data, because a message between threads cannot hold its class. */
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

/** The error that was sent, with the stack of the other thread. */
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

/** Calls the other end of a port, which answers with {@link serve}. Any number of calls may wait at once. */
export class Caller<C extends Calls<C>> {
  readonly #port: Port;
  readonly #name: string;
  readonly #pending = new Map<number, Pending>();
  #calls = 0;
  #end: Error | undefined;

  /** @param name what errors call the other side: `session`, `loader` */
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

  /** Rejects all calls that wait. An answer could not be read, so it is unknown which call it belonged to. */
  fail(error: Error): void {
    for (const id of [...this.#pending.keys()]) this.#take(id)!.reject(error);
  }

  /** Marks the other side as ended: calls that wait and all later ones reject with the first error given here. */
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

  /** For requests with functions, or with memory that cannot be transferred, such as that of WebAssembly. */
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

/** An answer, and buffers of it to move instead of copying them. */
export class Transferring<T> {
  constructor(
    readonly value: T,
    readonly transfer: readonly ArrayBuffer[],
  ) {}
}

/** The methods of a protocol on the side that answers. `signal` is aborted when the caller no longer wants the answer. */
export type Handlers<C extends Calls<C>> = {
  readonly [Name in keyof C & string]: (
    request: Request<C, Name>,
    signal: AbortSignal,
  ) => Promise<Answer<C, Name> | Transferring<Answer<C, Name>>>;
};

/** Answers calls through a port with the handler of their name. A call does not wait for earlier ones. */
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
