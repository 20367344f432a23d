import { expect, test } from 'vitest';
import { Lesson } from './lesson.js';

const VOID = 255;
const size = { width: 100, height: 1 };

test('what was known stays, but for what is painted and, of a class that is painted over, what is near', () => {
  const known = new Uint8Array(100).fill(3);
  known[99] = VOID;
  known.fill(4, 52, 54);
  const lesson = new Lesson(size, known);
  expect(lesson.isEmpty).toBe(true);
  const painted = new Uint8Array(100).fill(VOID);
  painted[50] = 7;
  expect(lesson.paint(painted, size, 8)).toBe(true);
  expect(lesson.isEmpty).toBe(false);
  const wanted = known.slice();
  // Within 4% of the width.
  wanted.fill(VOID, 46, 55);
  wanted[50] = 7;
  // Of a class that nothing is painted over.
  wanted.fill(4, 52, 54);
  expect([...lesson.drawn(0)]).toEqual([...wanted]);
});

test('a stroke is not lost where the picture is reduced; labels of no class are left out; the same again is nothing new', () => {
  const lesson = new Lesson({ width: 2, height: 1 }, new Uint8Array(2).fill(VOID));
  const painted = Uint8Array.of(VOID, 1, VOID, VOID, VOID, 9);
  expect(lesson.paint(painted, { width: 6, height: 1 }, 3)).toBe(true);
  expect([...lesson.drawn(0)]).toEqual([1, VOID]);
  expect(lesson.paint(painted, { width: 6, height: 1 }, 3)).toBe(false);
});

test('of many pixels each step draws others, of each class equally many', () => {
  const wide = { width: 4000, height: 1 };
  const lesson = new Lesson(wide, new Uint8Array(4000).fill(VOID));
  const painted = new Uint8Array(4000).fill(0, 0, 3000).fill(1, 3000);
  lesson.paint(painted, wide, 2);
  const count = (labels: Uint8Array, label: number) => labels.filter((one) => one === label).length;
  const [first, second] = [lesson.drawn(0), lesson.drawn(1)];
  expect(count(first, 0)).toBeGreaterThan(330);
  expect(count(first, 0)).toBeLessThanOrEqual(400);
  expect(count(first, 1)).toBeLessThanOrEqual(400);
  expect([...first]).not.toEqual([...second]);
  expect([...lesson.drawn(1)]).toEqual([...second]);
});
