import { checkArgument } from '../base/errors/index.js';
import { checkLabel, checkNames } from './check.js';
import { type ClassMap, VOID } from './contracts.js';

/**
 * Converts train ids to the data set's own ids, for files in its format.
 *
 * @param label H·W train ids
 * @param voidId the value for void and for ids that are no class; Cityscapes' `unlabeled` is 0
 * @throws HmsaError when an argument is of another kind
 */
export function toLabelIds(label: Uint8Array, classes: ClassMap, voidId: number): Uint8Array {
  checkLabel(label, 'toLabelIds');
  checkNames(classes, 'toLabelIds');
  const isByte = Number.isInteger(voidId) && voidId >= 0 && voidId <= 255;
  checkArgument(isByte, 'toLabelIds, voidId', 'a whole number from 0 to 255', voidId);
  const { names, ids } = classes;
  const table = new Uint8Array(VOID + 1).fill(voidId);
  names.forEach((_, trainId) => {
    table[trainId] = ids?.[trainId] ?? trainId;
  });
  return label.map((trainId) => table[trainId]!);
}
