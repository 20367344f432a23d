import { Problem } from './problem.js';

interface Waiting {
  readonly start: () => Promise<void>;
  readonly refuse: (reason: unknown) => void;
}

/** Until the first image is done, nothing is known about how long one takes. */
const FIRST_GUESS = 2;
/** How much the last image counts in the average. */
const NEWEST_SHARE = 0.2;
const LONGEST_RETRY = 120;

/**
 * Images that are labelled one after the other, in the order in which they came. The number that waits is bounded. What waits and
 * is aborted is forgotten at once, so that its upload does not stay in memory.
 */
export class WorkQueue {
  readonly #most: number;
  /** In the order in which they came. */
  readonly #waiting = new Set<Waiting>();
  #isRunning = false;
  #isClosed = false;
  #seconds = FIRST_GUESS;

  /** @param most how many may wait */
  constructor(most: number) {
    this.#most = most;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get running(): number {
    return this.#isRunning ? 1 : 0;
  }

  /** @throws Problem 503 when it is full or closed, with the seconds after which there may be room */
  checkRoom(): void {
    if (this.#isClosed) throw closing();
    if (this.#isRunning && this.#waiting.size >= this.#most) throw this.busy(`${this.#most} waiting images`);
  }

  /** The answer to what there is no room for. */
  busy(received: string): Problem {
    const wait = Math.ceil(this.#seconds * (this.#waiting.size + 1));
    const retry = Math.min(Math.max(wait, 1), LONGEST_RETRY);
    const parts = { operation: 'hmsa serve', expected: 'room for another image', received };
    return new Problem(503, { ...parts, remedy: `Try again in ${retry} s.` }, { 'Retry-After': `${retry}` });
  }

  /**
   * @param task what it holds is let go when it waits and is aborted
   * @param signal an abort rejects at once. A task that has started goes on, and the next one waits for its end.
   * @throws Problem as {@link checkRoom} does
   */
  run<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    this.checkRoom();
    return new Promise<T>((resolve, reject) => {
      const entry: Waiting = {
        refuse: reject,
        start: async () => {
          const before = performance.now();
          try {
            resolve(await task());
            const seconds = (performance.now() - before) / 1000;
            this.#seconds += NEWEST_SHARE * (seconds - this.#seconds);
          } catch (error) {
            reject(error);
          }
        },
      };
      signal.addEventListener(
        'abort',
        () => {
          this.#waiting.delete(entry);
          reject(signal.reason);
        },
        { once: true },
      );
      this.#waiting.add(entry);
      this.#next();
    });
  }

  /** Refuses what waits, and whatever comes. What runs is finished. */
  close(): void {
    this.#isClosed = true;
    for (const { refuse } of this.#waiting) refuse(closing());
    this.#waiting.clear();
  }

  #next(): void {
    const [entry] = this.#waiting;
    if (this.#isRunning || entry === undefined) return;
    this.#waiting.delete(entry);
    this.#isRunning = true;
    void entry.start().finally(() => {
      this.#isRunning = false;
      this.#next();
    });
  }
}

/** The answer of a server that is about to end. */
export function closing(): Problem {
  const parts = {
    operation: 'hmsa serve',
    expected: 'a server that goes on',
    received: 'one that is ending',
  };
  return new Problem(503, { ...parts, remedy: 'Try again in 5 s.' }, { 'Retry-After': '5' });
}
