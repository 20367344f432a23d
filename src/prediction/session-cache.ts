import { HmsaError } from '../base/errors/index.js';
import type { Session } from '../engine/runtime/index.js';

interface Entry {
  readonly session: Promise<Session>;
  /** Tasks that use it now. */
  users: number;
}

/** Open sessions by key. The least recently used is closed to make room; a session in use is never closed. */
export class SessionCache {
  readonly #limit: number;
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry>();
  #disposal: Promise<void> | undefined;

  /** @param limit the most sessions that stay open while they are not in use */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Runs a task with the session of a key, which is opened if it is not open yet. A session that fails to open is forgotten.
   *
   * @throws HmsaError after {@link dispose}
   */
  async use<T>(
    key: string,
    open: () => Promise<Session>,
    task: (session: Session) => Promise<T>,
  ): Promise<T> {
    if (this.#disposal) refuseDisposed();
    const entry = this.#entries.get(key) ?? { session: open(), users: 0 };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    entry.users++;
    try {
      return await task(await this.#opened(key, entry));
    } finally {
      entry.users--;
      await this.#evict();
    }
  }

  /** Closes every session after the calls that were made before. The promise resolves when all are closed. */
  dispose(): Promise<void> {
    this.#disposal ??= this.#closeAll();
    return this.#disposal;
  }

  async #closeAll(): Promise<void> {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    await Promise.all(entries.map(close));
  }

  async #opened(key: string, entry: Entry): Promise<Session> {
    try {
      return await entry.session;
    } catch (error) {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
      throw error;
    }
  }

  async #evict(): Promise<void> {
    const idle = [...this.#entries].filter(([, { users }]) => users === 0);
    const surplus = idle.slice(0, Math.max(0, this.#entries.size - this.#limit));
    for (const [key] of surplus) this.#entries.delete(key);
    await Promise.all(surplus.map(([, entry]) => close(entry)));
  }
}

/** @throws HmsaError always: a model that is disposed is used */
export function refuseDisposed(): never {
  throw new HmsaError({
    operation: 'segment',
    expected: 'a model in use',
    received: 'a disposed model',
    remedy: 'Load it again.',
  });
}

async function close({ session }: Entry): Promise<void> {
  // The caller that opened a failing session has received its error.
  const opened = await session.catch(() => undefined);
  await opened?.dispose();
}
