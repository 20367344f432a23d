import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { loudLines, Progress } from './progress.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** What is written while 100 images of a second each, or four of 100 tiles, are labelled. */
function lines(isTTY: boolean, quiet: boolean, isTiled = false): string[] {
  const written: string[] = [];
  const stream = { isTTY, write: (text: string) => written.push(text) > 0 } as unknown as NodeJS.WriteStream;
  const progress = new Progress('Segmenting', quiet, stream);
  for (let i = 1; i <= 400; i++) {
    vi.advanceTimersByTime(1000);
    progress.update(i / 100, 4, isTiled ? `a.tif, tile ${((i - 1) % 100) + 1} of 100` : undefined);
  }
  return written;
}

test('without a terminal a line comes now and then, less often in a long run; on one it is redrawn', () => {
  const plain = lines(false, false, true);
  expect(plain.slice(0, 3)).toEqual([
    'Segmenting 1/4: a.tif, tile 1 of 100\n',
    'Segmenting 1/4: a.tif, tile 6 of 100, about 7 min left\n',
    'Segmenting 1/4: a.tif, tile 11 of 100, about 6 min left\n',
  ]);
  // The last tile of an image is still of that image.
  expect(lines(true, false, true)[99]).toContain('Segmenting 1/4: a.tif, tile 100 of 100');
  expect(plain.at(-1)).toMatch(/^Segmenting 4\/4: a\.tif, tile \d+ of 100, about \d+ s left\n$/);
  expect(plain.length).toBeGreaterThan(25);
  expect(plain.length).toBeLessThan(50);
  expect(lines(true, false)).toHaveLength(399);
  expect(lines(true, true)).toEqual([]);
});

test('of lines that may be notes, --quiet leaves the warnings', () => {
  const lines = ['serving at 8080', 'warning: no password'];
  expect(loudLines(lines, false)).toEqual(lines);
  expect(loudLines(lines, true)).toEqual(['warning: no password']);
});
