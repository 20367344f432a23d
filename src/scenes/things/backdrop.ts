import { type Generator, hash32 } from '../../base/random/index.js';
import { BUILDING, VEGETATION } from '../classes.js';
import { blend, paint, vary } from '../paint.js';
import type { Painter } from '../painter.js';
import { MASONRY } from './building.js';
import { leafColor } from './tree.js';

/** Clouds are computed for squares of this many raster pixels: they have no finer structure. */
const BLOCK = 2;

/** Fills the picture down to the horizon with sky: a gradient, and clouds of smooth noise. */
export function paintSky(painter: Painter, random: Generator): void {
  const { raster, camera, light } = painter;
  const { width, height, color } = raster;
  const seed = random.word();
  const cloud = blend(light.skyHorizon, [250, 250, 250], light.lampsOn ? 0.1 : 0.5);
  const cell = height / 5;
  const bottom = Math.min(height, Math.ceil(camera.horizon) + 2 * BLOCK);
  for (let row = 0; row < bottom; row++) {
    const up = Math.max(0, (camera.horizon - row) / camera.horizon);
    const [red, green, blue] = blend(light.skyHorizon, light.skyTop, Math.sqrt(up));
    // Clouds stretch out towards the horizon.
    const v = ((row - (row % BLOCK)) / cell) * (2.6 - up);
    let amount = 0;
    for (let column = 0; column < width; column++) {
      if (column % BLOCK === 0) {
        const coarse = smoothNoise(column / (cell * 1.8), v, seed);
        const fine = smoothNoise(column / (cell * 0.6), v * 2.7, ~seed);
        amount = Math.max(0, Math.min(0.9, (0.65 * coarse + 0.35 * fine - 1 + light.clouds) * 2.2));
      }
      const k = (row * width + column) * 3;
      color[k] = red + amount * (cloud[0] - red);
      color[k + 1] = green + amount * (cloud[1] - green);
      color[k + 2] = blue + amount * (cloud[2] - blue);
    }
  }
}

/** Value noise, 0 … 1, smooth between random values at whole coordinates. */
function smoothNoise(u: number, v: number, seed: number): number {
  const u0 = Math.floor(u);
  const v0 = Math.floor(v);
  const s = u - u0;
  const t = v - v0;
  const a = s * s * (3 - 2 * s);
  const b = t * t * (3 - 2 * t);
  const corner = (x: number, y: number) =>
    hash32(Math.imul(x, 0x9e3779b1) ^ Math.imul(y, 0x85ebca6b) ^ seed) / 2 ** 32;
  const top = corner(u0, v0) * (1 - a) + corner(u0 + 1, v0) * a;
  const bottom = corner(u0, v0 + 1) * (1 - a) + corner(u0 + 1, v0 + 1) * a;
  return top * (1 - b) + bottom * b;
}

/** The end of the street: roofs and treetops in the distance. */
export function drawSkyline(painter: Painter, random: Generator): void {
  const z = 170;
  const shift = -painter.camera.bend * z * z;
  for (let x = -170; x < 170; ) {
    const width = random.uniform(8, 24);
    const isTrees = random.chance(0.5);
    const left = x + shift;
    const right = left + width + 1;
    const height = isTrees ? random.uniform(5, 11) : random.uniform(7, 19);
    painter.begin(isTrees ? VEGETATION : BUILDING, random);
    const look = isTrees
      ? paint(leafColor(random), { grain: 0.3, cell: 0.8 })
      : paint(vary(random, random.pick(MASONRY), 14), { grain: 0.25, cell: 1.6 });
    const steps = isTrees ? 6 : 1;
    const top = Array.from({ length: steps + 1 }, (_, i) => {
      const bump = isTrees ? random.uniform(0.75, 1.1) : 1;
      return [left + ((right - left) * i) / steps, height * bump, z] as const;
    });
    painter.shape([[left, -1, z], ...top, [right, -1, z]], look);
    x += width;
  }
}
