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
