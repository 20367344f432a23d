import { expect, test } from 'vitest';
import { Arena } from './arena.js';

const MB = 2 ** 20;

test('what is freed is taken again, and neighbours that are free are joined', () => {
  const arena = new Arena();
  const pieces = [arena.take(16 * MB), arena.take(2 * MB), arena.take(2 * MB)];
  const before = arena.bytes;
  for (const piece of pieces.slice(1)) arena.give(piece);
  arena.take(4 * MB);
  expect([before, arena.bytes]).toEqual([20 * MB, 20 * MB]);
});

test('a tensor that fits between no others takes a region of its own', () => {
  const arena = new Arena();
  arena.give(arena.take(3 * MB));
  arena.take(5 * MB);
  expect(arena.bytes).toBe(8 * MB);
});
