import { HmsaError } from '../../base/errors/index.js';

/** Runs a task whose errors are about a file, and has them name it. */
export async function about<T>(file: string, task: () => Promise<T>): Promise<T> {
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
