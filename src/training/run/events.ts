import { callback, checkNamed, type Shape, signal } from '../../base/schema/index.js';
import type { Evaluation } from '../../evaluation/index.js';
import type { TrainConfig } from '../config.js';
import type { StepEvent } from '../training.js';

/** How a caller follows a training run, and ends it. */
export interface TrainHooks {
  /** An abort finishes the step in progress and saves. */
  readonly signal?: AbortSignal;
  /**
   * Told what happens. A promise is awaited before the next step; one that rejects, and an error that is thrown, ends
   * the run with that error, and what was saved before stays.
   */
  readonly onEvent?: (event: TrainEvent) => unknown;
}

const hooksShape = { signal, onEvent: callback } satisfies Shape<TrainHooks>;

/** @throws HmsaError that names the hook */
export function checkHooks(hooks: TrainHooks): void {
  checkNamed(hooksShape, hooks, 'train');
}

export type TrainEvent =
  | { readonly kind: 'preparing' | 'warning'; readonly what: string }
  /** Once the data are open, before the first step: what lies before the run. */
  | { readonly kind: 'planned'; readonly config: TrainConfig; readonly stepsPerEpoch: number }
  | ({ readonly kind: 'step'; readonly waitShare: number } & StepEvent)
  | { readonly kind: 'validation'; readonly epoch: number; readonly score: Evaluation }
  | { readonly kind: 'saved'; readonly step: number };

/** Calls a hook from places that cannot wait for it; {@link Teller.settled} waits, and throws what the hook has thrown. */
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

  /** Waits for what was told. @throws the first error of the hook */
  async settled(): Promise<void> {
    await this.#told;
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
