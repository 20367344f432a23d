import type { Generator } from '../../base/random/index.js';
import { VOID } from '../../data/contracts.js';
import { paint, vary } from '../paint.js';
import type { Painter } from '../painter.js';
import { boxProfile, drawPrism, frameAt, type Placement } from '../solids.js';

/** A litter bin or an electrical cabinet. Cityscapes does not score such things. */
export function drawBin(painter: Painter, random: Generator, at: Placement): void {
  painter.begin(VOID, random);
  const color = vary(
    random,
    random.pick([
      [70, 84, 70],
      [96, 96, 100],
      [150, 90, 40],
      [60, 70, 96],
    ] as const),
    14,
  );
  const height = random.uniform(0.8, 1.3);
  drawPrism(painter, frameAt(at), {
    profile: boxProfile(-0.3, 0.3, 0, height),
    half: 0.35,
    side: paint(color, { grain: 0.1, cell: 0.2 }),
  });
}
