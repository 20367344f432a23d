import type { Generator } from '../../base/random/index.js';
import type { Rgb } from '../../data/contracts.js';
import { VEGETATION } from '../classes.js';
import { paint, shade, vary } from '../paint.js';
import type { Painter } from '../painter.js';
import { circleProfile, type Placement } from '../solids.js';
import { drawMast } from './street-furniture.js';

const LEAVES: readonly Rgb[] = [
  [62, 96, 42],
  [78, 112, 48],
  [46, 80, 44],
  [104, 118, 52],
  [134, 112, 48],
];

/** The green (or autumn) of one plant. */
export function leafColor(random: Generator): Rgb {
  return vary(random, random.pick(LEAVES), 14, 6);
}

/** A tree: a trunk below a crown of overlapping leafy lumps, dark below and lit above. */
export function drawTree(painter: Painter, random: Generator, at: Placement, height: number): void {
  painter.begin(VEGETATION, random);
  const leaves = leafColor(random);
  const trunk = vary(random, [86, 70, 56], 14);
  const crownBottom = height * random.uniform(0.22, 0.36);
  drawMast(painter, at, crownBottom + height * 0.2, 0.22 + height * 0.018, trunk);
  const radius = height * random.uniform(0.24, 0.34);
  const middle = (crownBottom + height) / 2;
  const tall = (height - crownBottom) / 2;
  const lumps = Math.round(Math.min(26, 8 + (radius * painter.scaleAt(at.z)) / 6));
  for (let i = 0; i < lumps; i++) {
    const angle = random.uniform(0, 2 * Math.PI);
    const reach = Math.sqrt(random.uniform()) * 0.72;
    const x = reach * Math.cos(angle) * radius;
    const y = middle + reach * Math.sin(angle) * tall;
    const light = 0.72 + 0.5 * ((y - crownBottom) / (height - crownBottom)) + random.uniform(-0.12, 0.12);
    lump(
      painter,
      random,
      { ...at, x: at.x + x, z: at.z - 0.02 * i },
      y,
      radius * random.uniform(0.3, 0.5),
      shade(leaves, light),
    );
  }
}

/** A bush: lumps on the ground. */
export function drawBush(painter: Painter, random: Generator, at: Placement, height: number): void {
  painter.begin(VEGETATION, random);
  const leaves = leafColor(random);
  for (let i = 0; i < 7; i++) {
    const y = height * random.uniform(0.25, 0.7);
    const place = { ...at, x: at.x + random.uniform(-0.6, 0.6) * height, z: at.z - 0.02 * i };
    lump(
      painter,
      random,
      place,
      y,
      height * random.uniform(0.3, 0.42),
      shade(leaves, 0.75 + (0.45 * y) / height),
    );
  }
}

function lump(
  painter: Painter,
  random: Generator,
  at: Placement,
  up: number,
  radius: number,
  color: Rgb,
): void {
  const rough = circleProfile(0, 0, radius, 11).map(([x, y]) => {
    const stretch = random.uniform(0.82, 1.18);
    return [at.x + x * stretch, Math.max(at.y, at.y + up + y * stretch), at.z] as const;
  });
  painter.shape(rough, paint(color, { grain: 0.42, cell: 0.1 }));
}
