import { checkArgument } from '../base/errors/index.js';
import { type ClassMap, checkNames } from '../data/index.js';
import { ConfusionMatrix } from './confusion-matrix.js';

export interface ClassMetrics {
  readonly name: string;
  /** Intersection over union; NaN if the class occurs in neither prediction nor truth. */
  readonly iou: number;
  /** Share of the class's true pixels that were found (recall); NaN if it does not occur in the truth. */
  readonly accuracy: number;
  /** Pixels whose truth is the class. */
  readonly pixels: number;
}

/** Fractions 0 … 1; NaN if there is nothing to score. */
export interface Metrics {
  /** Mean IoU of the classes whose IoU is not NaN. */
  readonly meanIoU: number;
  /** Mean accuracy of the classes whose accuracy is not NaN. */
  readonly meanAccuracy: number;
  /** Share of all pixels that are right. */
  readonly pixelAccuracy: number;
  /** Mean of the classes' IoU weighted by their true pixels. */
  readonly frequencyWeightedIoU: number;
  readonly perClass: readonly ClassMetrics[];
}

/**
 * The metrics of a confusion matrix, with counts summed over the whole data set before any division (Everingham et al.
 * 2015 for IoU; Long et al. 2015, arXiv 1411.4038, section 5, for the others).
 */
export function metricsOf(matrix: ConfusionMatrix, classes: Pick<ClassMap, 'names'>): Metrics {
  checkArgument(matrix instanceof ConfusionMatrix, 'metricsOf', 'a ConfusionMatrix', matrix);
  checkNames(classes, 'metricsOf');
  const { names } = classes;
  let right = 0;
  let total = 0;
  let weighted = 0;
  const perClass = Array.from({ length: matrix.classes }, (_, id): ClassMetrics => {
    const found = matrix.count(id, id);
    const pixels = matrix.truthPixels(id);
    const union = pixels + matrix.predictedPixels(id) - found;
    const iou = found / union;
    right += found;
    total += pixels;
    if (pixels > 0) weighted += pixels * iou;
    return { name: names[id] ?? `class ${id}`, iou, accuracy: found / pixels, pixels };
  });
  return {
    meanIoU: meanOfPresent(perClass.map(({ iou }) => iou)),
    meanAccuracy: meanOfPresent(perClass.map(({ accuracy }) => accuracy)),
    pixelAccuracy: right / total,
    frequencyWeightedIoU: weighted / total,
    perClass,
  };
}

/**
 * Mean IoU of one image over the classes in its truth; NaN if its truth is all void. Its mean over images is the metric
 * of the replication. It gives small objects more weight than the IoU of the data set.
 */
export function imageMeanIoU(matrix: ConfusionMatrix): number {
  const { perClass } = metricsOf(matrix, { names: [] });
  return meanOfPresent(perClass.filter(({ pixels }) => pixels > 0).map(({ iou }) => iou));
}

/** The mean of the values that are not NaN; NaN if there are none. */
export function meanOfPresent(values: readonly number[]): number {
  const present = values.filter((value) => !Number.isNaN(value));
  return present.reduce((sum, value) => sum + value, 0) / present.length;
}
