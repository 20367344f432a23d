import { HmsaError } from '../../base/errors/index.js';
import type { Buffers } from '../augmentation/index.js';
import { type Sample, type Size, VOID } from '../index.js';

/** The samples of a batch, one after the other. */
export class Stack {
  /** RGB, N·H·W·3. */
  readonly images: Uint8Array;
  /** Train ids, N·H·W; initially void. */
  readonly labels: Uint8Array;
  readonly width: number;
  readonly height: number;

  constructor(count: number, { width, height }: Size) {
    this.images = new Uint8Array(count * width * height * 3);
    this.labels = new Uint8Array(count * width * height).fill(VOID);
    this.width = width;
    this.height = height;
  }

  /** The memory of one sample. */
  slot(index: number): Buffers {
    const pixels = this.width * this.height;
    return {
      image: this.images.subarray(index * pixels * 3, (index + 1) * pixels * 3),
      label: this.labels.subarray(index * pixels, (index + 1) * pixels),
    };
  }

  /** @throws HmsaError when the sample has another size */
  put(index: number, { image, label, width, height, id }: Sample): void {
    if (width !== this.width || height !== this.height) {
      throw new HmsaError({
        operation: id,
        expected: `${this.width}×${this.height}, like the others of its batch`,
        received: `${width}×${height}`,
        remedy: 'Set a crop size, or use batches of one.',
      });
    }
    const slot = this.slot(index);
    slot.image.set(image);
    if (label) slot.label.set(label);
  }
}
