import type { Generator } from '../base/random/index.js';
import type { Painter } from './painter.js';

/** One thing of a scene: its bounding box (for its shadow and the drawing order), and the function that draws it. */
export interface Item {
  /** Extent across and along the street. */
  readonly x: readonly [low: number, high: number];
  readonly z: readonly [near: number, far: number];
  readonly height: number;
  /** Whether it stands on wheels. Then it darkens the ground below it in any light. */
  readonly onWheels?: boolean;
  readonly draw: (painter: Painter, random: Generator) => void;
}

/** An item around a point. */
export function itemAt(
  x: number,
  z: number,
  size: { readonly across: number; readonly along: number; readonly height: number },
  draw: Item['draw'],
): Item {
  return {
    x: [x - size.across / 2, x + size.across / 2],
    z: [z - size.along / 2, z + size.along / 2],
    height: size.height,
    draw,
  };
}
