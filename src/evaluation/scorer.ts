import type { ClassMap, CommonClasses } from '../data/index.js';
import { ConfusionMatrix } from './confusion-matrix.js';
import { imageMeanIoU, type Metrics, meanOfPresent, metricsOf } from './metrics.js';

export interface Score extends Metrics {
  /** Mean of {@link imageMeanIoU} over the images. */
  readonly imageMeanIoU: number;
  readonly images: number;
  /** Pixels by truth (row) and prediction (column). The last column counts predictions that are no class of the truth. */
  readonly confusion: readonly (readonly number[])[];
}

/** Scores predictions image by image. Its memory does not grow with the size of the images. */
export class Scorer {
  readonly classes: ClassMap;
  /** Summed over all images. */
  readonly matrix: ConfusionMatrix;
  readonly #common: CommonClasses | undefined;
  readonly #imageIoUs: number[] = [];

  /** @param classes the classes of model and truth, or the result of {@link commonClasses} if they differ */
  constructor(classes: ClassMap | CommonClasses) {
    this.#common = 'fromModel' in classes ? classes : undefined;
    this.classes = 'fromModel' in classes ? classes.classes : classes;
    this.matrix = new ConfusionMatrix(this.classes.names.length);
  }

  /**
   * Scores one image.
   *
   * @param prediction train ids of the model, H·W
   * @param truth train ids of the data set or void, H·W
   * @returns the confusion matrix of this image
   * @throws HmsaError when the sizes differ, or the truth contains an id that is neither a class nor void
   */
  add(prediction: Uint8Array, truth: Uint8Array): ConfusionMatrix {
    const image = new ConfusionMatrix(this.matrix.classes);
    if (this.#common === undefined) {
      image.add(prediction, truth);
    } else {
      image.add(translate(prediction, this.#common.fromModel), translate(truth, this.#common.fromTruth));
    }
    this.matrix.merge(image);
    this.#imageIoUs.push(imageMeanIoU(image));
    return image;
  }

  get score(): Score {
    return {
      ...metricsOf(this.matrix, this.classes),
      imageMeanIoU: meanOfPresent(this.#imageIoUs),
      images: this.#imageIoUs.length,
      confusion: this.matrix.rows,
    };
  }
}

function translate(labels: Uint8Array, table: Uint8Array): Uint8Array {
  return labels.map((id) => table[id]!);
}
