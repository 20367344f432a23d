import type { Pixels } from '../../../base/pixels.js';
import type { Dataset } from '../../../data/index.js';
import { type EvaluateOptions, Scorer, scoredClasses } from '../../../evaluation/index.js';
import type { MaxSide, Segmenter } from '../../../prediction/index.js';
import { spread } from './choose-plan.js';

/** Images on which both models are timed. */
const TIMED_IMAGES = 10;

/** How much faster a quantised model is, and where it differs. */
export interface Timing {
  /** Medians for one image, both models in turns. */
  readonly speed: { readonly floatMs: number; readonly quantizedMs: number; readonly ratio: number };
  /** The share of pixels whose label differs. */
  readonly changedLabels: number;
}

/** A labelled image of a data set. */
export interface LabelledImage {
  readonly id: string;
  readonly image: Pixels;
  readonly label: Uint8Array;
}

/** Samples of a labelled set at equal distances. */
export async function readSamples(dataset: Dataset, count: number): Promise<LabelledImage[]> {
  const indices = spread(
    Array.from({ length: dataset.length }, (_, i) => i),
    count,
  );
  const samples: LabelledImage[] = [];
  for (const index of indices) {
    const { id, image: data, width, height, label } = await dataset.get(index);
    // Images without labels were refused when the data were opened.
    samples.push({ id, image: { data, width, height }, label: label! });
  }
  return samples;
}

/** How images are labelled. */
export type Way = Pick<EvaluateOptions, 'scales' | 'combine' | 'signal'> & { readonly maxSide?: MaxSide };

/** The mean IoU of a model on some images of a set. */
export async function meanIoU(
  segmenter: Segmenter,
  samples: readonly LabelledImage[],
  { classes }: Dataset,
  way: Way,
): Promise<number> {
  const scorer = new Scorer(scoredClasses(segmenter.classes, classes));
  for (const { image, label } of samples)
    scorer.add((await segmenter.segment(image, predictionOf(way))).labels, label);
  return scorer.score.meanIoU;
}

const predictionOf = ({ scales, combine, maxSide, signal }: Way) => ({
  ...(scales && { scales }),
  ...(combine && { combine }),
  ...(maxSide !== undefined && { maxSide }),
  ...(signal && { signal }),
});

/** Times both models on the same images in turns, and counts the pixels whose labels differ. */
export async function timed(
  exact: Segmenter,
  quantized: Segmenter,
  dataset: Dataset,
  way: Way,
): Promise<Timing> {
  const samples = await readSamples(dataset, TIMED_IMAGES);
  const times: [number[], number[]] = [[], []];
  let [changed, pixels] = [0, 0];
  for (const { image } of samples) {
    const labels: Uint8Array[] = [];
    for (const [i, segmenter] of [exact, quantized].entries()) {
      const started = performance.now();
      labels.push((await segmenter.segment(image, predictionOf(way))).labels);
      times[i]!.push(performance.now() - started);
    }
    pixels += labels[0]!.length;
    changed += labels[0]!.reduce((sum, label, i) => sum + (label === labels[1]![i] ? 0 : 1), 0);
  }
  const [floatMs, quantizedMs] = times.map(median) as [number, number];
  return { speed: { floatMs, quantizedMs, ratio: floatMs / quantizedMs }, changedLabels: changed / pixels };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
