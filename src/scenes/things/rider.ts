import type { Generator } from '../../base/random/index.js';
import type { Rgb } from '../../data/contracts.js';
import { RIDER } from '../classes.js';
import { paint, shade } from '../paint.js';
import type { Painter } from '../painter.js';
import { bar, circleProfile, drawPrism, frameAt, type Placement, sideFace } from '../solids.js';
import { drawBicycle } from './bicycle.js';
import { drawMotorcycle } from './motorcycle.js';
import { drawOutfit, type Outfit } from './person.js';

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
