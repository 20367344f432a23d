import type { Generator } from '../base/random/index.js';
import type { Point } from './camera.js';
import type { Light } from './light.js';
import type { Painter } from './painter.js';

/** One thing of a scene: its bounding box (for its shadow and the drawing order), and the function that draws it. */
export interface Item {
  /** Extent across and along the street. */
  readonly x: readonly [low: number, high: number];
  readonly z: readonly [near: number, far: number];
  readonly height: number;
  /** Whether it stands on wheels. Then it darkens the ground below it in any light. */
  readonly onWheels?: boolean;
  readonly draw: (painter: Painter, random: Generator) => void;
}

/** An item around a point. */
export function itemAt(
  x: number,
  z: number,
  size: { readonly across: number; readonly along: number; readonly height: number },
  draw: Item['draw'],
): Item {
  return {
    x: [x - size.across / 2, x + size.across / 2],
    z: [z - size.along / 2, z + size.along / 2],
    height: size.height,
    draw,
  };
}

/** Longest shadow, in multiples of a thing's height. A low sun would otherwise blacken the whole street. */
const LONGEST = 2.2;

/** Darkens the ground in the shadows of things, and below things on wheels. */
export function castShadows(painter: Painter, items: readonly Item[], lastGround: number): void {
  for (const item of items) {
    if (painter.light.shadow < 0.98) painter.shadow(shadowOf(item, painter.light), lastGround);
    if (item.onWheels) {
      const { x, z } = item;
      painter.darken(rectangle(x[0] - 0.15, x[1] + 0.15, z[0] - 0.25, z[1] + 0.25), 0.62, lastGround);
      painter.darken(rectangle(x[0], x[1], z[0], z[1]), 0.6, lastGround);
    }
  }
}

function rectangle(left: number, right: number, near: number, far: number): Point[] {
  return [
    [left, 0.01, near],
    [left, 0.01, far],
    [right, 0.01, far],
    [right, 0.01, near],
  ];
}

/** The ground in the shadow of an item's box: the convex hull of its footprint and of the shadow of its top. */
function shadowOf({ x, z, height }: Item, { sun }: Light): Point[] {
  const reach = Math.min(LONGEST, Math.hypot(sun[0], sun[2]) / sun[1]) * height;
  const flat = Math.hypot(sun[0], sun[2]) || 1;
  const dx = (-sun[0] / flat) * reach;
  const dz = (-sun[2] / flat) * reach;
  const corners = rectangle(x[0], x[1], z[0], z[1]);
  return convexHull([...corners, ...corners.map(([a, y, c]) => [a + dx, y, c + dz] as const)]);
}

/** The convex hull over (x, z), by Andrew's monotone chain. */
function convexHull(points: readonly Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[2] - b[2]);
  const turn = (a: Point, b: Point, c: Point) =>
    (b[0] - a[0]) * (c[2] - a[2]) - (b[2] - a[2]) * (c[0] - a[0]);
  const chain = (ordered: readonly Point[]): Point[] => {
    const hull: Point[] = [];
    for (const point of ordered) {
      while (hull.length >= 2 && turn(hull[hull.length - 2]!, hull[hull.length - 1]!, point) <= 0) hull.pop();
      hull.push(point);
    }
    hull.pop();
    return hull;
  };
  return [...chain(sorted), ...chain(sorted.reverse())];
}
