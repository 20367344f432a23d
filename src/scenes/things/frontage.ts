import type { Point } from '../camera.js';

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
