import type { Generator } from '../../base/random/index.js';
import type { Rgb } from '../../data/contracts.js';
import { FENCE } from '../classes.js';
import { paint, vary } from '../paint.js';
import type { Painter } from '../painter.js';
import { type Stretch, streetFace } from './frontage.js';

const COLORS: readonly Rgb[] = [
  [52, 62, 56],
  [70, 72, 76],
  [150, 152, 154],
  [122, 92, 64],
];

/**
 * A fence of upright bars between two rails. What shows between the bars keeps its colour, but the whole
 * outline is labelled fence, as in Cityscapes.
 */
export function drawFence(painter: Painter, random: Generator, stretch: Stretch): void {
  painter.begin(FENCE, random);
  const { near, far, height } = stretch;
  const metal = paint(vary(random, random.pick(COLORS), 12));
  painter.shape(streetFace(stretch, near, far, 0, height), { ...metal, alpha: 0.18 });
  painter.detail(streetFace(stretch, near, far, height - 0.1, height), metal);
  painter.detail(streetFace(stretch, near, far, 0.12, 0.22), metal);
  const gap = random.uniform(0.22, 0.4);
  const width = random.uniform(0.05, 0.1);
  for (let at = near; at < far; at += gap) {
    // Far away the bars merge, so a thin veil replaces them.
    if (gap * painter.scaleAt(at) * Math.abs(stretch.x / at) < 1.2) {
      painter.detail(streetFace(stretch, at, far, 0, height), { ...metal, alpha: 0.45 });
      break;
    }
    painter.detail(streetFace(stretch, at, at + width, 0, height), metal);
  }
  for (let post = near; post < far; post += 2.5) {
    painter.detail(streetFace(stretch, post, post + 0.14, 0, height), metal);
  }
}
