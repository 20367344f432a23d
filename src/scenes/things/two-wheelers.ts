import type { Generator } from '../../base/random/index.js';
import type { Rgb } from '../../data/contracts.js';
import { BICYCLE, MOTORCYCLE, RIDER } from '../classes.js';
import { paint, shade, vary } from '../paint.js';
import type { Painter } from '../painter.js';
import {
  bar,
  circleProfile,
  crossFace,
  drawPrism,
  type Frame,
  frameAt,
  type Placement,
  sideFace,
} from '../solids.js';
import { drawOutfit, type Outfit } from './person.js';

const WHEEL_RADIUS = 0.34;
const AXLE = 0.52;

/** A bicycle: two thin rings and a frame of tubes, through which the background shows. */
export function drawBicycle(painter: Painter, random: Generator, at: Placement): void {
  painter.begin(BICYCLE, random);
  const frame = frameAt(at);
  const tubes = paint(
    vary(
      random,
      random.pick([
        [150, 30, 30],
        [30, 60, 130],
        [40, 44, 48],
        [30, 110, 80],
        [200, 200, 200],
      ] as const),
      15,
    ),
  );
  const rubber = paint([28, 28, 30]);
  for (const axle of [-AXLE, AXLE]) {
    drawRing(painter, frame, axle);
    // Seen from behind, the ring is edge-on: what remains is the tyre's own width.
    painter.shape(
      [
        frame(axle - WHEEL_RADIUS, 0.02, -0.025),
        frame(axle - WHEEL_RADIUS, 2 * WHEEL_RADIUS, -0.025),
        frame(axle - WHEEL_RADIUS, 2 * WHEEL_RADIUS, 0.025),
        frame(axle - WHEEL_RADIUS, 0.02, 0.025),
      ],
      rubber,
    );
  }
  const tube = (from: readonly [number, number], to: readonly [number, number], thickness = 0.055) =>
    painter.shape(sideFace(frame, bar(from, to, thickness), 0), tubes);
  tube([-AXLE, WHEEL_RADIUS], [-0.12, 0.34]);
  tube([-AXLE, WHEEL_RADIUS], [-0.2, 0.8]);
  tube([-0.12, 0.32], [-0.24, 0.92]);
  tube([-0.2, 0.78], [0.36, 0.84]);
  tube([-0.12, 0.34], [0.36, 0.8]);
  tube([AXLE, WHEEL_RADIUS], [0.33, 0.98]);
  painter.shape(sideFace(frame, bar([-0.38, 0.95], [-0.1, 0.95], 0.07), 0), rubber);
  painter.shape(
    [frame(0.32, 0.98, -0.28), frame(0.32, 1.04, -0.28), frame(0.32, 1.04, 0.28), frame(0.32, 0.98, 0.28)],
    rubber,
  );
  painter.shape(
    [frame(-0.3, 0.92, -0.08), frame(-0.3, 0.98, -0.08), frame(-0.3, 0.98, 0.08), frame(-0.3, 0.92, 0.08)],
    rubber,
  );
}

function drawRing(painter: Painter, frame: Frame, axle: number): void {
  const corners = 14;
  const rim = paint([40, 40, 42]);
  const point = (i: number, radius: number): readonly [number, number] => {
    const angle = (2 * Math.PI * i) / corners;
    return [axle + radius * Math.cos(angle), WHEEL_RADIUS + radius * Math.sin(angle)];
  };
  for (let i = 0; i < corners; i++) {
    const inner = WHEEL_RADIUS - 0.055;
    const segment = [
      point(i, WHEEL_RADIUS),
      point(i + 1, WHEEL_RADIUS),
      point(i + 1, inner),
      point(i, inner),
    ];
    painter.shape(sideFace(frame, segment, 0), rim);
  }
}

/** A motorcycle or scooter: fat wheels, a solid body, a lamp at each end. */
export function drawMotorcycle(painter: Painter, random: Generator, at: Placement): void {
  painter.begin(MOTORCYCLE, random);
  const frame = frameAt(at);
  const body = paint(
    vary(
      random,
      random.pick([
        [170, 30, 28],
        [28, 30, 34],
        [36, 70, 150],
        [210, 120, 30],
        [220, 220, 216],
      ] as const),
      14,
    ),
  );
  const rubber = paint([24, 24, 26]);
  const metal = paint([150, 152, 156]);
  for (const axle of [-0.68, 0.72]) {
    drawPrism(painter, frame, { profile: circleProfile(axle, 0.32, 0.32, 12), half: 0.08, side: rubber });
    painter.detail(sideFace(frame, circleProfile(axle, 0.32, 0.15, 8), 0.08), metal);
    painter.detail(sideFace(frame, circleProfile(axle, 0.32, 0.15, 8), -0.08), metal);
  }
  // Engine, tank, seat with its tail, fork.
  const engine: [number, number][] = [
    [-0.4, 0.25],
    [-0.35, 0.6],
    [0.35, 0.62],
    [0.3, 0.25],
  ];
  drawPrism(painter, frame, {
    profile: engine,
    half: 0.16,
    side: paint([64, 64, 68], { grain: 0.3, cell: 0.1 }),
  });
  const shell: [number, number][] = [
    [-0.95, 0.72],
    [-0.9, 0.88],
    [-0.1, 0.78],
    [0.1, 0.98],
    [0.5, 0.95],
    [0.55, 0.6],
    [-0.4, 0.55],
  ];
  drawPrism(painter, frame, { profile: shell, half: 0.17, side: body });
  const seat: [number, number][] = [
    [-0.85, 0.84],
    [-0.85, 0.9],
    [-0.1, 0.84],
    [-0.1, 0.78],
  ];
  drawPrism(painter, frame, { profile: seat, half: 0.16, side: rubber });
  painter.shape(sideFace(frame, bar([0.72, 0.32], [0.45, 1.1], 0.1), 0.1), metal);
  painter.shape(sideFace(frame, bar([0.72, 0.32], [0.45, 1.1], 0.1), -0.1), metal);
  painter.shape(crossFace(frame, 0.45, -0.4, 0.4, 1.05, 1.12), rubber);
  painter.shape(crossFace(frame, 0.62, -0.12, 0.12, 0.85, 1.08), paint([240, 238, 220]));
  painter.shape(crossFace(frame, -0.97, -0.1, 0.1, 0.72, 0.84), paint([190, 28, 26]));
}

/** Length and width of the ground that a rider and the two wheels below take, in metres. */
export const RIDER_SIZE = { length: 1.9, width: 0.7, height: 1.75 };

/** Somebody on a bicycle: leaning to the handlebar, one leg up, one down. */
export function drawCyclist(painter: Painter, random: Generator, at: Placement): void {
  drawBicycle(painter, random, at);
  painter.begin(RIDER, random);
  drawFigure(painter, at, drawOutfit(random), { seat: 0.95, hands: [0.3, 1.05], helmet: random.chance(0.4) });
}

/** Somebody on a motorcycle, with a helmet. */
export function drawMotorcyclist(painter: Painter, random: Generator, at: Placement): void {
  drawMotorcycle(painter, random, at);
  painter.begin(RIDER, random);
  drawFigure(painter, at, drawOutfit(random), { seat: 0.85, hands: [0.42, 1.1], helmet: true });
}

interface Pose {
  readonly seat: number;
  readonly hands: readonly [number, number];
  readonly helmet: boolean;
}

function drawFigure(painter: Painter, at: Placement, outfit: Outfit, { seat, hands, helmet }: Pose): void {
  const frame = frameAt(at);
  const hip: [number, number] = [-0.25, seat + 0.03];
  const shoulder: [number, number] = [0.02, seat + 0.52];
  const limb = (
    from: readonly [number, number],
    to: readonly [number, number],
    width: number,
    right: number,
    color: Rgb,
  ) =>
    drawPrism(painter, (f, u, r) => frame(f, u, r + right), {
      profile: bar(from, to, width),
      half: width / 2,
      side: paint(color, { grain: 0.1, cell: 0.12 }),
    });
  const knees: readonly [number, number][] = [
    [0.16, seat - 0.12],
    [0.1, seat - 0.3],
  ];
  for (const [i, side] of [-0.13, 0.13].entries()) {
    const knee = knees[i]!;
    const foot: [number, number] = [-0.05 + 0.12 * i, seat - (i === 0 ? 0.55 : 0.72)];
    limb(hip, knee, 0.16, side, outfit.trousers);
    limb(knee, foot, 0.12, side, shade(outfit.trousers, 0.9));
    limb(foot, [foot[0] + 0.18, foot[1]], 0.08, side, shade(outfit.trousers, 0.45));
    limb(shoulder, hands, 0.09, side * 1.7, shade(outfit.coat, 0.85));
  }
  drawPrism(painter, frame, {
    profile: bar(hip, shoulder, 0.26),
    half: 0.2,
    side: paint(outfit.coat, { grain: 0.1, cell: 0.12 }),
  });
  const head: [number, number] = [0.12, seat + 0.72];
  const color = helmet ? shade(outfit.coat, 1.15) : outfit.hair;
  drawPrism(painter, frame, {
    profile: circleProfile(head[0], head[1], 0.13, 9),
    half: 0.1,
    side: paint(color),
  });
  painter.detail(
    sideFace(frame, circleProfile(head[0] + 0.03, head[1] - 0.05, 0.08, 7), 0.1),
    paint(outfit.skin),
  );
  painter.detail(
    sideFace(frame, circleProfile(head[0] + 0.03, head[1] - 0.05, 0.08, 7), -0.1),
    paint(outfit.skin),
  );
}
