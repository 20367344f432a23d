import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { holdOutBlocks } from './held-out-blocks.js';

/** The groups of CamVid's training split: 62, 101 and 204 frames. */
const videos = [
  ...Array<string>(62).fill('0001TP'),
  ...Array<string>(101).fill('0006R0'),
  ...Array<string>(204).fill('0016E5'),
];

describe('holdOutBlocks', () => {
  test('two blocks of every CamVid video, 30 frames in all, neighbours left out', () => {
    const { held, blockOf, rest } = holdOutBlocks(videos, { seed: 0, count: 30, blocks: 2, gap: 1 });
    expect(held.length).toBe(30);
    expect(new Set(blockOf)).toEqual(new Set([0, 1, 2, 3, 4, 5]));
    expect(['0001TP', '0006R0', '0016E5'].map((v) => held.filter((i) => videos[i] === v).length)).toEqual([
      5, 8, 17,
    ]);
    // At most a frame on each side of six blocks.
    expect(rest.length).toBeGreaterThanOrEqual(367 - 30 - 12);
  });

  test('for any groups: exact count, contiguous blocks, no neighbour across the parts, same seed same blocks', () => {
    const groups = fc
      .array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 5 })
      .map((sizes) => sizes.flatMap((size, group) => Array<string>(size).fill(`video ${group}`)));
    const options = fc.record({
      seed: fc.nat(),
      count: fc.nat({ max: 60 }),
      blocks: fc.integer({ min: 1, max: 4 }),
      gap: fc.nat({ max: 3 }),
    });
    fc.assert(
      fc.property(groups, options, (list, option) => {
        const { held, blockOf, rest } = holdOutBlocks(list, option);
        expect(held.length).toBe(Math.min(option.count, list.length));
        expect(holdOutBlocks(list, option)).toEqual({ held, blockOf, rest });
        held.forEach((index, i) => {
          if (i > 0 && blockOf[i] === blockOf[i - 1]) expect(index).toBe(held[i - 1]! + 1);
        });
        const kept = new Set(rest);
        for (const index of held) {
          for (let near = index - option.gap; near <= index + option.gap; near++) {
            if (list[near] === list[index]) expect(kept.has(near)).toBe(false);
          }
        }
      }),
    );
  });

  test('another seed places them elsewhere', () => {
    const at = (seed: number) => holdOutBlocks(videos, { seed, count: 30, blocks: 2, gap: 1 }).held;
    expect(at(1)).not.toEqual(at(2));
  });
});
