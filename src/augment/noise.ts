import { bell, type Generator, hash32 } from '../random/index.js';
import type { Picture } from './picture.js';

/** Adds independent, nearly Gaussian noise to every value, in place; the deviation in grey levels. */
export function addNoise({ image }: Picture, deviation: number, random: Generator): void {
  const seed = random.word();
  const clamped = new Uint8ClampedArray(image.buffer, image.byteOffset, image.length);
  for (let k = 0; k < image.length; k++) clamped[k] = image[k]! + deviation * bell(hash32(k ^ seed));
}
