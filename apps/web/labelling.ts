import { loadModel } from '../../dist/web/index.js';
import type { Activity } from './activity.js';
import type { Desk } from './desk.js';
import { element } from './dom.js';
import type { Photo } from './photo.js';
import type { ScaleChips } from './scale-chips.js';

/**
 * Bytes of memory for one picture. At their usual size pictures take an eighth of it. At their full size they are labelled in
 * tiles of about a megapixel, so that one sees how it goes, and can end it.
 */
const MEMORY = 1e9;

/** What every view of a result needs. */
const SHOWN = { details: true, confidence: true } as const;

/** Opens models and pictures, and has the one label the other. */
export class Labelling {
  readonly #desk: Desk;
  readonly #activity: Activity;
  readonly #chips: () => ScaleChips;
  readonly #endTraining: () => Promise<void>;
  #preparing: AbortController | undefined;
  /** The model that is being loaded; pictures may be opened meanwhile. */
  #loading: symbol | undefined;

  constructor(parts: {
    readonly desk: Desk;
    readonly activity: Activity;
    readonly chips: () => ScaleChips;
    readonly endTraining: () => Promise<void>;
  }) {
    this.#desk = parts.desk;
    this.#activity = parts.activity;
    this.#chips = parts.chips;
    this.#endTraining = parts.endTraining;
  }

  /** @returns whether the model is open; `ended` if it was cancelled, or another one was opened before it was there */
  async openModel(source: string | File): Promise<boolean | 'ended'> {
    await this.#endTraining();
    this.#preparing?.abort();
    const own = Symbol();
    this.#loading = own;
    const loaded = await this.#activity.run('Loading the model', async (signal, onProgress) =>
      loadModel(source, {
        signal,
        onProgress,
        memoryLimit: MEMORY,
        assets: new URL('./web/', import.meta.url),
      }),
    );
    const isLast = this.#loading === own;
    if (isLast) this.#loading = undefined;
    if (loaded === undefined) {
      const isEnded = !isLast || this.#activity.wasCancelled;
      // A picture that was opened meanwhile is for the model that stays.
      if (isLast && this.#desk.photo !== undefined && this.#desk.result === undefined) void this.label();
      return isEnded ? 'ended' : false;
    }
    this.#desk.useModel(loaded);
    this.#activity.say('The model is ready.');
    this.#showDevice();
    if (this.#desk.photo === undefined) void this.#prepare();
    else await this.label();
    return true;
  }

  async openPhoto(text: string, open: () => Promise<Photo>): Promise<void> {
    await this.#endTraining();
    // The model goes on loading, and labels the picture as soon as it is there.
    const opened =
      this.#loading === undefined ? await this.#activity.run(text, open) : await this.#beside(open);
    if (opened === undefined) return;
    this.#desk.usePhoto(opened);
    if (this.#loading === undefined) await this.label();
  }

  async #beside(open: () => Promise<Photo>): Promise<Photo | undefined> {
    try {
      return await open();
    } catch (error) {
      this.#activity.fail(error);
      return undefined;
    }
  }

  /** Labels the picture as the chips say. */
  async label(): Promise<void> {
    await this.#endTraining();
    this.#preparing?.abort();
    const { model, photo } = this.#desk;
    if (photo === undefined) return;
    if (model === undefined)
      return this.#activity.say('There is no model yet: open one below, and it labels the picture.');
    const { choice } = this.#chips();
    const started = performance.now();
    const found = await this.#activity.run('Labelling', (signal, onProgress) =>
      model.segment(photo.bitmap, { ...choice, ...SHOWN, signal, onProgress }),
    );
    if (this.#desk.photo !== photo || this.#desk.model !== model) return;
    if (found === undefined) {
      if (!this.#activity.isBusy) this.#chips().backToResult();
      return;
    }
    this.#chips().keep();
    this.#desk.showResult(found, choice.combine ?? 'hierarchical');
    const { width, height, seen } = found;
    const sizes = [
      photo.from ? `reduced from ${photo.from.width}×${photo.from.height}` : '',
      seen.width === width ? '' : `seen by the network at ${seen.width}×${seen.height}`,
    ].filter(Boolean);
    this.#activity.say(
      `${width}×${height} pixels${sizes.map((size) => `, ${size}`).join('')}, in ${((performance.now() - started) / 1000).toFixed(1)} s.`,
    );
    this.#showDevice();
  }

  /** Warms the model up while the user looks for a picture. What fails here is said when a picture is labelled. */
  async #prepare(): Promise<void> {
    const { model } = this.#desk;
    this.#preparing = new AbortController();
    const { signal } = this.#preparing;
    await model?.prepare({ ...this.#chips().choice, ...SHOWN, signal }).catch(() => {});
  }

  #showDevice(): void {
    const { device, reason } = this.#desk.model!;
    element('device').textContent =
      `Computes on ${device === 'webgpu' ? 'the graphics card (WebGPU)' : 'the CPU (WebAssembly)'}: ${reason}.`;
  }
}
