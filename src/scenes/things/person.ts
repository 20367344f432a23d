import type { Generator } from '../../base/random/index.js';
import type { Rgb } from '../../data/contracts.js';
import { PERSON } from '../classes.js';
import { paint, shade, vary } from '../paint.js';
import type { Painter } from '../painter.js';
import { bar, circleProfile, type Placement } from '../solids.js';

const CLOTHES: readonly Rgb[] = [
  [40, 44, 58],
  [66, 70, 76],
  [130, 44, 44],
  [50, 80, 130],
  [206, 202, 194],
  [92, 104, 74],
  [180, 140, 60],
  [120, 90, 130],
];
const SKIN: readonly Rgb[] = [
  [226, 188, 160],
  [196, 148, 114],
  [140, 96, 70],
  [92, 62, 46],
];
const HAIR: readonly Rgb[] = [
  [36, 28, 24],
  [84, 58, 38],
  [150, 118, 76],
  [120, 118, 116],
];

/** The colours that one figure wears. */
export interface Outfit {
  readonly coat: Rgb;
  readonly trousers: Rgb;
  readonly skin: Rgb;
  readonly hair: Rgb;
}

/** Draws a set of clothes. */
export function drawOutfit(random: Generator): Outfit {
  return {
    coat: vary(random, random.pick(CLOTHES), 18),
    trousers: vary(
      random,
      random.pick([CLOTHES[0]!, CLOTHES[1]!, CLOTHES[3]!, [150, 130, 100] as const]),
      14,
    ),
    skin: random.pick(SKIN),
    hair: random.pick(HAIR),
  };
}

/** A person on foot, turned to the viewer's plane: standing or in mid-stride, 1.2 to 1.9 m tall. */
export function drawPerson(painter: Painter, random: Generator, at: Placement): void {
  painter.begin(PERSON, random);
  const outfit = drawOutfit(random);
  const height = random.chance(0.12) ? random.uniform(1.1, 1.4) : random.uniform(1.55, 1.9);
  const stride = random.chance(0.65) ? random.uniform(0.1, 0.26) : 0.07;
  const facing = random.chance(0.5) ? 1 : -1;
  const skirt = random.chance(0.15);
  const s = height / 1.75;
  const put = (corners: readonly (readonly [number, number])[], color: Rgb) =>
    painter.shape(
      corners.map(([across, up]) => [at.x + across * s * facing, at.y + up * s, at.z] as const),
      paint(color, { grain: 0.12, cell: 0.12 }),
    );
  const shoe = shade(outfit.trousers, 0.45);
  const rear = shade(outfit.trousers, 0.8);
  put(bar([0, 0.88], [-stride, 0.06], 0.15), rear);
  put(bar([0, 0.88], [stride, 0.06], 0.16), outfit.trousers);
  put(bar([-stride - 0.05, 0.04], [-stride + 0.12, 0.04], 0.08), shoe);
  put(bar([stride - 0.05, 0.04], [stride + 0.14, 0.04], 0.08), shoe);
  const arm = stride * 0.9;
  put(bar([0.02, 1.38], [arm + 0.06, 0.84], 0.1), shade(outfit.coat, 0.75));
  put(
    [
      [-0.22, 1.44],
      [0.22, 1.44],
      [skirt ? 0.27 : 0.19, skirt ? 0.55 : 0.8],
      [skirt ? -0.27 : -0.19, skirt ? 0.55 : 0.8],
    ],
    outfit.coat,
  );
  put(bar([-0.16, 1.4], [-arm - 0.14, 0.86], 0.11), shade(outfit.coat, 0.88));
  put(bar([0, 1.42], [0, 1.54], 0.1), outfit.skin);
  put(circleProfile(0, 1.63, 0.125, 9), outfit.skin);
  put(
    [
      [-0.13, 1.62],
      [-0.12, 1.72],
      [0, 1.78],
      [0.12, 1.72],
      [0.09, 1.68],
    ],
    outfit.hair,
  );
  if (random.chance(0.3)) put(bar([-0.24, 1.2], [-0.24, 0.92], 0.18), vary(random, [96, 70, 50], 30));
}
