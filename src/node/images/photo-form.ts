import type { Metadata } from 'sharp';
import { HmsaError } from '../../base/errors/index.js';

/**
 * Checks the header of a photograph: whole numbers of 8 or 16 bits, in bands that are grey, RGB or CMYK. Decoders clip
 * floating-point values and drop other bands silently, and the result looks like an image.
 *
 * @throws HmsaError that says what to convert
 */
export function checkPhotoForm({ depth, channels, hasAlpha, space }: Metadata, name: string): void {
  if (depth !== 'uchar' && depth !== 'ushort') {
    throw new HmsaError({
      operation: name,
      expected: 'a photograph of 8 or 16 bits',
      received: `values of type ${depth}, whose range is not known`,
      remedy: 'Scale its values to 0 … 255 and save it with 8 bits.',
    });
  }
  const bands = channels - (hasAlpha ? 1 : 0);
  if (bands === 1 || bands === 3 || (bands === 4 && space === 'cmyk')) return;
  throw new HmsaError({
    operation: name,
    expected: 'a photograph of one band (grey) or three (RGB)',
    received: `${channels} bands`,
    remedy: 'Save its red, green and blue band as an RGB image.',
  });
}

/** If the brightest value of a 16-bit photograph needs no more bits than this, the photograph is black in 8 bits. */
const DARK_BITS = 12;
/** The brightest value in 8 bits of such an image. */
export const DARKEST_RANGE = 2 ** (DARK_BITS - 8) - 1;

/** @throws HmsaError for an image of 16 bits that uses 12 or fewer, because it would be black in 8 bits */
export function checkBrightest(brightest: number, name: string): void {
  if (brightest === 0 || brightest >= 2 ** DARK_BITS) return;
  const bits = Math.max(8, Math.ceil(Math.log2(brightest + 1)));
  throw new HmsaError({
    operation: name,
    expected: 'an image of 16 bits that uses their range',
    received: `a brightest value of ${brightest} of 65535, which is black, as from a camera with ${bits} bits`,
    remedy: `Stretch its values to the whole range first (times ${2 ** (16 - bits)}), or save it with 8 bits.`,
  });
}
