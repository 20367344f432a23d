import { HmsaError, withFile } from '../../base/errors/index.js';
import { readAhead } from '../../base/tasks.js';
import { type ClassMap, type CommonClasses, checkDataset, type Dataset } from '../../data/index.js';
import { type Combination, leastSide } from '../../model/index.js';
import { checkSegmenter, type Segmenter, type Way } from '../../prediction/index.js';
import { BOUNDARY_RATIO, BoundaryCounts, canRun, trueBoundary } from '../comparison/index.js';
import type { ConfusionMatrix } from '../confusion-matrix.js';
import { checkEvaluateOptions, type EvaluateOptions, scorable, scoredClasses } from '../evaluate.js';
import { imageMeanIoU, meanOfPresent, metricsOf } from '../metrics.js';
import { type Score, Scorer } from '../scorer.js';
import { type Calibration, CalibrationCounts } from './calibration.js';
import { type ScaleFindings, ScaleStudy, scaleWeights } from './scale-study.js';

/** How one image was labelled. NaN where there is nothing to score. */
export interface ImageScore {
  /** Its place in the data set. */
  readonly index: number;
  readonly id: string;
  /** Mean IoU over the classes in its truth. */
  readonly meanIoU: number;
  /** By train id; NaN for classes that are not in its truth. */
  readonly classIoU: readonly number[];
  /** Pixels of the truth, by train id. */
  readonly classPixels: readonly number[];
}

/** Where and how a model is right and wrong. Fractions 0 … 1; NaN where there is nothing to score. */
export interface Diagnosis extends Score {
  readonly classes: ClassMap;
  readonly scales: readonly number[];
  readonly combine: Combination;
  readonly boundary: {
    /** The width of boundaries as a share of the image's diagonal. */
    readonly ratio: number;
    readonly meanIoU: number;
    readonly classIoU: readonly number[];
  };
  readonly calibration: Calibration;
  /** What each scale contributes, highest first; empty for one scale alone. */
  readonly scaleFindings: readonly ScaleFindings[];
  readonly imageScores: readonly ImageScore[];
  /** One line for each image that was left out. It names the file. */
  readonly skipped: readonly string[];
}

/**
 * Scores a model on every labelled image as `evaluate` does. It also measures which classes it confuses, how well its
 * confidence is calibrated, how exact its contours are, and what each scale contributes.
 *
 * @throws HmsaError as `evaluate` does
 */
export async function diagnose(
  segmenter: Segmenter,
  dataset: Dataset,
  options: EvaluateOptions = {},
): Promise<Diagnosis> {
  checkSegmenter(segmenter, 'diagnose');
  checkDataset(dataset, 'diagnose');
  checkEvaluateOptions(options);
  const { combine = 'hierarchical', skipBad = false, signal, onProgress, maxSide, ...rest } = options;
  const common = scoredClasses(segmenter.model.classes, dataset.classes);
  const scorer = new Scorer(common);
  const { classes } = scorer;
  const count = classes.names.length;
  const { scales } = await segmenter.prepare({ ...rest, combine, details: true, confidence: true });
  const ways = waysWithout(segmenter, scales, combine);
  const boundary = new BoundaryCounts(count);
  const calibration = new CalibrationCounts();
  const study = new ScaleStudy(
    count,
    scales,
    ways.map((way) => way !== undefined),
  );
  const imageScores: ImageScore[] = [];
  const skipped: string[] = [];
  const reduction = { ...(maxSide !== undefined && { maxSide }), ...(signal && { signal }) };
  const least = leastSide(segmenter.model.config, scales);
  const indices = Array.from({ length: dataset.length }, (_, index) => index);
  const read = async (index: number) => scorable(await dataset.get(index), least);
  for await (const { index, ...result } of readAhead(indices, read)) {
    signal?.throwIfAborted();
    if (result.status === 'fulfilled') {
      const { label, image: data, width, height, id } = result.value;
      const image = { data, width, height };
      const found = await withFile(id, () =>
        segmenter.segment(image, { scales, combine, details: true, confidence: true, ...reduction }),
      );
      const labelsAlone = found.scales!.map(({ labels }) => labels);
      const labelsWithout = await withFile(id, () =>
        leavingOut(segmenter, image, ways, labelsAlone, reduction),
      );
      const inCommon = (labels: Uint8Array) => translated(labels, common, 'fromModel');
      const truth = translated(label, common, 'fromTruth');
      const prediction = inCommon(found.labels);
      const matrix = scorer.add(found.labels, label);
      boundary.add(prediction, trueBoundary(truth, width, height));
      calibration.add(prediction, found.confidence!, truth);
      if (scales.length > 1) {
        study.add(
          truth,
          labelsAlone.map(inCommon),
          labelsWithout.map((labels) => labels && inCommon(labels)),
          scaleWeights(found.scales!),
        );
      }
      imageScores.push({ index, id, ...scoresOfImage(matrix) });
    } else {
      if (!skipBad || !(result.reason instanceof HmsaError)) throw result.reason;
      skipped.push(result.reason.message);
    }
    await onProgress?.(index + 1, dataset.length);
  }
  const classIoU = boundary.iou;
  return {
    ...scorer.score,
    classes,
    scales,
    combine,
    boundary: { ratio: BOUNDARY_RATIO, meanIoU: meanOfPresent(classIoU), classIoU },
    calibration: calibration.calibration,
    scaleFindings: scales.length > 1 ? study.findings : [],
    imageScores,
    skipped,
  };
}

/** For each scale, how the others label without it; undefined if they cannot. */
function waysWithout(
  { model: { config } }: Segmenter,
  scales: readonly number[],
  combine: Combination,
): (Way | undefined)[] {
  if (scales.length < 2) return [];
  return scales.map((scale) => {
    const others = scales.filter((other) => other !== scale);
    const way: Way = { scales: others, combine: others.length === 1 ? 'single' : combine };
    return canRun(config, way) ? way : undefined;
  });
}

/** With two scales, each alone is the result without the other. */
async function leavingOut(
  segmenter: Segmenter,
  image: Parameters<Segmenter['segmentWays']>[0],
  ways: readonly (Way | undefined)[],
  alone: readonly Uint8Array[],
  options: Parameters<Segmenter['segmentWays']>[2],
): Promise<(Uint8Array | undefined)[]> {
  if (ways.length === 2) return [alone[1], alone[0]];
  const asked = ways.filter((way) => way !== undefined);
  if (asked.length === 0) return ways.map(() => undefined);
  const labels = await segmenter.segmentWays(image, asked, options);
  return ways.map((way) => (way === undefined ? undefined : labels[asked.indexOf(way)]));
}

/** Labels of a model or of a truth in the classes that are scored. */
export function translated(
  labels: Uint8Array,
  common: ClassMap | CommonClasses,
  by: 'fromModel' | 'fromTruth',
): Uint8Array {
  return 'fromModel' in common ? labels.map((id) => common[by][id]!) : labels;
}

function scoresOfImage(matrix: ConfusionMatrix) {
  const { perClass } = metricsOf(matrix, { names: [] });
  return {
    meanIoU: imageMeanIoU(matrix),
    classIoU: perClass.map(({ iou, pixels }) => (pixels > 0 ? iou : Number.NaN)),
    classPixels: perClass.map(({ pixels }) => pixels),
  };
}
