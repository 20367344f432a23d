/**
 * A worker that is stopped inside a native call ends the whole process: onnxruntime-node finds an engine that refuses
 * to run JavaScript, throws in C++ and aborts (version 1.30; with `process.exit`, an uncaught error and
 * `worker.terminate()` alike). So a worker sets a flag while it is inside, and the process does not end before it is
 * out.
 */
export type Flags = Int32Array<SharedArrayBuffer>;
const INSIDE = 0;
const STOP = 1;
/** The process does not wait longer than this for a run. */
const PATIENCE_MS = 120_000;

/** Shared flags of one worker. */
export function nativeCallFlags(): Flags {
  return new Int32Array(new SharedArrayBuffer(8));
}

/** In the worker: runs the task, unless the process is about to end; then the promise never settles. */
export async function insideNativeCall<T>(flags: Flags, task: () => Promise<T>): Promise<T> {
  Atomics.store(flags, INSIDE, 1);
  try {
    if (Atomics.load(flags, STOP) === 0) return await task();
  } finally {
    Atomics.store(flags, INSIDE, 0);
    Atomics.notify(flags, INSIDE);
  }
  return new Promise<never>(() => {});
}

const watched = new Set<Flags>();

/** In the owner: delays the end of the process while the worker is inside. Returns a function that stops that. */
export function waitAtExit(flags: Flags): () => void {
  if (watched.size === 0) process.on('exit', waitForAll);
  watched.add(flags);
  return () => {
    watched.delete(flags);
    if (watched.size === 0) process.off('exit', waitForAll);
  };
}

function waitForAll(): void {
  // Their listeners can no longer run. They would only prevent a signal from ending the process at once.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.removeAllListeners(name);
  for (const flags of watched) Atomics.store(flags, STOP, 1);
  const deadline = performance.now() + PATIENCE_MS;
  for (const flags of watched) Atomics.wait(flags, INSIDE, 1, Math.max(0, deadline - performance.now()));
}
