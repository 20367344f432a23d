import type { Generator } from '../../base/random/index.js';
import type { Rgb } from '../../data/contracts.js';
import type { Point } from '../camera.js';
import { BUILDING } from '../classes.js';
import { type Paint, paint, shade, vary } from '../paint.js';
import type { Painter } from '../painter.js';

/** A part of one side of the street, from `near` to `far` along it, `x` from the axis and `depth` deep. */
export interface Stretch {
  /** Signed distance of the front from the street's axis, in metres. */
  readonly x: number;
  readonly near: number;
  readonly far: number;
  readonly depth: number;
  readonly height: number;
  /** Height of the ground. */
  readonly y: number;
}

/** A rectangle of the front that faces the street. */
export function streetFace(s: Stretch, near: number, far: number, bottom: number, top: number): Point[] {
  return [
    [s.x, s.y + bottom, near],
    [s.x, s.y + top, near],
    [s.x, s.y + top, far],
    [s.x, s.y + bottom, far],
  ];
}

/** A rectangle of the end that faces the camera, between two distances from the front. */
export function endFace(s: Stretch, from: number, to: number, bottom: number, top: number): Point[] {
  const away = Math.sign(s.x);
  return [
    [s.x + away * from, s.y + bottom, s.near],
    [s.x + away * from, s.y + top, s.near],
    [s.x + away * to, s.y + top, s.near],
    [s.x + away * to, s.y + bottom, s.near],
  ];
}

/** The horizontal top at a height. */
export function topFace(s: Stretch, height: number): Point[] {
  const back = s.x + Math.sign(s.x) * s.depth;
  return [
    [s.x, s.y + height, s.near],
    [s.x, s.y + height, s.far],
    [back, s.y + height, s.far],
    [back, s.y + height, s.near],
  ];
}

/** Plaster, stone and brick. Walls have the same colours, so only shape and context distinguish the two classes. */
export const MASONRY: readonly Rgb[] = [
  [206, 196, 176],
  [188, 174, 150],
  [170, 164, 156],
  [214, 208, 198],
  [160, 104, 82],
  [142, 88, 72],
  [196, 150, 112],
  [148, 148, 150],
];

const ROOFS: readonly Rgb[] = [
  [120, 62, 48],
  [84, 78, 76],
  [104, 88, 78],
];

interface Facade {
  readonly stretch: Stretch;
  readonly front: Paint;
  readonly trim: Paint;
  readonly storey: number;
  readonly storeys: number;
  readonly bay: number;
  readonly groundFloor: number;
}

/** A house in the row: storeys of windows over a ground floor of shops or doors, and a roof. */
export function drawBuilding(painter: Painter, random: Generator, stretch: Stretch): void {
  painter.begin(BUILDING, random);
  const color = vary(random, random.pick(MASONRY), 16);
  const front = paint(color, { grain: 0.07, cell: 0.25 });
  const storeys = Math.max(2, Math.round((stretch.height - 3.7) / 3.2) + 1);
  const facade: Facade = {
    stretch,
    front,
    trim: paint(shade(color, random.pick([0.72, 1.14]))),
    storey: random.uniform(2.9, 3.5),
    storeys,
    bay: random.uniform(2, 3.2),
    groundFloor: random.uniform(3.2, 4.2),
  };
  const eaves = facade.groundFloor + facade.storey * (storeys - 1);
  painter.shape(streetFace(stretch, stretch.near, stretch.far, 0, eaves), front);
  painter.shape(endFace(stretch, 0, stretch.depth, 0, eaves), front);
  drawRoof(painter, random, stretch, eaves, front);
  drawUpperWindows(painter, random, facade);
  drawGroundFloor(painter, random, facade);
  painter.detail(streetFace(stretch, stretch.near, stretch.far, eaves - 0.3, eaves), facade.trim);
  painter.detail(endFace(stretch, 0, stretch.depth, eaves - 0.3, eaves), facade.trim);
}

function drawRoof(painter: Painter, random: Generator, s: Stretch, eaves: number, gable: Paint): void {
  if (random.chance(0.3)) return;
  const tiles = paint(vary(random, random.pick(ROOFS), 12), { grain: 0.16, cell: 0.25 });
  const rise = random.uniform(1.8, 3.2);
  const ridge = s.x + (Math.sign(s.x) * s.depth) / 2;
  painter.shape(
    [
      [s.x, s.y + eaves, s.near],
      [ridge, s.y + eaves + rise, s.near],
      [ridge, s.y + eaves + rise, s.far],
      [s.x, s.y + eaves, s.far],
    ],
    tiles,
  );
  painter.shape(
    [
      [s.x, s.y + eaves, s.near],
      [ridge, s.y + eaves + rise, s.near],
      [s.x + Math.sign(s.x) * s.depth, s.y + eaves, s.near],
    ],
    gable,
  );
}

function windowPaint(painter: Painter, random: Generator): Paint {
  if (painter.light.lampsOn && random.chance(0.4))
    return paint(vary(random, [250, 206, 130], 24), { glow: true });
  return paint(vary(random, [66, 78, 92], 26, 6), { grain: 0.1, cell: 0.5 });
}

function drawUpperWindows(painter: Painter, random: Generator, f: Facade): void {
  const { stretch, storey, storeys, bay, groundFloor, trim } = f;
  const length = stretch.far - stretch.near;
  const bays = Math.max(1, Math.floor(length / bay));
  const step = length / bays;
  const width = step * random.uniform(0.4, 0.62);
  const height = storey * random.uniform(0.46, 0.62);
  const framed = painter.scaleAt(stretch.near) > 24;
  for (let level = 0; level < storeys - 1; level++) {
    const bottom = groundFloor + level * storey + storey * 0.25;
    for (let i = 0; i < bays; i++) {
      const from = stretch.near + i * step + (step - width) / 2;
      // Windows of less than a raster pixel only cost time.
      if (width * 1.5 * painter.scaleAt(from) * Math.abs(stretch.x / from) < 0.7) break;
      if (framed)
        painter.detail(
          streetFace(stretch, from - 0.12, from + width + 0.12, bottom - 0.15, bottom + height + 0.1),
          trim,
        );
      painter.detail(
        streetFace(stretch, from, from + width, bottom, bottom + height),
        windowPaint(painter, random),
      );
      if (framed)
        painter.detail(
          streetFace(stretch, from + width / 2 - 0.04, from + width / 2 + 0.04, bottom, bottom + height),
          trim,
        );
    }
    for (let from = 1.2; from + width < stretch.depth; from += step * 1.6) {
      painter.detail(
        endFace(stretch, from, from + width, bottom, bottom + height),
        windowPaint(painter, random),
      );
    }
  }
}

function drawGroundFloor(painter: Painter, random: Generator, f: Facade): void {
  const { stretch, groundFloor } = f;
  const length = stretch.far - stretch.near;
  const shop = random.chance(0.5);
  const step = shop ? random.uniform(3.5, 5) : f.bay;
  const units = Math.max(1, Math.floor(length / step));
  const width = length / units;
  if (shop) {
    const fascia = paint(
      vary(
        random,
        random.pick([
          [150, 40, 40],
          [40, 70, 110],
          [50, 90, 60],
          [60, 56, 54],
        ] as const),
        24,
      ),
    );
    painter.detail(
      streetFace(stretch, stretch.near, stretch.far, groundFloor - 0.75, groundFloor - 0.15),
      fascia,
    );
  }
  const door = paint(vary(random, [84, 58, 42], 22));
  for (let i = 0; i < units; i++) {
    const from = stretch.near + i * width;
    const isDoor = i % 3 === 1;
    if (shop || !isDoor) {
      const bottom = shop ? 0.5 : 1.1;
      const top = shop ? groundFloor - 0.9 : groundFloor - 0.8;
      const margin = shop ? 0.2 : width * 0.25;
      painter.detail(
        streetFace(stretch, from + margin, from + width - margin, bottom, top),
        windowPaint(painter, random),
      );
    }
    if (isDoor)
      painter.detail(streetFace(stretch, from + width / 2 - 0.5, from + width / 2 + 0.5, 0, 2.3), door);
  }
}
