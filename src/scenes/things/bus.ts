import type { Generator } from '../../base/random/index.js';
import type { Rgb } from '../../data/contracts.js';
import { BUS } from '../classes.js';
import { paint, shade, vary } from '../paint.js';
import type { Painter } from '../painter.js';
import {
  boxProfile,
  crossFace,
  drawPrism,
  drawWheels,
  frameAt,
  type Placement,
  sideFace,
} from '../solids.js';

const LIVERIES: readonly Rgb[] = [
  [226, 178, 44],
  [184, 40, 38],
  [224, 224, 222],
  [46, 92, 160],
  [62, 128, 84],
];

const GLASS = paint([40, 50, 60], { grain: 0.15, cell: 0.6 });
const FRAME_WIDTH = 0.12;

/** Length and width of the ground that a bus takes, in metres. */
export const BUS_SIZE = { length: 11.5, width: 2.55, height: 3.1 };

/** A city bus: a long body with a row of windows and doors on its right. */
export function drawBus(painter: Painter, random: Generator, at: Placement): void {
  painter.begin(BUS, random);
  const frame = frameAt(at);
  const half = 1.27;
  const top = 3.1;
  const [back, front] = [-5.7, 5.7];
  const body = paint(vary(random, random.pick(LIVERIES), 12), { grain: 0.03, cell: 0.6 });
  const skirt = paint(shade(body.color, 0.62));
  drawPrism(painter, frame, {
    profile: [
      [back, 0.35],
      [back, top - 0.15],
      [back + 0.15, top],
      [front - 0.25, top],
      [front, top - 0.4],
      [front + 0.05, 0.35],
    ],
    half,
    side: body,
  });
  drawWheels(painter, frame, { axles: [-3.1, 3.0], radius: 0.48, half, width: 0.3 });

  for (const side of [-1, 1]) {
    painter.detail(sideFace(frame, boxProfile(-2.4, 2.3, 0.35, 0.6), side * half), skirt);
    const panes = 7;
    for (let pane = 0; pane < panes; pane++) {
      const from = back + 0.35 + (pane * 10.6) / panes;
      const to = from + 10.6 / panes - FRAME_WIDTH;
      const isDoor = side === 1 && (pane === 3 || pane === panes - 1);
      const bottom = isDoor ? 0.45 : 1.35;
      painter.detail(sideFace(frame, boxProfile(from, to, bottom, 2.6), side * half), GLASS);
      if (isDoor) {
        const middle = (from + to) / 2;
        const seam = boxProfile(middle - 0.04, middle + 0.04, bottom, 2.6);
        painter.detail(sideFace(frame, seam, side * half), paint(shade(body.color, 0.5)));
      }
    }
  }
  drawBusEnds(painter, frame, back, front, half, random);
}

function drawBusEnds(
  painter: Painter,
  frame: ReturnType<typeof frameAt>,
  back: number,
  front: number,
  half: number,
  random: Generator,
): void {
  const lit = painter.light.lampsOn;
  const display = paint([250, 170, 40], { glow: true });
  painter.detail(crossFace(frame, back, -half + 0.2, half - 0.2, 1.6, 2.55), GLASS);
  painter.detail(crossFace(frame, front + 0.02, -half + 0.1, half - 0.1, 1.15, 2.6), GLASS);
  // The destination, a band of lit letters above the windscreen.
  painter.detail(crossFace(frame, front + 0.01, -0.8, 0.8, 2.62, 2.92), paint([20, 20, 22]));
  const letters = 3 + random.int(4);
  for (let i = 0; i < letters; i++) {
    const left = -0.6 + (i * 1.2) / letters;
    painter.detail(crossFace(frame, front + 0.01, left, left + 0.75 / letters, 2.68, 2.86), display);
  }
  for (const side of [-1, 1]) {
    const red = paint(lit ? [255, 60, 50] : [168, 26, 26], { glow: lit });
    painter.detail(crossFace(frame, back, side * 0.95, side * 1.2, 0.8, 1.3), red);
    const white = paint(lit ? [255, 250, 225] : [230, 232, 232], { glow: lit });
    painter.detail(crossFace(frame, front + 0.04, side * 0.75, side * 1.15, 0.6, 0.85), white);
  }
  painter.detail(crossFace(frame, back, -0.9, 0.9, 0.5, 1.1), paint([60, 62, 66]));
}
