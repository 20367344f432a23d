import { checkArgument } from '../../base/errors/index.js';

/** How many blocks a split is divided into, at most, if nobody chooses their length. */
const BLOCKS = 24;

/**
 * Divides a list of frames into blocks of contiguous frames, the units of a bootstrap: neighbouring frames of a video are nearly
 * equal, so they must be drawn together (Künsch 1989, doi 10.1214/aos/1176347265).
 *
 * @param groups the group of each frame, such as its video; no block reaches over the end of a group
 * @param length frames in a block; default: such that there are about 24 blocks
 * @returns the block of each frame, numbered from 0
 */
export function contiguousBlocks(groups: readonly string[], length?: number): number[] {
  const isList = Array.isArray(groups) && groups.every((group) => typeof group === 'string');
  checkArgument(isList, 'contiguousBlocks', 'the group of each frame, a list of texts', groups);
  const isLength = length === undefined || (Number.isInteger(length) && length > 0);
  checkArgument(isLength, 'contiguousBlocks, length', 'a whole number of at least 1', length);
  const size = length ?? Math.max(1, Math.ceil(groups.length / BLOCKS));
  let block = -1;
  let taken = 0;
  return groups.map((group, i) => {
    if (i === 0 || group !== groups[i - 1] || taken === size) {
      block += 1;
      taken = 0;
    }
    taken += 1;
    return block;
  });
}
