import { HmsaError } from '../../base/errors/index.js';
import type { OpenOptions } from '../../data/pairs/index.js';

/**
 * Refuses a class file for a kind of data that has its own classes, because it would have no effect.
 *
 * @throws HmsaError when the options name one
 */
export function refuseClassFile(kind: string, { classes }: OpenOptions): void {
  if (classes === undefined) return;
  throw new HmsaError({
    operation: '--classes',
    expected: `no class file for data of the kind ${kind}, which has its own classes`,
    received: classes,
    remedy: 'Leave it out. A class file belongs to folder:PATH or list:FILE.',
  });
}
