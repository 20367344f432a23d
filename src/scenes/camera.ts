/**
 * A point of a scene in metres: x to the right of the street's axis, y up from the roadway, z ahead of the
 * camera, measured along the street.
 */
export type Point = readonly [x: number, y: number, z: number];

/** A pinhole camera over the street. A shift of the horizon stands for its pitch. Lengths in metres or in pixels. */
export interface Camera {
  /** Focal length in pixels. */
  readonly focal: number;
  /** The vanishing point of the street's first metres, in pixels. */
  readonly centerX: number;
  readonly horizon: number;
  /** Position of the eye, in metres. */
  readonly x: number;
  readonly height: number;
  /** Sideways shift of the street by distance squared, 1/m: a curve. */
  readonly bend: number;
}

/** The near plane, in metres: nothing nearer is drawn. */
const NEAR = 0.8;

/** The outline of a polygon on the picture: pixel positions, and 1/z, which is linear over a flat polygon. */
export interface Outline {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly inverseDepth: Float64Array;
  length: number;
}

/** Room for an outline of up to `capacity` corners. */
export function createOutline(capacity = 96): Outline {
  return {
    x: new Float64Array(capacity),
    y: new Float64Array(capacity),
    inverseDepth: new Float64Array(capacity),
    length: 0,
  };
}

/**
 * Projects a polygon, cut at the near plane, into `out`. Its length is 0 if the polygon is not in front of the camera.
 */
export function project(camera: Camera, polygon: readonly Point[], out: Outline): void {
  out.length = 0;
  for (let i = 0; i < polygon.length; i++) {
    const [x0, y0, z0] = polygon[i]!;
    const [x1, y1, z1] = polygon[(i + 1) % polygon.length]!;
    if (z0 >= NEAR) append(camera, x0, y0, z0, out);
    if (z0 >= NEAR !== z1 >= NEAR) {
      const t = (NEAR - z0) / (z1 - z0);
      append(camera, x0 + t * (x1 - x0), y0 + t * (y1 - y0), NEAR, out);
    }
  }
}

function append(camera: Camera, x: number, y: number, z: number, out: Outline): void {
  const inverse = 1 / z;
  const i = out.length++;
  out.x[i] = camera.centerX + camera.focal * ((x - camera.x) * inverse + camera.bend * z);
  out.y[i] = camera.horizon - camera.focal * (y - camera.height) * inverse;
  out.inverseDepth[i] = inverse;
}
