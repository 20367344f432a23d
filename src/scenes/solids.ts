import type { Point } from './camera.js';
import { type Paint, paint } from './paint.js';
import type { Painter } from './painter.js';

/** Position and direction of a thing. Yaw in radians: 0 faces away from the camera, π/2 to the right. */
export interface Placement {
  readonly x: number;
  /** Height of the ground there: 0 on the roadway. */
  readonly y: number;
  readonly z: number;
  readonly yaw: number;
}

/** Places the coordinates of a thing in the scene: forward, up, and to its right, in metres. */
export type Frame = (forward: number, up: number, right: number) => Point;

/** The coordinates of a thing that stands at a placement. */
export function frameAt({ x, y, z, yaw }: Placement): Frame {
  const sin = Math.sin(yaw);
  const cos = Math.cos(yaw);
  return (forward, up, right) => [x + forward * sin + right * cos, y + up, z + forward * cos - right * sin];
}

/** A side view, as corners [forward, up] in order. */
export type Profile = readonly (readonly [forward: number, up: number])[];

/** A prism: a side view extruded to both sides, with two walls and one quadrilateral for each edge. */
export interface Prism {
  readonly profile: Profile;
  /** Half the width, by height. */
  readonly half: number | ((up: number) => number);
  readonly side: Paint;
  /** Paint of the edge from corner i to corner i + 1; default: that of the side. */
  readonly edges?: readonly (Paint | undefined)[];
}

/** Draws a prism in a thing's coordinates, as shapes of the current object. */
export function drawPrism(painter: Painter, frame: Frame, { profile, half, side, edges }: Prism): void {
  const halfAt = typeof half === 'number' ? () => half : half;
  for (const sign of [-1, 1]) {
    painter.shape(
      profile.map(([forward, up]) => frame(forward, up, sign * halfAt(up))),
      side,
    );
  }
  for (let i = 0; i < profile.length; i++) {
    const [f0, u0] = profile[i]!;
    const [f1, u1] = profile[(i + 1) % profile.length]!;
    const h0 = halfAt(u0);
    const h1 = halfAt(u1);
    painter.shape(
      [frame(f0, u0, -h0), frame(f0, u0, h0), frame(f1, u1, h1), frame(f1, u1, -h1)],
      edges?.[i] ?? side,
    );
  }
}

/** The side view of a box from one forward position to another. */
export function boxProfile(back: number, front: number, bottom: number, top: number): Profile {
  return [
    [back, bottom],
    [back, top],
    [front, top],
    [front, bottom],
  ];
}

/** The corners of a regular polygon in a thing's side plane, as a stand-in for a circle. */
export function circleProfile(forward: number, up: number, radius: number, corners = 12): Profile {
  return Array.from({ length: corners }, (_, i) => {
    const angle = (2 * Math.PI * (i + 0.5)) / corners;
    return [forward + radius * Math.cos(angle), up + radius * Math.sin(angle)] as const;
  });
}

/** Moves a side view to a given distance to the right of the thing's middle. */
export function sideFace(frame: Frame, profile: Profile, right: number): Point[] {
  return profile.map(([forward, up]) => frame(forward, up, right));
}

/** A rectangle across a thing, at one forward position: a face towards its front or back. */
export function crossFace(
  frame: Frame,
  forward: number,
  left: number,
  right: number,
  bottom: number,
  top: number,
): Point[] {
  return [
    frame(forward, bottom, left),
    frame(forward, top, left),
    frame(forward, top, right),
    frame(forward, bottom, right),
  ];
}

/** A bar between two points of the plane [across, up], as a quadrilateral of constant thickness. */
export function bar(
  from: readonly [number, number],
  to: readonly [number, number],
  thickness: number,
): [number, number][] {
  const dx = to[0] - from[0];
  const dy = to[1] - from[1];
  const scale = thickness / 2 / (Math.hypot(dx, dy) || 1);
  const nx = -dy * scale;
  const ny = dx * scale;
  return [
    [from[0] + nx, from[1] + ny],
    [to[0] + nx, to[1] + ny],
    [to[0] - nx, to[1] - ny],
    [from[0] - nx, from[1] - ny],
  ];
}

/** The wheels of a vehicle: positions of the axles along it, and half the vehicle's width, in metres. */
export interface Wheels {
  readonly axles: readonly number[];
  readonly radius: number;
  readonly half: number;
  readonly width: number;
}

const TYRE = paint([26, 26, 28]);
const HUB = paint([148, 150, 154]);
const ARCH = paint([18, 18, 20]);

/** Draws a pair of wheels on every axle, as parts of the current object. */
export function drawWheels(painter: Painter, frame: Frame, { axles, radius, half, width }: Wheels): void {
  const corners = radius * painter.scaleAt(frame(0, 0, 0)[2]) > 12 ? 16 : 10;
  for (const axle of axles) {
    for (const side of [-1, 1]) {
      const face = half + 0.01;
      painter.detail(sideFace(frame, circleProfile(axle, radius, radius * 1.16, corners), side * half), ARCH);
      const middle = side * (face - width / 2);
      const shifted: Frame = (forward, up, right) => frame(forward, up, middle + right);
      const profile = circleProfile(axle, radius, radius, corners);
      drawPrism(painter, shifted, { profile, half: width / 2, side: TYRE });
      painter.detail(sideFace(frame, circleProfile(axle, radius, radius * 0.58, corners), side * face), HUB);
    }
  }
}
