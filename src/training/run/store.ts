/**
 * The files of a run: its record, its last checkpoint, its metrics (one JSON value a line), the model of an interrupted
 * run, the model of a finished run, the model with the best validation, and the weights of a finished run without
 * averaging.
 */
export type RunFile = 'record' | 'checkpoint' | 'metrics' | 'interim' | 'model' | 'best' | 'raw';

/**
 * Where a run is kept: a folder, an object store, memory. Only one process at a time uses it: all methods below {@link
 * RunStore.unlock} need the lock.
 */
export interface RunStore {
  /** What messages call a file of the run: its path, key or address. */
  nameOf(file: RunFile): string;
  has(file: RunFile): Promise<boolean>;
  /** The content of a file, text as UTF-8; undefined if it does not exist. */
  read(file: RunFile): Promise<Uint8Array | undefined>;
  /**
   * Locks the store for a new run.
   *
   * @param onWarning called if the lock belonged to a process that ended without releasing it
   * @throws HmsaError when another process uses the store, or it holds a run
   */
  begin(onWarning: (what: string) => void): Promise<void>;
  /**
   * Locks the store for a run that it holds.
   *
   * @throws HmsaError when another process uses the store
   */
  lock(onWarning: (what: string) => void): Promise<void>;
  /** Releases the lock; does nothing without one. */
  unlock(): Promise<void>;
  /** Called before every change. @throws HmsaError when this process no longer holds the lock */
  confirm(): Promise<void>;
  /** Replaces a whole file. Readers find the old file or the new one, also after a failure. */
  write(file: RunFile, content: Uint8Array | string): Promise<void>;
  /** Appends to a file, which is created if it does not exist. */
  append(file: RunFile, text: string): Promise<void>;
  /** Deletes a file; does nothing if it does not exist. */
  remove(file: RunFile): Promise<void>;
  /** Deletes files that a killed process left incomplete. */
  tidy(): Promise<void>;
}
