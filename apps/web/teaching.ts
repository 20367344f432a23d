import { HmsaError, type Progress, type Tuner } from '../../dist/web/index.js';
import type { Activity } from './activity.js';
import type { Desk } from './desk.js';
import { element } from './dom.js';
import type { Painting } from './painting.js';

/** Seconds between two looks at the labels while training. */
const LOOK_EVERY = 2;

/** Trains the model on the strokes, shows how that goes, and takes it back. */
export class Teaching {
  readonly #desk: Desk;
  readonly #activity: Activity;
  readonly #painting: Painting;
  readonly #onLabels: (labels: Uint8Array) => void;
  readonly #label: () => Promise<void>;
  readonly #train = element<HTMLButtonElement>('train');
  readonly #undo = element<HTMLButtonElement>('undo-training');
  readonly #save = element<HTMLButtonElement>('save-model');
  /** What trains, or is being prepared to. */
  #tuner: Promise<Tuner> | undefined;
  #opened: Tuner | undefined;
  #preparing: AbortController | undefined;
  /** The classes for which it was made. */
  #tunedClasses = '';
  #training: AbortController | undefined;
  /** The training that is under way, or was last; it never rejects. */
  #taught: Promise<boolean> = Promise.resolve(false);

  constructor(parts: {
    readonly desk: Desk;
    readonly activity: Activity;
    readonly painting: Painting;
    /** The labels as they are in the middle of the training. */
    readonly onLabels: (labels: Uint8Array) => void;
    /** Labels the picture with what was learned. */
    readonly label: () => Promise<void>;
  }) {
    this.#desk = parts.desk;
    this.#activity = parts.activity;
    this.#painting = parts.painting;
    this.#onLabels = parts.onLabels;
    this.#label = parts.label;
    this.#desk.on('model', () => this.#forget(true));
    this.#desk.on('photo', () => this.#forget(false));
    this.#train.addEventListener('click', () => void this.#press());
    this.#undo.addEventListener('click', () => void this.#takeBack());
  }

  /** Another model or picture: what was prepared for the one before is of no use. */
  #forget(isOtherModel: boolean): void {
    this.#preparing?.abort();
    // The worker of another model takes its own along.
    if (!isOtherModel) void this.#opened?.dispose().catch(() => {});
    this.#tuner = undefined;
    this.#opened = undefined;
    this.#undo.disabled = true;
    if (isOtherModel) this.#save.disabled = true;
  }

  /** Prepares the training while the user still paints. What fails here is said when the training begins. */
  prepare(): void {
    const { model, photo, result } = this.#desk;
    if (model?.isOpen !== true || photo === undefined || result === undefined) return;
    if (this.#training !== undefined || this.#activity.isBusy) return;
    this.#tunerNow().catch(() => {});
  }

  #tunerNow(onProgress?: (progress: Progress) => void): Promise<Tuner> {
    const { classes, model, photo } = this.#desk;
    const names = String(classes.names);
    if (this.#tuner !== undefined && this.#tunedClasses === names) return this.#tuner;
    this.#preparing?.abort();
    this.#preparing = new AbortController();
    const { signal } = this.#preparing;
    const made = model!.tune(photo!.bitmap, { classes, signal, ...(onProgress && { onProgress }) });
    this.#tuner = made;
    this.#opened = undefined;
    this.#tunedClasses = names;
    made.then(
      (tuner) => {
        if (this.#tuner === made) this.#opened = tuner;
      },
      () => {
        if (this.#tuner === made) this.#tuner = undefined;
      },
    );
    return made;
  }

  /** What is learned until now is kept, and the page is free for something else. */
  async end(): Promise<void> {
    if (this.#training === undefined) return;
    this.#training.abort();
    this.#activity.say('Ending the training…');
    await this.#taught;
  }

  async #press(): Promise<void> {
    if (this.#training !== undefined) return this.#training.abort();
    const { scribbles } = this.#painting;
    if (this.#desk.result === undefined || scribbles === undefined)
      return this.#refuse('a picture that is labelled', 'Open one first.');
    if (scribbles.classes === 0)
      return this.#refuse('painted strokes', 'Paint on the picture first, with two or more classes.');
    this.#train.textContent = 'Stop';
    // What is taught is the model's only after it has stopped.
    const afterwards = [this.#undo, this.#save];
    const wereDisabled = afterwards.map(({ disabled }) => disabled);
    for (const button of afterwards) button.disabled = true;
    this.#training = new AbortController();
    this.#taught = this.#teach(scribbles.labels, this.#training);
    const hasLearned = await this.#taught;
    this.#training = undefined;
    this.#train.textContent = 'Train';
    for (const [i, button] of afterwards.entries()) button.disabled = !hasLearned && wereDisabled[i]!;
    if (hasLearned && !this.#activity.isBusy) await this.#label();
  }

  #refuse(expected: string, remedy: string): void {
    this.#activity.fail(new HmsaError({ operation: 'train', expected, received: 'none', remedy }));
  }

  /** Trains until it is stopped, and makes what was learned the model's. @returns whether there is anything */
  async #teach(painted: Uint8Array, controller: AbortController): Promise<boolean> {
    const curve = new LossCurve();
    let tuner: Tuner | undefined;
    await this.#activity.run('Preparing the training', async (signal, onProgress) => {
      signal.addEventListener('abort', () => controller.abort(), { once: true });
      // Stop, too, ends the preparation.
      const teaching = await either(this.#tunerNow(onProgress), AbortSignal.any([signal, controller.signal]));
      tuner = teaching;
      let looked = performance.now();
      this.#activity.say('Training…');
      await teaching.train(painted, {
        signal: controller.signal,
        onStep: async ({ step, loss, accuracy }) => {
          curve.add(loss);
          element<HTMLOutputElement>('loss').value =
            `Step ${step}: loss ${loss.toFixed(3)}, ${Math.round(100 * accuracy)}% of its pixels right`;
          if (performance.now() - looked < 1000 * LOOK_EVERY || controller.signal.aborted) return;
          const { labels } = await teaching.labels();
          looked = performance.now();
          this.#onLabels(labels);
        },
      });
    });
    // What went wrong stays to be read, and changes nothing.
    if (tuner === undefined || curve.isEmpty || !controller.signal.aborted) return false;
    return tuner.apply().then(
      () => true,
      (error: unknown) => {
        this.#activity.fail(error);
        return false;
      },
    );
  }

  async #takeBack(): Promise<void> {
    const made = this.#tuner;
    if (made === undefined) return;
    const isUndone = await this.#activity.run('Undoing', async () => {
      const tuner = await made;
      const isDone = await tuner.undo();
      if (isDone) await tuner.apply();
      return isDone;
    });
    if (isUndone) await this.#label();
    else if (isUndone === false) this.#undo.disabled = true;
  }
}

/** The loss of each step, as a line. */
class LossCurve {
  readonly #chart = element<SVGElement>('chart');
  readonly #losses: number[] = [];

  get isEmpty(): boolean {
    return this.#losses.length === 0;
  }

  add(loss: number): void {
    this.#losses.push(loss);
    this.#chart.removeAttribute('hidden');
    const most = Math.max(...this.#losses, 1e-6);
    const last = Math.max(1, this.#losses.length - 1);
    const points = this.#losses.map(
      (one, i) => `${((300 * i) / last).toFixed(1)},${(58 - (56 * one) / most).toFixed(1)}`,
    );
    this.#chart.querySelector('polyline')!.setAttribute('points', points.join(' '));
  }
}

/** A promise, or the end of waiting for it. */
function either<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const ended = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  return Promise.race([promise, ended]);
}
