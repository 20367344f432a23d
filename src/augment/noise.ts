import { bellTable, byteSum, type Generator, hash32 } from '../random/index.js';
import type { Picture } from './picture.js';

/** Adds independent, nearly Gaussian noise to every value, in place; the deviation in grey levels. */
export function addNoise({ image }: Picture, deviation: number, random: Generator): void {
  const seed = random.word();
  const clamped = new Uint8ClampedArray(image.buffer, image.byteOffset, image.length);
  const noise = bellTable(deviation);
  for (let k = 0; k < clamped.length; k++) clamped[k] = clamped[k]! + noise[byteSum(hash32(k ^ seed))]!;
}
