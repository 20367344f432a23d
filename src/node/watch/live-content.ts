import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MetricsFile } from '../report/metrics-file.js';
import { readRun } from '../report/read-run.js';
import { readPicture, readPictures } from './kept-pictures.js';

/** Rest after making the content, as a multiple of the time that took: a training beside it loses at most a thirtieth. */
const REST = 30;
/** The longest rest in ms, because only the first look at a long run takes seconds. */
const LONGEST_REST = 15_000;

/** What changes of the page of a run: made once for all who look, and only if the folder has changed. */
export class LiveContent {
  readonly #folder: string;
  readonly #metrics: MetricsFile;
  #stamp = '';
  #html = '';
  #restsUntil = 0;
  #making: Promise<string> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
    this.#metrics = new MetricsFile(join(folder, 'metrics.jsonl'));
  }

  /** The content of now or, while it rests, the last one. */
  async get(): Promise<string> {
    await this.refresh();
    return this.#html;
  }

  /** Makes the content anew if the folder has changed and it has rested. @returns whether it did */
  async refresh(): Promise<boolean> {
    const stamp = await stampOf(this.#folder);
    if (this.#html !== '' && stamp === this.#stamp) return false;
    if (this.#html !== '' && performance.now() < this.#restsUntil) return false;
    this.#making ??= this.#make().finally(() => {
      this.#making = undefined;
    });
    this.#html = await this.#making;
    this.#stamp = stamp;
    return true;
  }

  /** The content of now with its pictures inside it, for pages that can ask for nothing any more. */
  last(): Promise<string> {
    return this.#make(true);
  }

  async #make(isLast = false): Promise<string> {
    const folder = this.#folder;
    const { liveContent } = await import('../../report/views/index.js');
    const began = performance.now();
    try {
      const hasBegun = (await stat(join(folder, 'run.json')).catch(() => undefined)) !== undefined;
      if (!hasBegun) return liveContent(undefined, undefined);
      const { view } = await readRun(folder, this.#metrics);
      return liveContent(view, await this.#pictures(isLast));
    } finally {
      this.#restsUntil = performance.now() + Math.min(LONGEST_REST, REST * (performance.now() - began));
    }
  }

  async #pictures(areInside: boolean) {
    const pictures = await readPictures(this.#folder).catch(() => undefined);
    if (pictures === undefined) return undefined;
    const kept = await stat(join(this.#folder, 'examples', 'examples.json')).catch(() => undefined);
    // Later pictures have other addresses, so that a browser does not show those that it has.
    const served = (name: string) => `pictures/${name}?at=${Math.round(kept?.mtimeMs ?? 0)}`;
    const addressOf = areInside ? (name: string) => this.#inside(name) : served;
    const images = await Promise.all(
      pictures.images.map(async (image) => ({
        ...image,
        pictures: await Promise.all(
          image.pictures.map(async ({ title, address }) => ({ title, address: await addressOf(address) })),
        ),
      })),
    );
    return { ...pictures, images };
  }

  async #inside(name: string): Promise<string> {
    const { dataUrl } = await import('../../report/pages/index.js');
    const bytes = await readPicture(this.#folder, name).catch(() => undefined);
    return dataUrl(name.endsWith('.png') ? 'png' : 'jpeg', bytes ?? new Uint8Array());
  }
}

/** Changes when a file that the page shows does. */
async function stampOf(folder: string): Promise<string> {
  const files = ['run.json', 'metrics.jsonl', join('examples', 'examples.json')];
  const found = await Promise.all(files.map((file) => stat(join(folder, file)).catch(() => undefined)));
  return found.map((info) => (info === undefined ? '' : `${info.size}:${info.mtimeMs}`)).join();
}
