import type { Generator } from '../base/random/index.js';
import { type Camera, createOutline, type Point, project } from './camera.js';
import { faceBrightness, type Light } from './light.js';
import { type Paint, shade } from './paint.js';
import { type FillMode, fillOutline, type Raster } from './raster.js';

/** The visible edge of one part of an object, in pixels of the finished picture. */
export interface LabelledPolygon {
  /** Train id, or void. */
  readonly label: number;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/**
 * Draws flat polygons in space onto a raster. Each object starts with its class. Its shapes then own the pixels that they
 * cover, and its details colour only pixels that it owns. So the label map is exact.
 */
export class Painter {
  readonly camera: Camera;
  readonly light: Light;
  readonly raster: Raster;
  /** Train id of each object, by its number. Object 0 owns the pixels on which nothing was drawn. */
  readonly labels: number[];
  readonly polygons: LabelledPolygon[] = [];
  readonly #outline = createOutline();
  readonly #outlineScale: number | undefined;
  #seed = 0;

  /**
   * @param background train id of pixels on which nothing is drawn
   * @param outlineScale raster pixels for each pixel of the outlines, which are recorded only if it is given
   */
  constructor(raster: Raster, camera: Camera, light: Light, background: number, outlineScale?: number) {
    this.raster = raster;
    this.camera = camera;
    this.light = light;
    this.labels = [background];
    this.#outlineScale = outlineScale;
  }

  /** Starts an object of a class. Everything drawn until the next call belongs to it. */
  begin(label: number, random: Generator): void {
    this.labels.push(label);
    this.#seed = random.word();
  }

  /** A part of the object: hides what is farther away. */
  shape(polygon: readonly Point[], paint: Paint): void {
    const isInFront = this.#fill('shape', polygon, paint, this.labels.length - 1);
    if (isInFront && this.#outlineScale !== undefined) this.#record(this.#outlineScale);
  }

  /** Draws colour on parts of the object that are already drawn. It never changes a label. */
  detail(polygon: readonly Point[], paint: Paint): void {
    this.#fill('detail', polygon, paint, this.labels.length - 1);
  }

  /** Shades a part of the ground (all objects up to number `lastGround`). Overlapping shadows count once. */
  shadow(polygon: readonly Point[], lastGround: number): void {
    this.#fill('shadow', polygon, { color: [0, 0, 0] }, lastGround);
  }

  /** Multiplies the brightness of a part of the ground. */
  darken(polygon: readonly Point[], factor: number, lastGround: number): void {
    this.#fill('darken', polygon, { color: [factor, factor, factor] }, lastGround);
  }

  /** The length in raster pixels of a metre at a distance. */
  scaleAt(z: number): number {
    return this.camera.focal / Math.max(z, 0.8);
  }

  #fill(mode: FillMode, polygon: readonly Point[], paint: Paint, owner: number): boolean {
    const outline = this.#outline;
    project(this.camera, polygon, outline);
    if (outline.length < 3) return false;
    const brightness =
      mode === 'darken' || mode === 'shadow' || paint.glow
        ? 1
        : faceBrightness(this.light, this.#normal(polygon));
    const size = (paint.cell ?? 0.2) * this.camera.focal * outline.inverseDepth[0]!;
    fillOutline(this.raster, outline, {
      mode,
      owner,
      paint: brightness === 1 ? paint : { ...paint, color: shade(paint.color, brightness) },
      seed: this.#seed,
      cell: Math.max(1, size),
      focal: this.camera.focal,
      centerX: this.camera.centerX,
    });
    return true;
  }

  /** A normal of the polygon, on the camera's side. */
  #normal(polygon: readonly Point[]): Point {
    const [a, b, c] = [polygon[0]!, polygon[1]!, polygon[2]!];
    const u = [b[0] - a[0], b[1] - a[1], b[2] - a[2]] as const;
    const v = [c[0] - a[0], c[1] - a[1], c[2] - a[2]] as const;
    const normal: Point = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
    const towards =
      normal[0] * (this.camera.x - a[0]) + normal[1] * (this.camera.height - a[1]) - normal[2] * a[2];
    return towards >= 0 ? normal : [-normal[0], -normal[1], -normal[2]];
  }

  #record(scale: number): void {
    const { x, y, length } = this.#outline;
    const { width, height } = this.raster;
    let [left, right, top, bottom] = [width, 0, height, 0];
    const points: [number, number][] = [];
    for (let i = 0; i < length; i++) {
      left = Math.min(left, x[i]!);
      right = Math.max(right, x[i]!);
      top = Math.min(top, y[i]!);
      bottom = Math.max(bottom, y[i]!);
      points.push([x[i]! / scale, y[i]! / scale]);
    }
    if (right < 0 || left > width || bottom < 0 || top > height) return;
    this.polygons.push({ label: this.labels[this.labels.length - 1]!, points });
  }
}
