import { HmsaError, shown } from '../base/errors/index.js';
import type { ClassMap } from '../data/index.js';
import type { Segmentation } from '../prediction/index.js';
import type { Connection } from './connection.js';
import type { ModelFacts, Progress, TuningStep } from './protocol.js';

/** Options of `WebModel.tune`. */
export interface TunerOptions {
  /** The classes of the model, and behind them further ones of one's own. Default: those of the model. */
  readonly classes?: ClassMap;
  /** Of Adam, above 0 and at most 1; default 0.0003. It falls while the same strokes are trained on. */
  readonly learningRate?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

/** Options of {@link Tuner.train}. */
export interface TuneOptions {
  /** Stop after this many steps. Default: until the signal is aborted. */
  readonly steps?: number;
  /** An abort stops the training before its next step; what is learned stays, and `train` resolves. */
  readonly signal?: AbortSignal;
  /** Called after each step; the next step waits for it. */
  readonly onStep?: (step: TuningStep) => unknown;
}

/**
 * Trains attention and head of a model on painted pixels of one picture, with the trunk frozen and its features kept. It changes
 * a copy of the weights; `apply` makes them those of the model.
 *
 * Where nothing is painted, what the model was sure of is learned too, so that it is not forgotten: except near strokes that are
 * painted over it, because that is what is to change.
 */
export class Tuner {
  readonly #connection: Connection;
  readonly #adopt: (facts: ModelFacts) => void;
  readonly classes: ClassMap;

  /** @internal */
  constructor(connection: Connection, classes: ClassMap, adopt: (facts: ModelFacts) => void) {
    this.#connection = connection;
    this.#adopt = adopt;
    this.classes = classes;
  }

  /**
   * Trains until it is told to stop. A later call goes on where this one ended, with the optimiser's state.
   *
   * @param labels H·W bytes of the picture's own size: the number of a class where it is painted, 255 elsewhere
   * @returns the last step; undefined if there was none
   * @throws HmsaError when nothing is painted, or the loss is not finite
   */
  async train(labels: Uint8Array, options: TuneOptions = {}): Promise<TuningStep | undefined> {
    const { steps = Number.POSITIVE_INFINITY, signal, onStep } = options;
    if (!(labels instanceof Uint8Array)) refuse('train', 'a Uint8Array of labels', labels);
    if (!(typeof steps === 'number' && steps >= 1)) refuse('train: steps', 'a number of at least 1', steps);
    await this.#connection.call('markTuning', {});
    let last: TuningStep | undefined;
    for (let i = 0; i < steps && !signal?.aborted; i++) {
      last = await this.#connection.call('tuningStep', i === 0 ? { labels } : {});
      await onStep?.(last);
    }
    return last;
  }

  /** The labels of the picture by what is learned so far, at its own size. */
  labels(): Promise<Pick<Segmentation, 'labels' | 'width' | 'height'>> {
    return this.#connection.call('tuningLabels', {});
  }

  /** Goes back to before the last `train`; false if there is nothing to undo. */
  undo(): Promise<boolean> {
    return this.#connection.call('undoTuning', {});
  }

  /** Makes what is learned the model's own: `segment` and `encode` then use it. Training may go on. */
  async apply(): Promise<void> {
    this.#adopt(await this.#connection.call('applyTuning', {}));
  }

  /** Frees the memory of the training. The model stays. */
  dispose(): Promise<void> {
    return this.#connection.call('endTuning', {});
  }
}

function refuse(operation: string, expected: string, received: unknown): never {
  throw new HmsaError({ operation, expected, received: shown(received) });
}
