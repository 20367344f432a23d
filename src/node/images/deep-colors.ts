import { HmsaError } from '../../base/errors/index.js';
import type { LabelImage, Region, Size } from '../../data/index.js';

/**
 * A label map from RGB of 16 bits a channel. Grey pixels are numbers. Colours are read if 8 bits can hold them (each
 * value k stored as 257·k, as tools convert 8 bits to 16). The whole image decides how a rectangle of it is read.
 *
 * @param data RGB, H·W·3
 * @throws HmsaError for colours that 8 bits cannot hold, because rounding could turn them into the colours of other
 *   classes
 */
export function labelOfDeepColors(
  data: Uint16Array,
  whole: Size,
  name: string,
  region: Region = { left: 0, top: 0, ...whole },
): LabelImage {
  const { left, top, width, height } = region;
  const cut = <T extends Uint8Array | Uint16Array>(target: T, channels: number, divisor: number): T => {
    for (let i = 0; i < target.length; i++) {
      const pixel = Math.floor(i / channels);
      const at = (top + Math.floor(pixel / width)) * whole.width + left + (pixel % width);
      target[i] = data[at * 3 + (i % channels)]! / divisor;
    }
    return target;
  };
  if (data.every((value) => value % 257 === 0)) {
    return { kind: 'rgb', width, height, data: cut(new Uint8Array(width * height * 3), 3, 257) };
  }
  if (data.every((value, i) => value === data[i - (i % 3)])) {
    return { kind: 'index', width, height, data: cut(new Uint16Array(width * height), 1, 1) };
  }
  throw new HmsaError({
    operation: name,
    expected: 'colours of 8 bits a channel',
    received: 'colours of 16 bits that 8 bits cannot hold',
    remedy: 'Export the label maps as PNG with 8 bits a channel.',
  });
}
