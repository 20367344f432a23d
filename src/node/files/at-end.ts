/** Tasks to run if the process ends early, such as deleting incomplete files and releasing locks. */
const tasks = new Set<() => void>();

/**
 * Runs a task when the process ends, unless it is cancelled before: by `process.exit`, by an uncaught error, or by
 * {@link runEndTasks}. The task must be synchronous, because nothing else runs then.
 *
 * @returns a function that cancels it
 */
export function atEnd(task: () => void): () => void {
  // Before the wait for native calls, which a signal may end early.
  if (tasks.size === 0) process.prependListener('exit', runEndTasks);
  tasks.add(task);
  return () => {
    tasks.delete(task);
    if (tasks.size === 0) process.off('exit', runEndTasks);
  };
}

/** For ends that run no handlers, such as a signal. */
export function runEndTasks(): void {
  for (const task of tasks) {
    try {
      task();
    } catch {
      // The process ends. The next one finds the rest.
    }
  }
  tasks.clear();
}
