import type { Picture } from './picture.js';

/** Flips horizontally, in place. */
export function flipHorizontally({ image, label, width, height }: Picture): void {
  for (let row = 0; row < height; row++) {
    for (let left = row * width, right = left + width - 1; left < right; left++, right--) {
      if (label) {
        const kept = label[left]!;
        label[left] = label[right]!;
        label[right] = kept;
      }
      for (let channel = 0; channel < 3; channel++) {
        const kept = image[left * 3 + channel]!;
        image[left * 3 + channel] = image[right * 3 + channel]!;
        image[right * 3 + channel] = kept;
      }
    }
  }
}
