import { totalmem } from 'node:os';

/** Bytes of memory of the machine, or of its container if that has a limit. */
export function machineMemory(): number {
  return Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
}
