import type { Generator } from '../../base/random/index.js';
import { MOTORCYCLE } from '../classes.js';
import { paint, vary } from '../paint.js';
import type { Painter } from '../painter.js';
import { bar, circleProfile, crossFace, drawPrism, frameAt, type Placement, sideFace } from '../solids.js';

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
