import type { Generator } from '../../base/random/index.js';
import { type Rgb, VOID } from '../../data/contracts.js';
import type { Point } from '../camera.js';
import { POLE, TRAFFIC_LIGHT, TRAFFIC_SIGN } from '../classes.js';
import { grey, paint, vary } from '../paint.js';
import type { Painter } from '../painter.js';
import { boxProfile, circleProfile, drawPrism, frameAt, type Placement, type Profile } from '../solids.js';

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

const LAMPS: readonly { readonly lit: Rgb; readonly unlit: Rgb }[] = [
  { lit: [60, 230, 120], unlit: [22, 52, 36] },
  { lit: [255, 200, 50], unlit: [62, 50, 20] },
  { lit: [255, 60, 46], unlit: [66, 24, 20] },
];

/** A traffic light on its pole. If `inward` is not 0, a second one hangs from an arm of that length. */
export function drawTrafficLight(painter: Painter, random: Generator, at: Placement, inward: number): void {
  const color = grey(random, 80, 140);
  const state = random.int(3);
  const overhead = inward !== 0;
  painter.begin(POLE, random);
  drawMast(painter, at, overhead ? 5.6 : 3.3, 0.13, color);
  if (overhead) {
    painter.shape(
      [
        [at.x, at.y + 5.4, at.z],
        [at.x, at.y + 5.52, at.z],
        [at.x + inward, at.y + 5.62, at.z],
        [at.x + inward, at.y + 5.54, at.z],
      ],
      paint(color),
    );
    drawHead(painter, random, { ...at, x: at.x + inward, y: at.y + 4.9 }, state);
  }
  drawHead(painter, random, { ...at, y: at.y + 2.35 }, state);
}

function drawHead(painter: Painter, random: Generator, at: Placement, state: number): void {
  painter.begin(TRAFFIC_LIGHT, random);
  const z = at.z - 0.15;
  const half = 0.19;
  painter.shape(
    [
      [at.x - half, at.y, z],
      [at.x - half, at.y + 1, z],
      [at.x + half, at.y + 1, z],
      [at.x + half, at.y, z],
    ],
    paint([30, 32, 34]),
  );
  for (const [i, lamp] of LAMPS.entries()) {
    const lit = i === state;
    const circle = circleProfile(at.x, at.y + 0.18 + 0.32 * i, 0.125, 10);
    painter.detail(
      circle.map(([x, y]) => [x, y, z] as const),
      paint(lit ? lamp.lit : lamp.unlit, { glow: lit }),
    );
  }
}

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

/** A litter bin or an electrical cabinet. Cityscapes does not score such things. */
export function drawBin(painter: Painter, random: Generator, at: Placement): void {
  painter.begin(VOID, random);
  const color = vary(
    random,
    random.pick([
      [70, 84, 70],
      [96, 96, 100],
      [150, 90, 40],
      [60, 70, 96],
    ] as const),
    14,
  );
  const height = random.uniform(0.8, 1.3);
  drawPrism(painter, frameAt(at), {
    profile: boxProfile(-0.3, 0.3, 0, height),
    half: 0.35,
    side: paint(color, { grain: 0.1, cell: 0.2 }),
  });
}
