import type { Generator } from '../../base/random/index.js';
import type { Rgb } from '../../data/contracts.js';
import { FENCE, VEGETATION, WALL } from '../classes.js';
import { paint, shade, vary } from '../paint.js';
import type { Painter } from '../painter.js';
import { endFace, MASONRY, type Stretch, streetFace, topFace } from './building.js';
import { leafColor } from './tree.js';

/** A free-standing wall: the colours of a building, but low, blank, and with a coping. */
export function drawWall(painter: Painter, random: Generator, stretch: Stretch): void {
  painter.begin(WALL, random);
  const color = vary(random, random.pick(MASONRY), 16);
  const face = paint(color, { grain: 0.12, cell: 0.22 });
  const coping = paint(shade(color, 0.78));
  const { height } = stretch;
  const thick: Stretch = { ...stretch, depth: 0.35 };
  painter.shape(streetFace(thick, thick.near, thick.far, 0, height), face);
  painter.shape(endFace(thick, 0, thick.depth, 0, height), face);
  painter.shape(topFace(thick, height), coping);
  painter.detail(streetFace(thick, thick.near, thick.far, height - 0.14, height), coping);
  const joint = paint(shade(color, 0.86));
  for (let course = 0.45; course < height - 0.2; course += 0.45) {
    painter.detail(streetFace(thick, thick.near, thick.far, course, course + 0.035), joint);
  }
  for (let post = thick.near + 4; post < thick.far; post += 4) {
    painter.detail(streetFace(thick, post, post + 0.1, 0, height), joint);
  }
}

const COLORS: readonly Rgb[] = [
  [52, 62, 56],
  [70, 72, 76],
  [150, 152, 154],
  [122, 92, 64],
];

/**
 * A fence of upright bars between two rails. What shows between the bars keeps its colour, but the whole
 * outline is labelled fence, as in Cityscapes.
 */
export function drawFence(painter: Painter, random: Generator, stretch: Stretch): void {
  painter.begin(FENCE, random);
  const { near, far, height } = stretch;
  const metal = paint(vary(random, random.pick(COLORS), 12));
  painter.shape(streetFace(stretch, near, far, 0, height), { ...metal, alpha: 0.18 });
  painter.detail(streetFace(stretch, near, far, height - 0.1, height), metal);
  painter.detail(streetFace(stretch, near, far, 0.12, 0.22), metal);
  const gap = random.uniform(0.22, 0.4);
  const width = random.uniform(0.05, 0.1);
  for (let at = near; at < far; at += gap) {
    // Far away the bars merge, so a thin veil replaces them.
    if (gap * painter.scaleAt(at) * Math.abs(stretch.x / at) < 1.2) {
      painter.detail(streetFace(stretch, at, far, 0, height), { ...metal, alpha: 0.45 });
      break;
    }
    painter.detail(streetFace(stretch, at, at + width, 0, height), metal);
  }
  for (let post = near; post < far; post += 2.5) {
    painter.detail(streetFace(stretch, post, post + 0.14, 0, height), metal);
  }
}

/** A clipped hedge: a wall's shape in leaves. */
export function drawHedge(painter: Painter, random: Generator, stretch: Stretch): void {
  painter.begin(VEGETATION, random);
  const leaves = leafColor(random);
  const face = paint(leaves, { grain: 0.4, cell: 0.14 });
  const { height } = stretch;
  const deep: Stretch = { ...stretch, depth: 1 };
  painter.shape(streetFace(deep, deep.near, deep.far, 0, height), face);
  painter.shape(endFace(deep, 0, deep.depth, 0, height), face);
  painter.shape(topFace(deep, height), paint(shade(leaves, 1.15), { grain: 0.4, cell: 0.14 }));
}
