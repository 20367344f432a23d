import { z } from 'zod';
import type { Pixels } from '../../base/pixels.js';
import { callback, checkNamed, type Shape, signal } from '../../base/schema/index.js';
import type { ClassMap } from '../../data/index.js';
import type { Evaluation } from '../../evaluation/index.js';
import type { Segmentation } from '../../prediction/index.js';
import type { TrainConfig } from '../config.js';
import type { EarlyEnd, PlannedPhase } from '../plan.js';
import type { StepEvent } from '../training.js';

/** Callbacks of a training run, and the signal that ends it. */
export interface TrainHooks {
  /** An abort finishes the step in progress and saves. */
  readonly signal?: AbortSignal;
  /**
   * Called with each event. If it returns a promise, the run awaits it before the next step. If it throws or the
   * promise rejects, the run ends with that error, and everything saved before stays.
   */
  readonly onEvent?: (event: TrainEvent) => unknown;
  /** Images of the validation data whose prediction comes with each validation; default 0. */
  readonly examples?: number;
}

const hooksShape = {
  signal,
  onEvent: callback,
  examples: z.int().min(0).optional(),
} satisfies Shape<TrainHooks>;

/** @throws HmsaError that names the hook */
export function checkHooks(hooks: TrainHooks): void {
  checkNamed(hooksShape, hooks, 'train');
}

export type TrainEvent =
  | { readonly kind: 'preparing' | 'warning'; readonly what: string }
  /** Sent once the data are open, before the first step. */
  | {
      readonly kind: 'planned';
      readonly config: TrainConfig;
      readonly stepsPerEpoch: number;
      /** The steps that the run has taken before. */
      readonly from: number;
      /** Phases that have ended early. */
      readonly ends: readonly EarlyEnd[];
    }
  | ({ readonly kind: 'step'; readonly waitShare: number } & StepEvent)
  | {
      readonly kind: 'validation';
      readonly epoch: number;
      /** Steps before it. */
      readonly step: number;
      readonly score: Evaluation;
      /** Whether its model is now the best one. */
      readonly isBest: boolean;
      readonly classes: ClassMap;
      /** As many as {@link TrainHooks.examples} asks for. */
      readonly examples: readonly Example[];
    }
  /** A phase has ended early. The plan of the rest follows from `ends`. */
  | {
      readonly kind: 'endedEarly';
      readonly phase: PlannedPhase;
      readonly epoch: number;
      /** The epoch since whose validation mean IoU has not improved. */
      readonly since: number;
      readonly ends: readonly EarlyEnd[];
    }
  | { readonly kind: 'saved'; readonly step: number };

/** A labelled photograph of the validation data, and what the model makes of it. */
export interface Example {
  readonly id: string;
  readonly photo: Pixels;
  /** Train ids, H·W. */
  readonly label: Uint8Array;
  /** With the attention of each scale, if the model has been scored with several. */
  readonly segmentation: Segmentation;
}

/** Calls a hook from places that cannot await it. {@link Teller.settled} awaits it and throws its error. */
export class Teller {
  readonly #onEvent: TrainHooks['onEvent'];
  #told: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;

  constructor(onEvent: TrainHooks['onEvent']) {
    this.#onEvent = onEvent;
  }

  readonly tell = (event: TrainEvent): void => {
    const fail = (error: unknown) => {
      this.#failure ??= { error };
    };
    try {
      const answer = this.#onEvent?.(event);
      this.#told = Promise.all([this.#told, answer]).then(() => {}, fail);
    } catch (error) {
      fail(error);
    }
  };

  readonly warn = (what: string): void => this.tell({ kind: 'warning', what });

  /** Awaits all events. @throws the first error of the hook */
  async settled(): Promise<void> {
    await this.#told;
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
