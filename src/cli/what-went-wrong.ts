import { HmsaError, printable } from '../base/errors/index.js';

/**
 * An error as one line for the user. An error that is neither an {@link HmsaError} nor one of the system (a disk, a
 * permission, memory) is a bug of ours.
 */
export function whatWentWrong(error: unknown): string {
  if (error instanceof HmsaError) return error.message;
  const message = printable(error instanceof Error ? error.message : String(error), 1000);
  const { code, syscall, path } = (error ?? {}) as NodeJS.ErrnoException;
  if (typeof code === 'string' && typeof syscall === 'string') {
    const parts = { operation: path ?? syscall, expected: `the system to allow ${syscall}`, received: code };
    return new HmsaError({ ...parts, remedy: 'Check the path, its permissions and the free space.' }).message;
  }
  if (error instanceof RangeError && /allocation|array length|string length|buffer length/i.test(message)) {
    const parts = { operation: 'memory', expected: 'enough for this', received: `"${message}"` };
    return new HmsaError({ ...parts, remedy: 'Use smaller images, crops or batches, or fewer scales.' })
      .message;
  }
  return `a bug in hmsa: ${message}. Please report it, with the output of --debug`;
}
