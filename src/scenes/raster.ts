import { hash32 } from '../base/random/index.js';
import type { Outline } from './camera.js';
import type { Paint } from './paint.js';

/** The buffers of a picture that is being drawn, with the object that owns each pixel. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  /** RGB, interleaved. */
  readonly color: Uint8ClampedArray;
  /** 1 / distance, 0 for infinitely far. */
  readonly inverseDepth: Float32Array;
  /** Number of the object seen at each pixel. */
  readonly owner: Uint16Array;
  /** 1 if the pixel is in shadow. */
  readonly shadow: Uint8Array;
}

/** An empty picture: black, infinitely far, owned by object 0. */
export function createRaster(width: number, height: number): Raster {
  const pixels = width * height;
  return {
    width,
    height,
    color: new Uint8ClampedArray(pixels * 3),
    inverseDepth: new Float32Array(pixels),
    owner: new Uint16Array(pixels),
    shadow: new Uint8Array(pixels),
  };
}

/**
 * The effect of a polygon on the pixels that it covers. `shape` takes pixels that no nearer object owns. `detail` colours
 * pixels that its own object owns at about the same depth. `darken` multiplies the colour of pixels whose owner is at most
 * `owner`, and `shadow` marks them as shaded.
 */
export type FillMode = 'shape' | 'detail' | 'darken' | 'shadow';

export interface Fill {
  readonly mode: FillMode;
  readonly owner: number;
  readonly paint: Paint;
  /** Seed of the texture. */
  readonly seed: number;
  /** Size of the texture's cells in pixels, if it faces the viewer. */
  readonly cell: number;
  /** Pixels per metre at 1 m, and the ground texture's origin: see {@link Paint.ground}. */
  readonly focal: number;
  readonly centerX: number;
}

/** The most by which a detail may be nearer or farther than the surface on which it is painted, as a share of the distance. */
const DETAIL_TOLERANCE = 0.02;

const crossings = new Float64Array(96);

/** Fills the pixels whose centres lie inside the outline by the even-odd rule. */
export function fillOutline(raster: Raster, outline: Outline, fill: Fill): void {
  const plane = depthPlane(outline);
  if (plane === undefined) return;
  const { x, y, length } = outline;
  let top = Number.POSITIVE_INFINITY;
  let bottom = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < length; i++) {
    top = Math.min(top, y[i]!);
    bottom = Math.max(bottom, y[i]!);
  }
  const firstRow = Math.max(0, Math.ceil(top - 0.5));
  const lastRow = Math.min(raster.height - 1, Math.ceil(bottom - 0.5) - 1);
  for (let row = firstRow; row <= lastRow; row++) {
    const center = row + 0.5;
    let count = 0;
    for (let i = 0, j = length - 1; i < length; j = i++) {
      const yi = y[i]!;
      const yj = y[j]!;
      if (yi <= center !== yj <= center) {
        crossings[count++] = x[i]! + ((center - yi) / (yj - yi)) * (x[j]! - x[i]!);
      }
    }
    if (count > 2) crossings.subarray(0, count).sort();
    else if (count === 2 && crossings[0]! > crossings[1]!) {
      const swap = crossings[0]!;
      crossings[0] = crossings[1]!;
      crossings[1] = swap;
    }
    for (let pair = 0; pair + 1 < count; pair += 2) {
      const from = Math.max(0, Math.ceil(crossings[pair]! - 0.5));
      const to = Math.min(raster.width, Math.ceil(crossings[pair + 1]! - 0.5));
      if (from < to) fillSpan(raster, row, from, to, plane, fill);
    }
  }
}

interface Plane {
  readonly origin: number;
  readonly perX: number;
  readonly perY: number;
}

/**
 * 1/z as a linear function of the position on the picture, from the three corners that span the largest triangle. Undefined if
 * the polygon is seen edge-on.
 */
function depthPlane({ x, y, inverseDepth, length }: Outline): Plane | undefined {
  if (length < 3) return undefined;
  let second = 1;
  let third = 2;
  let best = 0;
  const x0 = x[0]!;
  const y0 = y[0]!;
  for (let i = 1; i < length; i++) {
    for (let j = i + 1; j < length; j++) {
      const area = Math.abs((x[i]! - x0) * (y[j]! - y0) - (x[j]! - x0) * (y[i]! - y0));
      if (area > best) {
        best = area;
        second = i;
        third = j;
      }
    }
  }
  if (best < 1e-3) return undefined;
  const ax = x[second]! - x0;
  const ay = y[second]! - y0;
  const bx = x[third]! - x0;
  const by = y[third]! - y0;
  const determinant = ax * by - bx * ay;
  const a = inverseDepth[second]! - inverseDepth[0]!;
  const b = inverseDepth[third]! - inverseDepth[0]!;
  const perX = (a * by - b * ay) / determinant;
  const perY = (b * ax - a * bx) / determinant;
  return { origin: inverseDepth[0]! - perX * x0 - perY * y0, perX, perY };
}

function fillSpan(raster: Raster, row: number, from: number, to: number, plane: Plane, fill: Fill): void {
  const { color, inverseDepth, owner, shadow, width } = raster;
  const { mode, paint } = fill;
  const [red, green, blue] = paint.color;
  const alpha = paint.alpha ?? 1;
  const rowDepth = plane.origin + plane.perY * (row + 0.5) + plane.perX * 0.5;
  const grain = mode === 'shape' || mode === 'detail' ? (paint.grain ?? 0) : 0;
  const texture = grain > 0 ? rowTexture(row, rowDepth + plane.perX * from, fill) : undefined;
  let cell = Number.NaN;
  let light = 1;
  for (let column = from; column < to; column++) {
    const at = row * width + column;
    const depth = rowDepth + plane.perX * column;
    if (mode === 'shape') {
      if (depth < inverseDepth[at]!) continue;
      inverseDepth[at] = depth;
      owner[at] = fill.owner;
    } else if (mode === 'detail') {
      if (owner[at] !== fill.owner || depth < inverseDepth[at]! * (1 - DETAIL_TOLERANCE)) continue;
    } else {
      if (owner[at]! > fill.owner) continue;
      if (mode === 'shadow') {
        shadow[at] = 1;
      } else {
        color[at * 3] = color[at * 3]! * red;
        color[at * 3 + 1] = color[at * 3 + 1]! * green;
        color[at * 3 + 2] = color[at * 3 + 2]! * blue;
      }
      continue;
    }
    if (alpha === 0) continue;
    if (texture !== undefined) {
      const u = Math.floor((column - texture.origin) * texture.perColumn);
      if (u !== cell) light = 1 + grain * textureAt(u, texture);
      cell = u;
    }
    const k = at * 3;
    if (alpha === 1) {
      color[k] = red * light;
      color[k + 1] = green * light;
      color[k + 2] = blue * light;
    } else {
      color[k] = color[k]! + alpha * (red * light - color[k]!);
      color[k + 1] = color[k + 1]! + alpha * (green * light - color[k + 1]!);
      color[k + 2] = color[k + 2]! + alpha * (blue * light - color[k + 2]!);
    }
  }
}

/** A texture's cells along one row of the raster. */
interface RowTexture {
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
function rowTexture(row: number, inverseDepth: number, fill: TextureFill): RowTexture {
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
function textureAt(u: number, { fine, coarse }: RowTexture): number {
  return 0.55 * noise(Math.imul(u, 0x9e3779b1) ^ fine) + 0.45 * noise(Math.imul(u >> 2, 0x9e3779b1) ^ coarse);
}

/** A table of random values, used instead of a hash of each pixel. The last multiplication distributes the cells over it. */
const TABLE = Float32Array.from({ length: 4096 }, (_, i) => hash32(i) / 2 ** 31 - 1);

function noise(mixed: number): number {
  return TABLE[Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d) >>> 20]!;
}
