/**
 * What a run keeps: its record, its last checkpoint, its metrics (a JSON value a line), its model as it is when the run
 * is interrupted, and the model of a finished run.
 */
export type RunFile = 'record' | 'checkpoint' | 'metrics' | 'interim' | 'model';

/**
 * Where a run is kept: a folder, an object store, the memory. One process at a time works in it: everything below
 * {@link RunStore.unlock} needs the lock.
 */
export interface RunStore {
  /** What messages call a file of the run: its path, key or address. */
  nameOf(file: RunFile): string;
  has(file: RunFile): Promise<boolean>;
  /** The bytes of a file, text in UTF-8; undefined where there is none. */
  read(file: RunFile): Promise<Uint8Array | undefined>;
  /**
   * Locks the store for a new run.
   *
   * @param onWarning is told of an owner of the lock that has ended without giving it free
   * @throws HmsaError when another process works in it, or it holds a run
   */
  begin(onWarning: (what: string) => void): Promise<void>;
  /**
   * Locks the store for a run that it holds.
   *
   * @throws HmsaError when another process works in it
   */
  lock(onWarning: (what: string) => void): Promise<void>;
  /** Gives up the lock; does nothing without one. */
  unlock(): Promise<void>;
  /** Called before every change. @throws HmsaError where the lock is no longer this process's */
  confirm(): Promise<void>;
  /** Replaces a file as a whole: a reader, or a failure on the way, finds the old file or the new one. */
  write(file: RunFile, content: Uint8Array | string): Promise<void>;
  /** Adds to the end of a file, which is made where it is missing. */
  append(file: RunFile, text: string): Promise<void>;
  /** Deletes a file; does nothing without one. */
  remove(file: RunFile): Promise<void>;
  /** Deletes what a process that was killed has left half written. */
  tidy(): Promise<void>;
}
