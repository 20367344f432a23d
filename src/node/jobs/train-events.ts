import type { StepEvent } from '../../train/index.js';
import type { Evaluation } from './evaluate.js';

/** How a caller follows a training run, and ends it. */
export interface TrainHooks {
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainEvent) => void;
}

export type TrainEvent =
  | { readonly kind: 'preparing' | 'warning'; readonly what: string }
  | ({ readonly kind: 'step'; readonly waitShare: number } & StepEvent)
  | { readonly kind: 'validation'; readonly epoch: number; readonly score: Evaluation }
  | { readonly kind: 'saved'; readonly step: number };
