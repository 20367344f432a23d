import type { Generator } from '../../base/random/index.js';
import { WALL } from '../classes.js';
import { paint, shade, vary } from '../paint.js';
import type { Painter } from '../painter.js';
import { MASONRY } from './building.js';
import { endFace, type Stretch, streetFace, topFace } from './frontage.js';

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
