import { checkArgument } from '../../base/errors/index.js';
import { VOID } from '../../data/index.js';
import { ConfusionMatrix } from '../confusion-matrix.js';
import { metricsOf } from '../metrics.js';

/** What a scale found, as `Segmentation.scales` of a model holds it with `details`. */
export interface ScaleDetails {
  readonly scale: number;
  /** Train ids, H·W. */
  readonly labels: Uint8Array;
  /** H·W, 0 … 1, see `ScaleSegmentation.attention`. */
  readonly attention?: Float32Array;
}

/**
 * The share of each scale in the result, H·W each; they sum to 1 at each pixel. With adjacent attention α, from the lowest scale
 * up, a scale has α of what the lower ones leave, and the highest has the rest; with attention over all scales, a share is the
 * attention itself.
 *
 * @param scales highest first
 * @returns undefined if the scales were not weighed by attention: one scale alone, an average, a maximum
 */
export function scaleWeights(scales: readonly ScaleDetails[]): Float32Array[] | undefined {
  const isList = (list: unknown) =>
    Array.isArray(list) && list.every((one) => one?.labels instanceof Uint8Array);
  checkArgument(isList(scales), 'scaleWeights', 'the scales of a segmentation with details', scales);
  if (scales.length < 2 || scales.slice(1).some(({ attention }) => attention === undefined)) return undefined;
  if (scales[0]!.attention !== undefined) return scales.map(({ attention }) => attention!);
  const left = new Float32Array(scales[0]!.labels.length).fill(1);
  const weights: Float32Array[] = new Array(scales.length);
  for (let index = scales.length - 1; index > 0; index--) {
    const attention = scales[index]!.attention!;
    weights[index] = attention.map((alpha, i) => alpha * left[i]!);
    for (let i = 0; i < left.length; i++) left[i]! *= 1 - attention[i]!;
  }
  weights[0] = left;
  return weights;
}

/**
 * The scale with the largest share at each pixel, as its index; the higher scale where two are equal.
 *
 * @param weights H·W for each scale, highest first
 */
export function winners(weights: readonly Float32Array[]): Uint8Array {
  return Uint8Array.from(weights[0]!, (_, i) => {
    let best = 0;
    for (let index = 1; index < weights.length; index++)
      if (weights[index]![i]! > weights[best]![i]!) best = index;
    return best;
  });
}

/** What a scale is worth. Fractions 0 … 1; NaN where there is nothing to score. */
export interface ScaleFindings {
  readonly scale: number;
  /** With this scale alone. */
  readonly alone: { readonly meanIoU: number; readonly classIoU: readonly number[] };
  /** Without it, the others combined alike; missing if the others cannot be combined. */
  readonly without?: { readonly meanIoU: number; readonly classIoU: readonly number[] };
  /** Its mean share of the attention over all pixels that are scored, and by class of the truth; missing without attention. */
  readonly share?: number;
  readonly classShare?: readonly number[];
  /** The share of the pixels at which no other scale has a larger share, and by class of the truth; missing without attention. */
  readonly won?: number;
  readonly classWon?: readonly number[];
}

/** Counts what each of several scales contributes. */
export class ScaleStudy {
  readonly #classes: number;
  readonly #scales: readonly number[];
  readonly #alone: readonly ConfusionMatrix[];
  readonly #without: readonly ConfusionMatrix[];
  readonly #isLeftOut: readonly boolean[];
  readonly #pixels: Float64Array;
  /** For each scale and class. */
  readonly #share: readonly Float64Array[];
  readonly #won: readonly Float64Array[];
  #isWeighed = false;

  /** @param isLeftOut which scales can be left out */
  constructor(classes: number, scales: readonly number[], isLeftOut: readonly boolean[]) {
    const matrices = () => scales.map(() => new ConfusionMatrix(classes));
    const counts = () => scales.map(() => new Float64Array(classes));
    this.#classes = classes;
    this.#scales = scales;
    this.#isLeftOut = isLeftOut;
    [this.#alone, this.#without] = [matrices(), matrices()];
    [this.#share, this.#won] = [counts(), counts()];
    this.#pixels = new Float64Array(classes);
  }

  /**
   * Adds an image, whose labels are in the classes of the truth.
   *
   * @param alone labels of each scale
   * @param without labels without each scale; undefined for a scale that cannot be left out
   * @param weights see `scaleWeights`
   */
  add(
    truth: Uint8Array,
    alone: readonly Uint8Array[],
    without: readonly (Uint8Array | undefined)[],
    weights: readonly Float32Array[] | undefined,
  ): void {
    alone.forEach((labels, index) => {
      this.#alone[index]!.add(labels, truth);
    });
    without.forEach((labels, index) => {
      if (labels !== undefined) this.#without[index]!.add(labels, truth);
    });
    if (weights === undefined) return;
    this.#isWeighed = true;
    const best = winners(weights);
    for (let i = 0; i < truth.length; i++) {
      const label = truth[i]!;
      if (label === VOID) continue;
      this.#pixels[label]! += 1;
      this.#won[best[i]!]![label]! += 1;
      for (let index = 0; index < weights.length; index++) this.#share[index]![label]! += weights[index]![i]!;
    }
  }

  get findings(): ScaleFindings[] {
    const total = sum(this.#pixels);
    const byClass = (counts: Float64Array) =>
      Array.from({ length: this.#classes }, (_, id) => counts[id]! / this.#pixels[id]!);
    return this.#scales.map((scale, index) => {
      const [share, won] = [this.#share[index]!, this.#won[index]!];
      return {
        scale,
        alone: iousOf(this.#alone[index]!),
        ...(this.#isLeftOut[index] && { without: iousOf(this.#without[index]!) }),
        ...(this.#isWeighed && {
          share: sum(share) / total,
          classShare: byClass(share),
          won: sum(won) / total,
          classWon: byClass(won),
        }),
      };
    });
  }
}

function iousOf(matrix: ConfusionMatrix) {
  const { meanIoU, perClass } = metricsOf(matrix, { names: [] });
  return { meanIoU, classIoU: perClass.map(({ iou }) => iou) };
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
