import type { Dataset } from '../../data/index.js';
import { RowBaseline, type Score, Scorer } from '../../evaluation/index.js';
import type { Combination } from '../../model/index.js';
import { evaluate } from '../../node/jobs/index.js';
import type { Segmenter } from '../../prediction/index.js';
import type { ComparedResult } from '../../report/pages/index.js';

/** Each scale alone, the average of all, the largest probability, and the hierarchy. */
function contenders(
  scales: readonly number[],
): { name: string; scales: readonly number[]; combine: Combination }[] {
  const ascending = [...scales].sort((a, b) => a - b);
  return [
    ...ascending.map((scale) => ({ name: `${scale}× alone`, scales: [scale], combine: 'single' as const })),
    { name: 'average', scales: ascending, combine: 'average' },
    { name: 'maximum', scales: ascending, combine: 'max' },
    { name: 'hierarchy', scales: ascending, combine: 'hierarchical' },
  ];
}

/**
 * Scores a model at each scale and with each combination on the same images. The first row is a baseline: the most
 * frequent class of each image row in the training images.
 */
export async function compare(
  segmenter: Segmenter,
  training: Dataset,
  validation: Dataset,
  { signal, onProgress }: { signal?: AbortSignal; onProgress?: (done: number, total: number) => void } = {},
): Promise<ComparedResult[]> {
  const results = [await scoreBaseline(training, validation)];
  const all = contenders(segmenter.model.config.scales);
  for (const [i, { name, scales, combine }] of all.entries()) {
    const score = await evaluate(segmenter, validation, {
      scales,
      combine,
      ...(signal === undefined ? {} : { signal }),
      onProgress: (done, total) => onProgress?.(i * total + done, all.length * total),
    });
    results.push({ name, scales, combine, ...told(score), seconds: score.seconds });
  }
  return results;
}

function told({ meanIoU, pixelAccuracy, perClass }: Score) {
  return { meanIoU, pixelAccuracy, classIoU: perClass.map(({ iou }) => (Number.isNaN(iou) ? null : iou)) };
}

async function scoreBaseline(training: Dataset, validation: Dataset): Promise<ComparedResult> {
  const started = performance.now();
  const baseline = new RowBaseline(training.classes.names.length);
  for (let i = 0; i < training.length; i++) {
    const { label, width, height } = await training.get(i);
    baseline.add(label!, width, height);
  }
  const scorer = new Scorer(validation.classes);
  for (let i = 0; i < validation.length; i++) {
    const { label, width, height } = await validation.get(i);
    scorer.add(baseline.predict(width, height), label!);
  }
  const seconds = (performance.now() - started) / 1000;
  return {
    name: 'most frequent class of each row (baseline)',
    scales: [],
    combine: 'baseline',
    ...told(scorer.score),
    seconds,
  };
}
