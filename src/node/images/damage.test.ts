import fc from 'fast-check';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { HmsaError } from '../../base/errors/index.js';
import { generator } from '../../base/random/index.js';
import { decodeLabels } from './label.js';
import { damaged as damagedError, decodeImage } from './photo.js';

const random = generator(1, 'damage');
const data = new Uint8Array(40 * 30 * 3).map(() => random.int(256));
const image = sharp(data, { raw: { width: 40, height: 30, channels: 3 } });
const files = await Promise.all([
  image.clone().png().toBuffer(),
  image.clone().png({ palette: true, colors: 12, progressive: true }).toBuffer(),
  image.clone().jpeg().toBuffer(),
  image.clone().webp({ lossless: true }).toBuffer(),
  image.clone().tiff({ compression: 'lzw' }).toBuffer(),
]);

/** A file with some bytes changed, and perhaps its end cut off. */
const damaged = fc
  .record({
    file: fc.constantFrom(...files),
    keep: fc.double({ min: 0, max: 1, noNaN: true }),
    isCut: fc.boolean(),
    changes: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat({ max: 255 })), {
      maxLength: 6,
    }),
  })
  .map(({ file, keep, isCut, changes }) => {
    const bytes = Uint8Array.from(isCut ? file.subarray(0, Math.floor(file.length * keep)) : file);
    for (const [at, value] of changes) {
      // Mostly in the headers, where damage does most.
      if (bytes.length > 0) bytes[Math.floor(at ** 3 * (bytes.length - 1))] = value;
    }
    return bytes;
  });

test('whatever is in a file, it is decoded or refused by name', async () => {
  await fc.assert(
    fc.asyncProperty(damaged, async (bytes) => {
      for (const decode of [decodeImage, decodeLabels]) {
        try {
          const {
            width,
            height,
            data: pixels,
          } = await decode(bytes, { name: 'damaged.png', pixelLimit: 1e6 });
          expect([width * height, width * height * 3]).toContain(pixels.length);
        } catch (error) {
          expect(error).toBeInstanceOf(HmsaError);
          expect((error as HmsaError).operation).toBe('damaged.png');
          expect((error as HmsaError).message).not.toContain('\n');
        }
      }
    }),
    { numRuns: 400 },
  );
});

test('the last reason that libvips gives is told, and none where it gives none', () => {
  const told = (message: string) => damagedError('a.jpg', new Error(message)).received;
  expect(told('VipsJpeg: premature end\n')).toBe('an incomplete or damaged one (VipsJpeg: premature end)');
  expect(told('VipsJpeg: premature end\nUnknown error\n')).toBe(
    'an incomplete or damaged one (VipsJpeg: premature end)',
  );
  for (const none of ['Unknown error', '', ' \n']) expect(told(none)).toBe('an incomplete or damaged one');
});
