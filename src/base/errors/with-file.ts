import { HmsaError } from './hmsa-error.js';

/** Runs a task. An HmsaError that it throws names the file as its operation. */
export async function withFile<T>(file: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (!(error instanceof HmsaError)) throw error;
    const { expected, received, remedy } = error;
    throw new HmsaError({
      operation: file,
      expected,
      received,
      ...(remedy === undefined ? {} : { remedy }),
      cause: error,
    });
  }
}
