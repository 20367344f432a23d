import type { Rgb } from '../../data/index.js';
import type { Calibration, ScaleFindings } from '../../evaluation/diagnosis/index.js';

/** The scores that a report shows. Fractions 0 … 1; NaN where there is nothing to score. What is unknown is missing. */
export interface ReportedScores {
  readonly classes: { readonly names: readonly string[]; readonly colors: readonly Rgb[] };
  readonly meanIoU: number;
  readonly meanAccuracy: number;
  readonly pixelAccuracy: number;
  readonly imageMeanIoU?: number;
  readonly images: number;
  readonly scales: readonly number[];
  readonly combine: string;
  readonly classIoU: readonly number[];
  readonly classAccuracy: readonly number[];
  /** Pixels of the truth. */
  readonly classPixels?: readonly number[];
  /** See `Diagnosis.confusion`. */
  readonly confusion?: readonly (readonly number[])[];
  readonly boundary?: {
    readonly ratio: number;
    readonly meanIoU: number;
    readonly classIoU: readonly number[];
  };
  readonly calibration?: Calibration;
  readonly scaleFindings?: readonly ScaleFindings[];
}
