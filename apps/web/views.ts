import { heatmap } from '../../dist/report/pictures/index.js';
import type { ClassMap, Rgb, Segmentation } from '../../dist/web/index.js';

export type View = 'labels' | 'confidence' | 'attention' | 'won';

/** How much each scale counts in the result at each pixel, 0 … 1; the shares of a pixel sum to 1. */
export interface ScaleShare {
  readonly scale: number;
  readonly share: Float32Array;
}

const knownShares = new WeakMap<Segmentation, ScaleShare[] | undefined>();

/** The shares of the scales in a result, which are computed once; see {@link sharesOf}. */
function sharesOnce(result: Segmentation): ScaleShare[] | undefined {
  if (!knownShares.has(result)) knownShares.set(result, sharesOf(result));
  return knownShares.get(result);
}

/** Whether a result tells how much each scale counts. */
export function hasShares({ scales = [] }: Segmentation): boolean {
  return scales.length >= 2 && scales.some(({ attention }) => attention !== undefined);
}

/**
 * The shares of the scales, from their attention. Adjacent attention says how much a scale replaces what the higher ones agree
 * on, so the highest has none; a share over all scales stands for itself. Undefined without attention.
 */
export function sharesOf(result: Segmentation): ScaleShare[] | undefined {
  if (!hasShares(result)) return undefined;
  const { scales = [], width, height } = result;
  if (scales[0]!.attention !== undefined)
    return scales.map(({ scale, attention }) => ({ scale, share: attention! }));
  const left = new Float32Array(width * height).fill(1);
  const shares = [...scales].reverse().map(({ scale, attention }) => {
    const share = new Float32Array(left.length);
    for (let i = 0; i < left.length; i++) {
      share[i] = left[i]! * (attention?.[i] ?? 1);
      left[i]! -= share[i]!;
    }
    return { scale, share };
  });
  return shares.reverse();
}

/** Colours of the scales in "who won", from the highest scale on: those of the figures and reports of the command line. */
export const scaleColors: readonly Rgb[] = [
  [59, 130, 208],
  [230, 159, 0],
  [0, 158, 115],
  [204, 121, 167],
  [213, 94, 0],
  [86, 180, 233],
];

/** For each pixel the index of the scale that counts most. */
export function winners(shares: readonly ScaleShare[]): Uint8Array {
  const first = shares[0]!.share;
  const result = new Uint8Array(first.length);
  for (let i = 0; i < first.length; i++) {
    let best = 0;
    for (let s = 1; s < shares.length; s++) if (shares[s]!.share[i]! > shares[best]!.share[i]!) best = s;
    result[i] = best;
  }
  return result;
}

/** Numbers of classes as opaque colours; what is hidden or of no class is transparent. */
export function coloredLabels(
  labels: Uint8Array,
  width: number,
  height: number,
  colors: readonly Rgb[],
  hidden: ReadonlySet<number> = new Set(),
): ImageData {
  const palette = new Uint32Array(256);
  const bytes = new Uint8Array(palette.buffer);
  for (const [id, color] of colors.entries())
    if (!hidden.has(id)) bytes.set([color[0], color[1], color[2], 255], 4 * id);
  const picture = new ImageData(width, height);
  const pixels = new Uint32Array(picture.data.buffer);
  for (let i = 0; i < pixels.length; i++) pixels[i] = palette[labels[i]!]!;
  return picture;
}

/** The colours of the numbers 0/255 … 255/255 in heat maps, as opaque pixels. */
const heat = new Uint32Array(256);

/** Numbers 0 … 1 as a heat map. */
function coloredValues(values: Float32Array, width: number, height: number): ImageData {
  if (heat[0] === 0) {
    const { data } = heatmap(
      Float32Array.from(heat, (_, i) => i / 255),
      256,
      1,
    );
    const bytes = new Uint8Array(heat.buffer);
    for (let i = 0; i < 256; i++) bytes.set([data[3 * i]!, data[3 * i + 1]!, data[3 * i + 2]!, 255], 4 * i);
  }
  const picture = new ImageData(width, height);
  const pixels = new Uint32Array(picture.data.buffer);
  for (let i = 0; i < pixels.length; i++)
    pixels[i] = heat[Math.min(255, Math.max(0, Math.round(255 * values[i]!)))]!;
  return picture;
}

export interface ViewChoice {
  readonly view: View;
  /** A scale, or undefined for the combination. */
  readonly of: number | undefined;
  readonly hidden: ReadonlySet<number>;
}

/** The picture that lies over the photograph; undefined if the result has nothing to show for the choice. */
export function overlayOf(
  result: Segmentation,
  classes: Pick<ClassMap, 'colors'>,
  { view, of, hidden }: ViewChoice,
): ImageData | undefined {
  const { width, height, labels, confidence, scales } = result;
  switch (view) {
    case 'labels': {
      const own = of === undefined ? labels : scales?.find(({ scale }) => scale === of)?.labels;
      return own && coloredLabels(own, width, height, classes.colors, hidden);
    }
    case 'confidence':
      return confidence && coloredValues(confidence, width, height);
    case 'attention': {
      const shares = sharesOnce(result);
      const share = shares?.find(({ scale }) => scale === of) ?? shares?.at(-1);
      return share && coloredValues(share.share, width, height);
    }
    case 'won': {
      const shares = sharesOnce(result);
      return shares && coloredLabels(winners(shares), width, height, scaleColors);
    }
  }
}
