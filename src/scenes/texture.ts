import { hash32 } from '../base/random/index.js';
import type { Paint } from './paint.js';

/** A texture's cells along one row of the raster. */
export interface RowTexture {
  /** Cell number of a column: ⌊(column − origin) · perColumn⌋. */
  readonly origin: number;
  readonly perColumn: number;
  /** The row's contribution to the hash of a cell, for the fine octave and for one four times as coarse. */
  readonly fine: number;
  readonly coarse: number;
}

interface TextureFill {
  readonly paint: Paint;
  readonly seed: number;
  /** Size of a cell in pixels, if the texture faces the viewer. */
  readonly cell: number;
  readonly focal: number;
  readonly centerX: number;
}

/**
 * The texture of a row. On the ground each row lies at one distance, and cells are squares of the ground, which shrink with
 * 1/distance. Elsewhere cells are squares of the picture.
 */
export function rowTexture(row: number, inverseDepth: number, fill: TextureFill): RowTexture {
  const { paint, seed, cell, focal, centerX } = fill;
  let perColumn = 1 / cell;
  let v = row / cell;
  if (paint.ground) {
    const size = (paint.cell ?? 0.2) * inverseDepth;
    perColumn = 1 / (focal * size);
    v = 1 / size;
  }
  return {
    origin: paint.ground ? centerX : 0,
    perColumn,
    fine: Math.imul(Math.floor(v), 0x85ebca6b) ^ seed,
    coarse: Math.imul(Math.floor(v / 4), 0x85ebca6b) ^ ~seed,
  };
}

/** Two octaves of random cells, −1 … 1. */
export function textureAt(u: number, { fine, coarse }: RowTexture): number {
  return 0.55 * noise(Math.imul(u, 0x9e3779b1) ^ fine) + 0.45 * noise(Math.imul(u >> 2, 0x9e3779b1) ^ coarse);
}

/** A table of random values, used instead of a hash of each pixel. The last multiplication distributes the cells over it. */
const TABLE = Float32Array.from({ length: 4096 }, (_, i) => hash32(i) / 2 ** 31 - 1);

function noise(mixed: number): number {
  return TABLE[Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d) >>> 20]!;
}
