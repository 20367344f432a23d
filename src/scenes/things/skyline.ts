import type { Generator } from '../../base/random/index.js';
import { BUILDING, VEGETATION } from '../classes.js';
import { paint, vary } from '../paint.js';
import type { Painter } from '../painter.js';
import { MASONRY } from './building.js';
import { leafColor } from './tree.js';

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
