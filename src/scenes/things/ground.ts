import type { Generator } from '../../base/random/index.js';
import type { Point } from '../camera.js';
import { ROAD, SIDEWALK, TERRAIN } from '../classes.js';
import { grey, type Paint, paint, shade, vary } from '../paint.js';
import type { Painter } from '../painter.js';
import { KERB, type Side, type Street } from '../street.js';

/** Distances at which the strips of ground are cut, so that a curved street bends. */
const CUTS = [0.8, 3, 6, 9, 13, 18, 25, 34, 46, 62, 85, 120, 180, 400];
const FAR = CUTS[CUTS.length - 1]!;

/** Paints everything flat: terrain, roadway with its markings, and both pavements. */
export function drawGround(painter: Painter, random: Generator, street: Street): void {
  drawTerrain(painter, random, street);
  drawRoadway(painter, random, street);
  for (const side of street.sides) drawPavement(painter, random, street, side);
}

/** A rectangle on the ground. */
function flat(left: number, right: number, near: number, far: number, y = 0): Point[] {
  return [
    [left, y, near],
    [left, y, far],
    [right, y, far],
    [right, y, near],
  ];
}

function strip(
  painter: Painter,
  left: number,
  right: number,
  y: number,
  look: Paint,
  from = 0,
  to = FAR,
): void {
  for (let i = 0; i + 1 < CUTS.length; i++) {
    const near = Math.max(from, CUTS[i]!);
    const far = Math.min(to, CUTS[i + 1]!);
    if (near < far) painter.shape(flat(left, right, near, far, y), look);
  }
}

function grass(random: Generator): Paint {
  const color = vary(
    random,
    random.pick([
      [104, 126, 62],
      [120, 122, 70],
      [136, 118, 86],
    ] as const),
    14,
    6,
  );
  return paint(color, { grain: 0.34, cell: 0.12, ground: true });
}

function drawTerrain(painter: Painter, random: Generator, street: Street): void {
  painter.begin(TERRAIN, random);
  // Slightly below the roadway, so that nearer strips at the same spot always win.
  strip(painter, -400, 400, -0.06, grass(random));
  for (const side of street.sides) {
    if (side.verge <= 0) continue;
    const [from, to] = side.vergeSpan;
    strip(painter, side.sign * from, side.sign * to, KERB, grass(random));
  }
}

function drawRoadway(painter: Painter, random: Generator, street: Street): void {
  painter.begin(ROAD, random);
  const color = grey(random, 88, 128);
  const asphalt = paint(color, { grain: 0.13, cell: 0.05, ground: true });
  const { half, junction } = street;
  strip(painter, -half, half, 0, asphalt);
  if (junction !== undefined) {
    painter.shape(flat(-90, -half, junction.near, junction.far), asphalt);
    painter.shape(flat(half, 90, junction.near, junction.far), asphalt);
  }
  const patch = { ...asphalt, color: shade(color, random.uniform(0.78, 1.14)) };
  for (let i = random.int(5); i > 0; i--) {
    const x = random.uniform(-half + 0.5, half - 2);
    const z = random.uniform(3, 30);
    painter.detail(flat(x, x + random.uniform(0.6, 2), z, z + random.uniform(1, 8)), patch);
  }
  if (street.rails) drawRails(painter, street);
  drawMarkings(painter, random, street);
}

function drawMarkings(painter: Painter, random: Generator, street: Street): void {
  const { half, lane, lanes, parking, junction, zebra } = street;
  const white = paint(grey(random, 196, 232), { grain: 0.12, cell: 0.05, ground: true });
  const line = (x: number, near: number, far: number, width = 0.14) =>
    painter.detail(flat(x - width / 2, x + width / 2, near, far), white);
  const clear = (near: number, far: number) =>
    (junction === undefined || far < junction.near - 3 || near > junction.far) &&
    (zebra === undefined || far < zebra - 0.5 || near > zebra + 3.5);
  const dash = 3;
  const period = random.pick([6, 8, 9]);
  const phase = random.uniform(0, period);
  for (let boundary = -lanes; boundary <= lanes; boundary++) {
    const isEdge = Math.abs(boundary) === lanes;
    if (isEdge && !street.edgeLines) continue;
    const x = boundary * lane;
    const solid = isEdge || (boundary === 0 && street.solidCentre);
    for (let z = 1 - phase; z < 110; z += solid ? dash : period) {
      const [near, far] = [Math.max(0.8, z), z + dash];
      if (far > near && clear(near, far)) line(x, near, far);
    }
  }
  if (parking > 0) {
    for (let z = 4; z < 60; z += 6) {
      for (const sign of [-1, 1]) {
        if (clear(z, z + 0.2)) painter.detail(flat(sign * (half - parking), sign * half, z, z + 0.12), white);
      }
    }
  }
  if (junction !== undefined)
    painter.detail(flat(0.2, lanes * lane, junction.near - 2, junction.near - 1.6), white);
  if (zebra !== undefined) {
    for (let x = -half + 0.4; x + 0.5 < half; x += 1)
      painter.detail(flat(x, x + 0.5, zebra, zebra + 3), white);
  }
}

function drawRails(painter: Painter, street: Street): void {
  const steel = paint([150, 150, 156]);
  const groove = paint([52, 52, 54]);
  for (const track of [-street.lane / 2, street.lane / 2]) {
    for (const gauge of [-0.72, 0.72]) {
      for (let i = 0; i + 1 < CUTS.length; i++) {
        const x = track + gauge;
        painter.detail(flat(x - 0.1, x + 0.1, CUTS[i]!, CUTS[i + 1]!), groove);
        painter.detail(flat(x - 0.04, x + 0.05, CUTS[i]!, CUTS[i + 1]!), steel);
      }
    }
  }
}

/** A raised pavement: kerb, slabs with their joints, interrupted where a street crosses. */
function drawPavement(painter: Painter, random: Generator, street: Street, side: Side): void {
  painter.begin(SIDEWALK, random);
  const color = vary(
    random,
    random.pick([
      [136, 134, 130],
      [112, 110, 110],
      [150, 140, 128],
      [140, 118, 108],
    ] as const),
    12,
    4,
  );
  const slabs = paint(color, { grain: 0.1, cell: 0.09, ground: true });
  const kerb = paint(shade(color, 1.22));
  const joint = paint(shade(color, 0.78));
  const [from, to] = side.pavementSpan;
  const spans: [number, number][] =
    street.junction === undefined
      ? [[0, FAR]]
      : [
          [0, street.junction.near],
          [street.junction.far, FAR],
        ];
  for (const [near, far] of spans) {
    strip(painter, side.sign * from, side.sign * to, KERB, slabs, near, far);
    for (let i = 0; i + 1 < CUTS.length; i++) {
      const a = Math.max(near, CUTS[i]!);
      const b = Math.min(far, CUTS[i + 1]!);
      if (a >= b) continue;
      const edge = side.sign * side.kerbAt;
      painter.shape(
        [
          [edge, 0, a],
          [edge, KERB, a],
          [edge, KERB, b],
          [edge, 0, b],
        ],
        kerb,
      );
      painter.shape(flat(edge, edge + side.sign * 0.2, a, b, KERB + 0.005), kerb);
    }
  }
  const slab = random.uniform(0.8, 1.8);
  for (let z = 1.5; z < 26; z += slab) {
    painter.detail(flat(side.sign * from, side.sign * to, z, z + 0.04, KERB), joint);
  }
  const middle = side.sign * ((from + to) / 2);
  for (let i = 0; i < 6; i++)
    painter.detail(flat(middle - 0.02, middle + 0.02, CUTS[i]!, CUTS[i + 1]!, KERB), joint);
}
