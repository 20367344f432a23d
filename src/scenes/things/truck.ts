import type { Generator } from '../../base/random/index.js';
import type { Rgb } from '../../data/contracts.js';
import { TRUCK } from '../classes.js';
import { grey, type Paint, paint, shade, vary } from '../paint.js';
import type { Painter } from '../painter.js';
import {
  boxProfile,
  crossFace,
  drawPrism,
  drawWheels,
  type Frame,
  frameAt,
  type Placement,
  sideFace,
} from '../solids.js';

const CABS: readonly Rgb[] = [
  [224, 224, 224],
  [168, 34, 32],
  [36, 72, 140],
  [214, 160, 40],
  [60, 110, 70],
];

const GLASS = paint([40, 50, 60]);

/** Length and width of the ground that a lorry takes, in metres. */
export const TRUCK_SIZE = { length: 8.2, width: 2.5, height: 3.4 };

type Load = 'box' | 'tarpaulin' | 'flatbed';

/** A lorry: a cab and a load. The load has no windows, which distinguishes it from a bus. */
export function drawTruck(painter: Painter, random: Generator, at: Placement): void {
  painter.begin(TRUCK, random);
  const frame = frameAt(at);
  const half = 1.25;
  const cab = paint(vary(random, random.pick(CABS), 14), { grain: 0.04, cell: 0.5 });
  const load = random.pick<Load>(['box', 'box', 'tarpaulin', 'flatbed']);
  const height = random.uniform(3.1, 3.8);
  const chassis = paint([44, 44, 48]);

  drawPrism(painter, frame, { profile: boxProfile(-4, 3.9, 0.55, 0.95), half: half - 0.2, side: chassis });
  drawCab(painter, frame, cab, half);
  drawLoad(painter, frame, load, height, half, random);
  drawWheels(painter, frame, { axles: [-2.9, 3.0], radius: 0.5, half, width: 0.34 });
  const lit = painter.light.lampsOn;
  for (const side of [-1, 1]) {
    const red = paint(lit ? [255, 60, 50] : [160, 26, 26], { glow: lit });
    painter.detail(crossFace(frame, -4, side * 0.7, side * 1.02, 0.6, 0.85), red);
    const white = paint(lit ? [255, 250, 225] : [220, 224, 226], { glow: lit });
    painter.detail(crossFace(frame, 4.1, side * 0.75, side * 1.15, 0.65, 0.9), white);
  }
}

function drawCab(painter: Painter, frame: Frame, cab: Paint, half: number): void {
  const top = 2.75;
  drawPrism(painter, frame, {
    profile: [
      [2.2, 0.5],
      [2.2, top],
      [3.75, top],
      [4.05, 1.55],
      [4.1, 0.5],
    ],
    half,
    side: cab,
  });
  const slope = (up: number) => 4.05 - (0.3 * (up - 1.55)) / (top - 1.55);
  painter.detail(
    [
      frame(slope(1.6), 1.6, -half + 0.12),
      frame(slope(2.5), 2.5, -half + 0.12),
      frame(slope(2.5), 2.5, half - 0.12),
      frame(slope(1.6), 1.6, half - 0.12),
    ],
    GLASS,
  );
  painter.detail(crossFace(frame, 4.08, -0.8, 0.8, 0.95, 1.35), paint(shade(cab.color, 0.3)));
  for (const side of [-1, 1]) {
    const window = [
      [2.9, 1.6],
      [2.9, 2.4],
      [3.72, 2.4],
      [3.92, 1.6],
    ] as const;
    painter.detail(sideFace(frame, window, side * half), GLASS);
  }
}

function drawLoad(
  painter: Painter,
  frame: Frame,
  load: Load,
  height: number,
  half: number,
  random: Generator,
): void {
  const palette: readonly Rgb[] = [grey(random, 195, 235), [186, 60, 48], [58, 92, 150], [222, 190, 80]];
  const side = paint(vary(random, random.pick(palette), 14), { grain: 0.06, cell: 0.5 });
  if (load === 'flatbed') {
    const planks = paint([134, 110, 82], { grain: 0.2, cell: 0.25 });
    drawPrism(painter, frame, { profile: boxProfile(-4, 2.0, 0.95, 1.55), half, side: planks });
    const cargo = paint(vary(random, [150, 132, 104], 25), { grain: 0.3, cell: 0.4 });
    drawPrism(painter, frame, { profile: boxProfile(-3.6, 1.4, 1.55, 2.3), half: half - 0.25, side: cargo });
    return;
  }
  drawPrism(painter, frame, { profile: boxProfile(-4, 2.0, 0.95, height), half, side });
  const seam = paint(shade(side.color, 0.72));
  // Box bodies have two rear doors with bars; tarpaulins hang in folds.
  painter.detail(crossFace(frame, -4, -0.03, 0.03, 0.95, height), seam);
  for (const across of [-0.6, 0.6]) {
    painter.detail(crossFace(frame, -4, across - 0.025, across + 0.025, 1.05, height - 0.1), seam);
  }
  painter.detail(crossFace(frame, -4, -half, half, height - 0.12, height), seam);
  const folds = load === 'tarpaulin' ? 9 : 3;
  for (let i = 1; i < folds; i++) {
    const at = -4 + (6 * i) / folds;
    for (const wall of [-1, 1]) {
      painter.detail(sideFace(frame, boxProfile(at - 0.04, at + 0.04, 1, height), wall * half), seam);
    }
  }
  if (random.chance(0.5)) {
    const stripe = paint(vary(random, random.pick(palette), 20));
    for (const wall of [-1, 1]) {
      painter.detail(sideFace(frame, boxProfile(-3.3, 1.3, 1.7, 2.5), wall * half), stripe);
    }
  }
}
