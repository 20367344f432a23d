import { HmsaError } from '../base/errors/index.js';
import type { Session } from '../engine/runtime/index.js';

interface Entry {
  readonly session: Promise<Session>;
  /** Tasks that use it now. */
  users: number;
}

/** Open sessions by key, the least recently used closed for another; one that is in use is never closed. */
export class SessionCache {
  readonly #limit: number;
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry>();
  #disposal: Promise<void> | undefined;

  /** @param limit sessions that are kept open while nobody uses them */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Runs a task with the session of a key, which is opened where there is none yet. One that fails to open is forgotten.
   *
   * @throws HmsaError after {@link dispose}
   */
  async use<T>(
    key: string,
    open: () => Promise<Session>,
    task: (session: Session) => Promise<T>,
  ): Promise<T> {
    if (this.#disposal) {
      throw new HmsaError({
        operation: 'segment',
        expected: 'a model in use',
        received: 'one that was disposed',
        remedy: 'Load it again.',
      });
    }
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

  /** Closes every session once the calls to it that were made before are through; every call settles then. */
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

async function close({ session }: Entry): Promise<void> {
  // One that never opened has told its user why.
  const opened = await session.catch(() => undefined);
  await opened?.dispose();
}
