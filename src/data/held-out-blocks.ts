import { z } from 'zod';
import { checkTexts } from '../base/errors/index.js';
import { generator } from '../base/random/index.js';
import { checkNamed, type Shape } from '../base/schema/index.js';

export interface BlockOptions {
  readonly seed: number;
  /** Number of items to hold out in all, divided among the groups in proportion to their size. */
  readonly count: number;
  /** Blocks in each group. */
  readonly blocks: number;
  /** Number of items beside each end of a block that belong to neither part. */
  readonly gap: number;
}

const shape: Shape<BlockOptions> = {
  seed: z.int(),
  count: z.int().min(0),
  blocks: z.int().min(1),
  gap: z.int().min(0),
};

export interface HeldOut {
  /** Indices of the held-out items, ascending. */
  readonly held: number[];
  /** The block of each held-out item, numbered from 0: the units of a bootstrap. */
  readonly blockOf: number[];
  /** Indices of the items that are neither in a block nor beside one, ascending. */
  readonly rest: number[];
}

/**
 * Holds out contiguous blocks of every group (a video, a city), for a validation split of frames whose neighbours are
 * nearly equal. It is a pure function of the groups, in their order, and the options.
 *
 * @param groups the group of each item; the items of a group are in temporal order
 * @throws HmsaError that names the wrong option
 */
export function holdOutBlocks(groups: readonly string[], options: BlockOptions): HeldOut {
  checkTexts(groups, 'holdOutBlocks, groups', 'a list of names');
  checkNamed(shape, options, 'holdOutBlocks');
  const members = new Map<string, number[]>();
  groups.forEach((group, index) => {
    const known = members.get(group);
    if (known === undefined) members.set(group, [index]);
    else known.push(index);
  });
  const quotas = apportion(
    [...members.values()].map(({ length }) => length),
    options.count,
  );
  const held: number[] = [];
  const blockOf: number[] = [];
  const leftOut = new Set<number>();
  let block = 0;
  [...members].forEach(([group, indices], i) => {
    for (const [start, length] of placeBlocks(group, indices.length, quotas[i]!, options)) {
      for (let at = start; at < start + length; at++) {
        held.push(indices[at]!);
        blockOf.push(block);
      }
      for (let at = Math.max(0, start - options.gap); at < start + length + options.gap; at++) {
        if (at < indices.length) leftOut.add(indices[at]!);
      }
      block += 1;
    }
  });
  const order = [...held.keys()].sort((a, b) => held[a]! - held[b]!);
  return {
    held: order.map((i) => held[i]!),
    blockOf: order.map((i) => blockOf[i]!),
    rest: [...groups.keys()].filter((index) => !leftOut.has(index)),
  };
}

/** Divides a count in proportion to sizes, by largest remainder. */
function apportion(sizes: readonly number[], count: number): number[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const exact = sizes.map((size) => (Math.min(count, total) * size) / total);
  const shares = exact.map(Math.floor);
  const missing = Math.min(count, total) - shares.reduce((sum, share) => sum + share, 0);
  const byRemainder = [...sizes.keys()].sort((a, b) => exact[b]! - shares[b]! - (exact[a]! - shares[a]!));
  for (const i of byRemainder.slice(0, missing)) shares[i]! += 1;
  return shares;
}

/** Start and length of each block. Every placement with gaps between the blocks is equally likely. */
function placeBlocks(
  group: string,
  size: number,
  quota: number,
  { seed, blocks, gap }: BlockOptions,
): [start: number, length: number][] {
  let number = Math.min(blocks, quota);
  while (number > 1 && quota + gap * (number - 1) > size) number -= 1;
  const lengths = Array.from({ length: number }, (_, i) => Math.floor((quota + i) / number));
  const free = size - quota - gap * Math.max(0, number - 1);
  const random = generator(seed, 'held-out-blocks', group);
  const offsets = lengths.map(() => random.int(free + 1)).sort((a, b) => a - b);
  let before = 0;
  return lengths.map((length, i) => {
    const start = offsets[i]! + before;
    before += length + gap;
    return [start, length];
  });
}
