/** A convolution of MobileNetV2 and the batch norm behind it, by the paths of our variables, and what others call it after. */
export interface MobileNetV2Layer {
  readonly convolution: string;
  readonly norm: string;
  /** What it does in its inverted residual; `stem` and `last` lie outside of them. */
  readonly part: 'stem' | 'expand' | 'depthwise' | 'project' | 'last';
  /** Its stage, and its inverted residual in the stage and in the network; all from 0. */
  readonly stage: number;
  readonly block: number;
  readonly index: number;
}

/** Inverted residuals of each stage: table 2 of arXiv 1801.04381. */
const BLOCKS = [1, 2, 3, 4, 3, 3, 1];

/** All layers, in the order of the forward pass. */
export const mobileNetV2Layers: readonly MobileNetV2Layer[] = [
  outside('stem', 0),
  ...BLOCKS.flatMap((count, stage) =>
    Array.from({ length: count }, (_, block) => ({ stage, block })),
  ).flatMap((place, index) => inside(place, index)),
  outside('last', 1 + BLOCKS.reduce((sum, count) => sum + count, 0)),
];

function outside(part: 'stem' | 'last', feature: number): MobileNetV2Layer {
  const path = `trunk.features.${feature}`;
  return { convolution: `${path}.0`, norm: `${path}.1`, part, stage: 0, block: 0, index: 0 };
}

function inside(
  place: { readonly stage: number; readonly block: number },
  index: number,
): MobileNetV2Layer[] {
  const path = `trunk.features.${index + 1}.conv`;
  // The first does not expand.
  const paired = index === 0 ? (['depthwise'] as const) : (['expand', 'depthwise'] as const);
  const last = paired.length;
  return [
    ...paired.map((part, i) => ({
      convolution: `${path}.${i}.0`,
      norm: `${path}.${i}.1`,
      part,
      ...place,
      index,
    })),
    { convolution: `${path}.${last}`, norm: `${path}.${last + 1}`, part: 'project', ...place, index },
  ];
}
