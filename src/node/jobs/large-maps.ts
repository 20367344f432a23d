import type { Size } from '../../data/index.js';
import type { LabelRows } from '../../prediction/index.js';
import { heatmap } from '../../report/pictures/index.js';
import { bytesOfPixel, type RawForm, RawImage } from '../images/index.js';
import { confidenceDepth } from './outputs.js';

/** The names of the maps of a segmentation that pictures are made of, by what is asked for: `labels`, `attention@0.5`. */
export function* mapNames({
  scales,
  confidence,
  attention,
  details,
}: {
  readonly scales: readonly number[];
  readonly confidence: boolean;
  readonly attention: boolean;
  readonly details: boolean;
}): Generator<string> {
  yield 'labels';
  if (confidence) yield 'confidence';
  if (attention) for (const scale of scales) yield `attention@${scale}`;
  if (details) for (const scale of scales) yield `labels@${scale}`;
}

function formOf(name: string): RawForm {
  if (name === 'confidence') return 'grey16';
  return name.startsWith('attention') ? 'rgb' : 'grey';
}

/** Bytes of all maps for each pixel of the image. */
export function bytesOfMaps(names: Iterable<string>): number {
  let sum = 0;
  for (const name of names) sum += bytesOfPixel(formOf(name));
  return sum;
}

/**
 * The maps of an image that is too large to be held, in temporary files that are written row by row: labels, the confidence in 16
 * bits, and the attention of a scale as a heat map.
 */
export class LargeMaps {
  readonly #size: Size;
  readonly #temporary: () => string;
  readonly #images = new Map<string, RawImage>();
  /** Pixels by train id. */
  readonly counts: Float64Array = new Float64Array(256);

  /** @param temporary a new path for a temporary file */
  constructor({ width, height }: Size, temporary: () => string) {
    this.#size = { width, height };
    this.#temporary = temporary;
  }

  /** A map that was written. */
  get(name: string): RawImage | undefined {
    return this.#images.get(name);
  }

  async write({ y, width, height, labels, confidence, attention, scales }: LabelRows): Promise<void> {
    for (const id of labels) this.counts[id]!++;
    await this.#add('labels', y, labels);
    if (confidence) {
      const { buffer, byteOffset, byteLength } = confidenceDepth(confidence);
      await this.#add('confidence', y, new Uint8Array(buffer, byteOffset, byteLength));
    }
    for (const [scale, map] of attention ?? [])
      await this.#add(`attention@${scale}`, y, heatmap(map, width, height).data);
    for (const { scale, labels: own } of scales ?? []) await this.#add(`labels@${scale}`, y, own);
  }

  async #add(name: string, y: number, rows: Uint8Array): Promise<void> {
    let image = this.#images.get(name);
    if (image === undefined) {
      image = await RawImage.create(this.#temporary(), this.#size, formOf(name));
      this.#images.set(name, image);
    }
    await image.write(y, rows);
  }

  async close(): Promise<void> {
    for (const image of this.#images.values()) await image.close();
  }
}
