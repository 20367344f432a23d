/** What has to be undone if the process ends before its owner could: files half written, locks. */
const tasks = new Set<() => void>();

/**
 * Has a task run when the process ends before it is called off: by `process.exit`, by an error that nobody caught, or
 * by {@link runEndTasks}. It is synchronous, because nothing else runs by then.
 *
 * @returns how to call it off
 */
export function atEnd(task: () => void): () => void {
  // Before the wait for native calls, which a signal may cut short.
  if (tasks.size === 0) process.prependListener('exit', runEndTasks);
  tasks.add(task);
  return () => {
    tasks.delete(task);
    if (tasks.size === 0) process.off('exit', runEndTasks);
  };
}

/** For an end that runs no handlers, such as a signal. */
export function runEndTasks(): void {
  for (const task of tasks) {
    try {
      task();
    } catch {
      // The process ends; the next one finds what is left.
    }
  }
  tasks.clear();
}
