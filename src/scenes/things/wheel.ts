import { paint } from '../paint.js';
import type { Painter } from '../painter.js';
import { circleProfile, drawPrism, type Frame, sideFace } from '../solids.js';

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
