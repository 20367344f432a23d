import type { Generator } from '../../base/random/index.js';
import type { Rgb } from '../../data/contracts.js';
import { POLE, TRAFFIC_LIGHT } from '../classes.js';
import { grey, paint } from '../paint.js';
import type { Painter } from '../painter.js';
import { circleProfile, type Placement } from '../solids.js';
import { drawMast } from './pole.js';

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
