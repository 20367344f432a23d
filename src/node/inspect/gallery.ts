import type { Pixels } from '../../base/pixels.js';
import type { ClassMap, Size } from '../../data/index.js';
import type { GalleryPicture } from '../../report/pages/index.js';
import { colorize } from '../../report/pictures/index.js';
import type { Fault } from '../datasets/index.js';
import { encodeJpeg, encodePng, resizeToWidth } from '../images/index.js';

/** A photograph, its label as train ids, and its faults. */
export interface Shown {
  readonly file: string;
  readonly photo?: Pixels;
  readonly label?: Uint8Array;
  readonly faults: readonly Fault[];
}

const WIDTH = 320;
const EXAMPLES = 12;
const MOST_FAULTY = 60;

/** Collects small pictures of a few evenly spaced examples of each split, and of files with faults. */
export class Gallery {
  readonly #kept: { readonly order: number; readonly picture: GalleryPicture }[] = [];
  #faulty = 0;

  constructor(
    readonly classes: ClassMap,
    readonly isWanted: boolean,
  ) {}

  get pictures(): GalleryPicture[] {
    return [...this.#kept].sort((a, b) => a.order - b.order).map(({ picture }) => picture);
  }

  async offer(
    split: { readonly name: string; readonly length: number },
    index: number,
    shown: Shown,
  ): Promise<void> {
    if (!this.isWanted) return;
    const isFaulty = shown.faults.length > 0;
    if (isFaulty ? this.#faulty++ >= MOST_FAULTY : !isExample(index, split.length)) return;
    const { photo, label, file } = shown;
    const picture: GalleryPicture = {
      split: split.name,
      file,
      faults: shown.faults.map(({ kind, detail }) => `${kind}: ${detail}`),
      ...(photo && { photo: await encodeJpeg(await resizeToWidth(photo, WIDTH), 72) }),
      ...(photo && label && { mask: await this.#mask(photo, label) }),
    };
    this.#kept.push({ order: index, picture });
  }

  async #mask({ width, height }: Size, label: Uint8Array): Promise<Uint8Array> {
    const small = await resizeToWidth({ data: label, width, height }, WIDTH);
    return encodePng(colorize(small.data, small.width, small.height, this.classes));
  }
}

function isExample(index: number, length: number): boolean {
  const step = Math.max(1, length / EXAMPLES);
  return Math.floor(index / step) !== Math.floor((index - 1) / step);
}
