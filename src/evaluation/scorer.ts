import type { ClassMap, CommonClasses } from '../data/index.js';
import { ConfusionMatrix } from './confusion-matrix.js';
import { imageMeanIoU, type Metrics, meanOfPresent, metricsOf } from './metrics.js';

export interface Score extends Metrics {
  /** Mean over images of {@link imageMeanIoU}. */
  readonly imageMeanIoU: number;
  readonly images: number;
}

/** Scores predictions image by image; what it holds does not grow with the images' sizes. */
export class Scorer {
  readonly classes: ClassMap;
  /** Summed over all images. */
  readonly matrix: ConfusionMatrix;
  readonly #common: CommonClasses | undefined;
  readonly #imageIoUs: number[] = [];

  /** @param classes those of model and truth, or what {@link commonClasses} says where the two differ */
  constructor(classes: ClassMap | CommonClasses) {
    this.#common = 'fromModel' in classes ? classes : undefined;
    this.classes = 'fromModel' in classes ? classes.classes : classes;
    this.matrix = new ConfusionMatrix(this.classes.names.length);
  }

  /**
   * @param prediction the model's train ids, H·W
   * @param truth the data set's train ids or void, H·W
   * @returns the confusion matrix of this image
   * @throws HmsaError when the sizes differ or the truth holds what is neither a class nor void
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
    };
  }
}

function translate(labels: Uint8Array, table: Uint8Array): Uint8Array {
  return labels.map((id) => table[id]!);
}
