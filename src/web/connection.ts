import { Caller, type CallOptions } from '../base/calls.js';
import { HmsaError } from '../base/errors/index.js';
import type { Progress, ProgressMessage, WebCalls } from './protocol.js';

type Request<Name extends keyof WebCalls> = Parameters<WebCalls[Name]>[0];
type Answer<Name extends keyof WebCalls> = Awaited<ReturnType<WebCalls[Name]>>;

/** The worker of one model. */
export class Connection {
  readonly #worker: Worker;
  readonly #caller: Caller<WebCalls>;
  #onProgress: ((progress: Progress) => void) | undefined;

  /** @param assets the folder of `worker.mjs` and the files of ONNX Runtime; default: where the package has them */
  constructor(assets: URL | undefined) {
    if (typeof Worker === 'undefined') {
      throw new HmsaError({
        operation: 'hmsa/web',
        expected: 'a browser, which has workers',
        received: 'none here',
        remedy: 'In Node, import loadModel from hmsa/node.',
      });
    }
    // Written out, so that bundlers find the file.
    this.#worker =
      assets === undefined
        ? new Worker(new URL('../app/web/worker.mjs', import.meta.url), { type: 'module', name: 'hmsa' })
        : new Worker(new URL('worker.mjs', assets), { type: 'module', name: 'hmsa' });
    this.#caller = new Caller<WebCalls>(this.#worker as never, 'hmsa/web');
    this.#worker.addEventListener('message', ({ data }: MessageEvent<Partial<ProgressMessage>>) => {
      if (data.progress !== undefined) this.#onProgress?.(data.progress);
    });
    this.#worker.addEventListener('error', (event) => {
      event.preventDefault();
      this.#caller.end(
        new HmsaError({
          operation: 'hmsa/web',
          expected: 'its worker to start and keep running',
          received: event.message ? `"${event.message}"` : 'a script that cannot be loaded',
          remedy:
            'Serve worker.mjs and the ort files beside it from the origin of the page, as JavaScript and application/wasm (docs/browser.md).',
        }),
      );
      this.#worker.terminate();
    });
  }

  /**
   * Calls the worker. An abort rejects at once; what the worker is computing just then is finished there and dropped, and the
   * next call waits for it.
   */
  async call<Name extends keyof WebCalls & string>(
    name: Name,
    request: Request<Name>,
    options: CallOptions & { readonly onProgress?: ((progress: Progress) => void) | undefined } = {},
  ): Promise<Answer<Name>> {
    const { onProgress, ...rest } = options;
    const { signal } = rest;
    signal?.throwIfAborted();
    this.#onProgress = onProgress;
    const answer = this.#caller.call(name, request as never, rest) as Promise<Answer<Name>>;
    try {
      return signal === undefined ? await answer : await Promise.race([answer, abortOf(signal)]);
    } finally {
      if (this.#onProgress === onProgress) this.#onProgress = undefined;
      answer.catch(() => {});
    }
  }

  close(): void {
    this.#caller.end(
      new HmsaError({
        operation: 'hmsa/web',
        expected: 'a model that is in use',
        received: 'one that was disposed',
      }),
    );
    this.#worker.terminate();
  }
}

function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
