import { HmsaError } from '../../dist/base/errors/index.js';
import type { RunFile, RunStore } from '../../dist/training/run/index.js';

/** A run in memory: what an object store or a browser has to do, in its shortest form. */
export class MemoryStore implements RunStore {
  readonly files = new Map<RunFile, Uint8Array>();
  #isLocked = false;

  nameOf(file: RunFile): string {
    return `memory:${file}`;
  }

  async has(file: RunFile): Promise<boolean> {
    return this.files.has(file);
  }

  async read(file: RunFile): Promise<Uint8Array | undefined> {
    return this.files.get(file)?.slice();
  }

  async begin(): Promise<void> {
    await this.lock();
    if (this.files.size > 0)
      throw new HmsaError({ operation: 'memory', expected: 'an empty store', received: 'one with a run' });
  }

  async lock(): Promise<void> {
    if (this.#isLocked) throw new HmsaError({ operation: 'memory', expected: 'no lock', received: 'one' });
    this.#isLocked = true;
  }

  async unlock(): Promise<void> {
    this.#isLocked = false;
  }

  async confirm(): Promise<void> {
    if (!this.#isLocked) throw new HmsaError({ operation: 'memory', expected: 'a lock', received: 'none' });
  }

  async write(file: RunFile, content: Uint8Array | string): Promise<void> {
    this.files.set(file, typeof content === 'string' ? new TextEncoder().encode(content) : content.slice());
  }

  async append(file: RunFile, text: string): Promise<void> {
    await this.write(file, this.text(file) + text);
  }

  async remove(file: RunFile): Promise<void> {
    this.files.delete(file);
  }

  async tidy(): Promise<void> {}

  text(file: RunFile): string {
    return new TextDecoder().decode(this.files.get(file));
  }
}
