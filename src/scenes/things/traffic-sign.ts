import type { Generator } from '../../base/random/index.js';
import type { Rgb } from '../../data/contracts.js';
import { POLE, TRAFFIC_SIGN } from '../classes.js';
import { grey, paint } from '../paint.js';
import type { Painter } from '../painter.js';
import type { Placement, Profile } from '../solids.js';
import { drawMast } from './pole.js';

const WHITE: Rgb = [236, 236, 232];
const RED: Rgb = [200, 28, 36];
const BLUE: Rgb = [30, 84, 168];
const YELLOW: Rgb = [244, 200, 40];
const BLACK: Rgb = [24, 24, 26];

type Layer = readonly [outline: Profile, color: Rgb];

/** A regular polygon around the origin; rotation in turns. */
function regular(corners: number, radius: number, rotation: number): Profile {
  return Array.from({ length: corners }, (_, i) => {
    const angle = 2 * Math.PI * (i / corners + rotation);
    return [radius * Math.cos(angle), radius * Math.sin(angle)] as const;
  });
}

function rectangle(left: number, right: number, bottom: number, top: number): Profile {
  return [
    [left, bottom],
    [left, top],
    [right, top],
    [right, bottom],
  ];
}

/** The plates, each as layers from the back to the front, around its middle, in metres. */
const PLATES: readonly (readonly Layer[])[] = [
  // speed limit or ban
  [
    [regular(16, 0.34, 0), RED],
    [regular(16, 0.25, 0), WHITE],
    [rectangle(-0.12, -0.03, -0.1, 0.1), BLACK],
    [rectangle(0.03, 0.12, -0.1, 0.1), BLACK],
  ],
  // no entry
  [
    [regular(16, 0.34, 0), RED],
    [rectangle(-0.24, 0.24, -0.06, 0.06), WHITE],
  ],
  // warning
  [
    [regular(3, 0.46, 0.25), RED],
    [regular(3, 0.3, 0.25), WHITE],
    [rectangle(-0.03, 0.03, -0.08, 0.14), BLACK],
  ],
  // give way
  [
    [regular(3, 0.46, 0.75), RED],
    [regular(3, 0.3, 0.75), WHITE],
  ],
  // mandatory direction
  [
    [regular(16, 0.34, 0), BLUE],
    [rectangle(-0.04, 0.04, -0.2, 0.12), WHITE],
    [regular(3, 0.14, 0.25).map(([x, y]) => [x, y + 0.14] as const), WHITE],
  ],
  // pedestrian crossing or parking
  [
    [rectangle(-0.33, 0.33, -0.33, 0.33), BLUE],
    [rectangle(-0.14, -0.05, -0.22, 0.22), WHITE],
    [rectangle(-0.05, 0.14, 0.02, 0.22), WHITE],
  ],
  // stop
  [
    [regular(8, 0.37, 1 / 16), RED],
    [rectangle(-0.24, 0.24, -0.07, 0.07), WHITE],
  ],
  // priority road
  [
    [regular(4, 0.42, 0), WHITE],
    [regular(4, 0.3, 0), YELLOW],
  ],
  // direction board
  [
    [rectangle(-0.9, 0.9, -0.3, 0.3), YELLOW],
    [rectangle(-0.7, 0.4, 0.04, 0.14), BLACK],
    [rectangle(-0.7, 0.1, -0.16, -0.06), BLACK],
  ],
];

/** A traffic sign, sometimes two, on a thin pole. */
export function drawTrafficSign(painter: Painter, random: Generator, at: Placement): void {
  const height = random.uniform(2.2, 3);
  painter.begin(POLE, random);
  drawMast(painter, at, height + 0.3, 0.09, grey(random, 110, 170));
  painter.begin(TRAFFIC_SIGN, random);
  drawPlate(painter, random, at, height);
  if (random.chance(0.25)) drawPlate(painter, random, at, height - 0.85);
}

function drawPlate(painter: Painter, random: Generator, at: Placement, height: number): void {
  const z = at.z - 0.08;
  for (const [i, [outline, color]] of random.pick(PLATES).entries()) {
    const polygon = outline.map(([x, y]) => [at.x + x, at.y + height + y, z] as const);
    if (i === 0) painter.shape(polygon, paint(color));
    else painter.detail(polygon, paint(color));
  }
}
