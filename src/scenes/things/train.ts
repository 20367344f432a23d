import type { Generator } from '../../base/random/index.js';
import type { Rgb } from '../../data/contracts.js';
import { TRAIN } from '../classes.js';
import { paint, shade, vary } from '../paint.js';
import type { Painter } from '../painter.js';
import {
  boxProfile,
  crossFace,
  drawPrism,
  type Frame,
  frameAt,
  type Placement,
  sideFace,
} from '../solids.js';

const LIVERIES: readonly Rgb[] = [
  [206, 44, 40],
  [236, 196, 50],
  [226, 226, 222],
  [40, 104, 150],
];

const GLASS = paint([36, 44, 54], { grain: 0.15, cell: 0.6 });
const CAR_LENGTH = 9;
const HALF = 1.25;
const TOP = 3.35;

/** Length and width of the ground that a tram of three cars takes, in metres. */
export const TRAIN_SIZE = { length: 3 * CAR_LENGTH, width: 2.6, height: 3.6 };

/** A tram of several joined cars on rails: no wheels in sight, a band of windows, a pantograph. */
export function drawTrain(painter: Painter, random: Generator, at: Placement): void {
  painter.begin(TRAIN, random);
  const frame = frameAt(at);
  const livery = vary(random, random.pick(LIVERIES), 12);
  for (let car = 0; car < 3; car++) {
    const back = (car - 1.5) * CAR_LENGTH;
    drawTramCar(painter, frame, livery, back + 0.25, back + CAR_LENGTH - 0.25, car === 0, car === 2);
  }
  const dark = paint([46, 46, 50]);
  for (const joint of [-CAR_LENGTH / 2, CAR_LENGTH / 2]) {
    const bellows = boxProfile(joint - 0.3, joint + 0.3, 0.4, TOP - 0.2);
    drawPrism(painter, frame, { profile: bellows, half: HALF - 0.15, side: dark });
  }
  drawPantograph(painter, frame);
}

function drawTramCar(
  painter: Painter,
  frame: Frame,
  livery: Rgb,
  back: number,
  front: number,
  isLast: boolean,
  isFirst: boolean,
): void {
  const body = paint(livery, { grain: 0.03, cell: 0.6 });
  const nose = 0.9;
  const rear = back + (isLast ? nose : 0);
  const head = front - (isFirst ? nose : 0);
  drawPrism(painter, frame, {
    profile: [
      [back, 0.25],
      [back, 1.2],
      [rear, TOP - 0.1],
      [rear + 0.1, TOP],
      [head - 0.1, TOP],
      [head, TOP - 0.1],
      [front, 1.2],
      [front, 0.25],
    ],
    half: HALF,
    side: body,
  });
  const low = paint(shade(livery, 0.55));
  const pale = paint([228, 228, 224]);
  for (const side of [-1, 1]) {
    const face = side * HALF;
    painter.detail(sideFace(frame, boxProfile(back, front, 0.25, 0.65), face), low);
    painter.detail(sideFace(frame, boxProfile(rear, head, 2.75, 3.0), face), pale);
    for (let pane = 0; pane < 5; pane++) {
      const from = rear + 0.25 + ((head - rear - 0.4) * pane) / 5;
      const to = rear + 0.1 + ((head - rear - 0.4) * (pane + 1)) / 5;
      const bottom = pane === 2 ? 0.5 : 1.3;
      painter.detail(sideFace(frame, boxProfile(from, to, bottom, 2.6), face), GLASS);
    }
  }
  if (isFirst) drawNose(painter, frame, front, head);
  if (isLast) drawNose(painter, frame, back, rear);
}

/** The sloping windscreen, the lamps and the route number of either end. */
function drawNose(painter: Painter, frame: Frame, tip: number, roof: number): void {
  const slope = (up: number) => tip + ((roof - tip) * (up - 1.2)) / (TOP - 1.3);
  const across = (up: number, right: number) => frame(slope(up), up, right);
  painter.detail([across(1.35, -1.05), across(2.65, -1.05), across(2.65, 1.05), across(1.35, 1.05)], GLASS);
  const number = paint([250, 176, 40], { glow: true });
  painter.detail([across(2.8, -0.3), across(3.05, -0.3), across(3.05, 0.3), across(2.8, 0.3)], number);
  const lamp = paint([250, 246, 220], { glow: true });
  for (const side of [-1, 1]) {
    painter.detail(crossFace(frame, tip, side * 0.7, side * 1.0, 0.75, 0.95), lamp);
  }
}

function drawPantograph(painter: Painter, frame: Frame): void {
  const steel = paint([70, 70, 74]);
  for (const side of [-0.6, 0.6]) {
    painter.shape(
      [
        frame(-0.6, TOP, side),
        frame(0.5, TOP + 0.6, side),
        frame(0.6, TOP + 0.52, side),
        frame(-0.4, TOP, side),
      ],
      steel,
    );
  }
  painter.shape(crossFace(frame, 0.5, -0.9, 0.9, TOP + 0.52, TOP + 0.62), steel);
}
