import type { Answer, Calls, Request } from './calls.js';
import { type Port, type Question, type Reply, sendError } from './messages.js';

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
