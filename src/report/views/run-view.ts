/** A training run, as its folder tells of it. */
export interface RunView {
  readonly finished: boolean;
  /** Steps taken, and steps of the whole run. */
  readonly step: number;
  readonly steps: number;
  readonly stepsPerEpoch: number;
  readonly phases: readonly { readonly kind: string; readonly from: number; readonly to: number }[];
  readonly points: readonly StepPoint[];
  readonly validations: readonly ValidationPoint[];
  /** The validation whose model is kept as the best one. */
  readonly best?: { readonly meanIoU: number; readonly epoch: number; readonly step: number };
  /** Seconds of all its parts that have ended. */
  readonly seconds: number;
}

/** A step for which the metrics have a line. */
export interface StepPoint {
  readonly step: number;
  readonly loss: number;
  readonly learningRate: number;
  /** All numbers of the line by name. */
  readonly metrics: Readonly<Record<string, number>>;
}

export interface ValidationPoint {
  /** Steps before it. */
  readonly step: number;
  readonly epoch: number;
  readonly meanIoU: number;
  readonly pixelAccuracy: number;
  readonly combine: string;
  readonly scales: readonly number[];
}
