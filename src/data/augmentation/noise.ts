import { bellQuantiles, type Generator, hash32 } from '../../base/random/index.js';
import type { Picture } from './picture.js';

/** Adds independent, nearly Gaussian noise to every value, in place. The deviation is in grey levels. */
export function addNoise({ image }: Picture, deviation: number, random: Generator): void {
  const seed = random.word();
  const clamped = new Uint8ClampedArray(image.buffer, image.byteOffset, image.length);
  const noise = bellQuantiles(1024, deviation);
  // One hash serves a pixel, ten bits for each colour, because hashing takes most of the time.
  for (let k = 0, pixel = 0; k < clamped.length; k += 3, pixel++) {
    const bits = hash32(pixel ^ seed);
    clamped[k] = clamped[k]! + noise[bits & 1023]!;
    clamped[k + 1] = clamped[k + 1]! + noise[(bits >>> 10) & 1023]!;
    clamped[k + 2] = clamped[k + 2]! + noise[bits >>> 22]!;
  }
}
