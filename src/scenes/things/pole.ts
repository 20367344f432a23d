import type { Generator } from '../../base/random/index.js';
import type { Rgb } from '../../data/contracts.js';
import type { Point } from '../camera.js';
import { POLE } from '../classes.js';
import { grey, paint } from '../paint.js';
import type { Painter } from '../painter.js';
import type { Placement } from '../solids.js';

/** A vertical bar that faces the viewer, wider at its foot, as a shape of the current object. */
export function drawMast(
  painter: Painter,
  at: Placement,
  height: number,
  width: number,
  color: Rgb,
  bottom = 0,
): void {
  const half = width / 2;
  painter.shape(
    [
      [at.x - half, at.y + bottom, at.z],
      [at.x - half * 0.75, at.y + height, at.z],
      [at.x + half * 0.75, at.y + height, at.z],
      [at.x + half, at.y + bottom, at.z],
    ],
    paint(color, { grain: 0.06, cell: 0.3 }),
  );
}

/** A street lamp: a tall mast with an arm over the roadway, `inward` metres long and signed. */
export function drawLamp(painter: Painter, random: Generator, at: Placement, inward: number): void {
  painter.begin(POLE, random);
  const color = grey(random, 70, 150);
  const height = random.uniform(6, 9);
  drawMast(painter, at, height, 0.17, color);
  const top = at.y + height;
  const end = at.x + inward;
  const arm: Point[] = [
    [at.x, top - 0.1, at.z],
    [at.x, top + 0.02, at.z],
    [end, top + 0.37, at.z],
    [end, top + 0.27, at.z],
  ];
  painter.shape(arm, paint(color));
  const lit = painter.light.lampsOn;
  painter.shape(
    [
      [end - 0.35, top + 0.24, at.z],
      [end - 0.3, top + 0.42, at.z],
      [end + 0.3, top + 0.42, at.z],
      [end + 0.35, top + 0.24, at.z],
    ],
    paint(lit ? [255, 226, 170] : [186, 188, 190], { glow: lit }),
  );
}

/** A bollard: a short post at the kerb, striped or plain. */
export function drawBollard(painter: Painter, random: Generator, at: Placement): void {
  painter.begin(POLE, random);
  const color = grey(random, 60, 120);
  drawMast(painter, at, 0.95, 0.14, color);
  if (random.chance(0.5)) {
    painter.detail(
      [
        [at.x - 0.07, at.y + 0.7, at.z],
        [at.x - 0.07, at.y + 0.82, at.z],
        [at.x + 0.07, at.y + 0.82, at.z],
        [at.x + 0.07, at.y + 0.7, at.z],
      ],
      paint([230, 230, 226]),
    );
  }
}
