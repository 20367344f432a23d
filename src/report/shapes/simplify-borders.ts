import simplify from 'simplify-js';
import type { Arc } from './trace.js';

/**
 * Leaves out points of borders, so that none moves by more than a tolerance (Douglas and Peucker). The ends of arcs stay, so
 * neighbours keep their common border. An arc is left as it is if it would shrink to a line, or cross or touch another one.
 *
 * @param tolerance pixels
 */
export function simplifyBorders(arcs: readonly Arc[], tolerance: number): Arc[] {
  const result = arcs.map((arc) => simplified(arc, tolerance));
  for (let wrong = conflicts(result); wrong.size > 0; wrong = conflicts(result)) {
    let changed = false;
    for (const index of wrong) {
      if (result[index] === arcs[index]) continue;
      result[index] = arcs[index]!;
      changed = true;
    }
    if (!changed) break;
  }
  return result;
}

function simplified(arc: Arc, tolerance: number): Arc {
  const points = Array.from({ length: arc.length / 2 }, (_, i) => ({ x: arc[2 * i]!, y: arc[2 * i + 1]! }));
  const kept = simplify(points, tolerance, true);
  const isClosed = arc[0] === arc.at(-2) && arc[1] === arc.at(-1);
  // A closed arc names its first point twice, so a triangle has four.
  if (kept.length === points.length || (isClosed && kept.length < 4)) return arc;
  return kept.flatMap(({ x, y }) => [x, y]);
}

/** A straight part of an arc. */
interface Line {
  readonly arc: number;
  readonly x: number;
  readonly y: number;
  readonly endX: number;
  readonly endY: number;
}

/** Pixels along a side of the squares by which near lines are found. */
const CELL = 16;

/** The arcs that cross or touch each other, or themselves, elsewhere than at common points. */
function conflicts(arcs: readonly Arc[]): Set<number> {
  const wrong = new Set<number>();
  const cells = new Map<number, Line[]>();
  for (const [arc, points] of arcs.entries()) {
    for (let i = 0; i + 3 < points.length; i += 2) {
      const line = { arc, x: points[i]!, y: points[i + 1]!, endX: points[i + 2]!, endY: points[i + 3]! };
      for (const cell of cellsOf(line)) {
        const near = cells.get(cell);
        if (near === undefined) {
          cells.set(cell, [line]);
          continue;
        }
        for (const other of near) {
          if (!isConflict(line, other)) continue;
          wrong.add(arc);
          wrong.add(other.arc);
        }
        near.push(line);
      }
    }
  }
  return wrong;
}

/** The squares that a line may pass: those of its box, column by column only where it is. */
function* cellsOf({ x, y, endX, endY }: Line): Generator<number> {
  const [left, right] = x <= endX ? [x, endX] : [endX, x];
  const slope = x === endX ? 0 : (endY - y) / (endX - x);
  for (let column = Math.floor(left / CELL); column <= Math.floor(right / CELL); column++) {
    const from = Math.max(left, column * CELL);
    const to = Math.min(right, (column + 1) * CELL);
    const [a, b] = x === endX ? [y, endY] : [y + (from - x) * slope, y + (to - x) * slope];
    const [top, bottom] = [Math.floor(Math.min(a, b) / CELL), Math.floor(Math.max(a, b) / CELL)];
    for (let row = top; row <= bottom; row++) yield row * 2 ** 20 + column;
  }
}

function isConflict(a: Line, b: Line): boolean {
  const same = (x: number, y: number, otherX: number, otherY: number) => x === otherX && y === otherY;
  const aStart = same(a.x, a.y, b.x, b.y) || same(a.x, a.y, b.endX, b.endY);
  const aEnd = same(a.endX, a.endY, b.x, b.y) || same(a.endX, a.endY, b.endX, b.endY);
  if (aStart && aEnd) return true;
  if (aStart || aEnd) {
    // From their common point, they overlap if they leave in one direction.
    const [cx, cy] = aStart ? [a.x, a.y] : [a.endX, a.endY];
    const [ax, ay] = aStart ? [a.endX - cx, a.endY - cy] : [a.x - cx, a.y - cy];
    const isStart = same(cx, cy, b.x, b.y);
    const [bx, by] = isStart ? [b.endX - cx, b.endY - cy] : [b.x - cx, b.y - cy];
    return ax * by === ay * bx && ax * bx + ay * by > 0;
  }
  const [p, q] = [turn(a, b.x, b.y), turn(a, b.endX, b.endY)];
  const [r, s] = [turn(b, a.x, a.y), turn(b, a.endX, a.endY)];
  if (p * q > 0 || r * s > 0) return false;
  if (p !== 0 || q !== 0 || r !== 0 || s !== 0) return true;
  // On one straight line: they touch if their boxes do.
  const apart = (u: number, v: number, w: number, z: number) =>
    Math.max(u, v) < Math.min(w, z) || Math.max(w, z) < Math.min(u, v);
  return !apart(a.x, a.endX, b.x, b.endX) && !apart(a.y, a.endY, b.y, b.endY);
}

/** On which side of a line a point lies. */
function turn({ x, y, endX, endY }: Line, px: number, py: number): number {
  return Math.sign((endX - x) * (py - y) - (endY - y) * (px - x));
}
