import type { Generator } from '../../base/random/index.js';
import { VEGETATION } from '../classes.js';
import { paint, shade } from '../paint.js';
import type { Painter } from '../painter.js';
import { endFace, type Stretch, streetFace, topFace } from './frontage.js';
import { leafColor } from './tree.js';

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
