import fc from 'fast-check';
import { encode } from 'fast-png';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { HmsaError } from '../../base/errors/index.js';
import { generator } from '../../base/random/index.js';
import type { Region, Size } from '../../data/index.js';
import { encodePng } from './encode.js';
import { decodeLabels } from './label.js';
import { decodeImage } from './photo.js';

const [width, height] = [45, 33];
const random = generator(1, 'region');
const noise = new Uint8Array(width * height * 3).map(() => random.int(256));
const photo = () => sharp(noise, { raw: { width, height, channels: 3 } });
const values = Array.from({ length: width * height }, () => random.int(256));

const photos = {
  png: photo().png(),
  'interlaced PNG': photo().png({ progressive: true }),
  '16-bit PNG': photo().toColourspace('rgb16').png(),
  'palette PNG': photo().png({ palette: true, colours: 20 }),
  'PNG with alpha': photo().ensureAlpha(0.5).png(),
  'turned PNG': photo().withMetadata({ orientation: 6 }).png(),
  'turned JPEG': photo().withMetadata({ orientation: 3 }).jpeg(),
  'mirrored JPEG': photo().withMetadata({ orientation: 5 }).jpeg(),
  'progressive JPEG': photo().jpeg({ progressive: true }),
  'CMYK JPEG': photo().toColourspace('cmyk').jpeg(),
  webp: photo().webp(),
  'tiled TIFF': photo().tiff({ compression: 'lzw', tile: true, tileWidth: 16, tileHeight: 16 }),
  gif: photo().gif(),
};

const grey = { width, height, channels: 1 as const };
const colors = Array.from({ length: 256 }, (_, i) => [i, 255 - i, (i * 7) % 256]);
const labels: Record<string, Uint8Array | Promise<Uint8Array>> = {
  'grey PNG': encodePng({ data: Uint8Array.from(values), width, height }),
  'palette PNG': encode({ ...grey, depth: 8, data: Uint8Array.from(values), palette: colors }),
  '16-bit PNG': encode({ ...grey, depth: 16, data: Uint16Array.from(values, (value) => value * 257) }),
  'colour PNG': photo().png().toBuffer(),
  'interlaced PNG': photo().png({ progressive: true, palette: true, colours: 9 }).toBuffer(),
  TIFF: sharp(Uint8Array.from(values), { raw: grey })
    .toColourspace('b-w')
    .tiff({ compression: 'lzw' })
    .toBuffer(),
};

/** A rectangle of any size, by shares of the whole. */
const share = fc.double({ min: 0, max: 1, noNaN: true });
const choices = fc.tuple(share, share, share, share).map(([x, y, w, h]) => (whole: Size): Region => {
  const left = Math.floor(x * (whole.width - 1));
  const top = Math.floor(y * (whole.height - 1));
  return {
    left,
    top,
    width: 1 + Math.floor(w * (whole.width - left - 1)),
    height: 1 + Math.floor(h * (whole.height - top - 1)),
  };
});

function cut<T extends Uint8Array | Uint16Array>(
  data: T,
  whole: number,
  channels: number,
  region: Region,
): T {
  const { left, top, width: columns, height: rows } = region;
  const out = data.slice(0, columns * rows * channels) as T;
  for (let row = 0; row < rows; row++) {
    const from = ((top + row) * whole + left) * channels;
    out.set(data.subarray(from, from + columns * channels), row * columns * channels);
  }
  return out;
}

describe('a rectangle is what it is in the whole', () => {
  test.each(Object.entries(photos))('of a photograph: %s', async (_, encoded) => {
    const file = await encoded.toBuffer();
    const whole = await decodeImage(file);
    await fc.assert(
      fc.asyncProperty(choices, async (region) => {
        const chosen = region(whole);
        const { data, ...size } = await decodeImage(file, { region });
        expect(size).toEqual({ width: chosen.width, height: chosen.height });
        expect(data).toEqual(cut(whole.data, whole.width, 3, chosen));
      }),
      { numRuns: 12 },
    );
  });

  test.each(Object.entries(labels))('of a label map: %s', async (_, encoded) => {
    const file = await encoded;
    const whole = await decodeLabels(file);
    await fc.assert(
      fc.asyncProperty(choices, async (region) => {
        const chosen = region(whole);
        const { width: columns, height: rows } = chosen;
        const data = cut(whole.data, whole.width, whole.kind === 'rgb' ? 3 : 1, chosen);
        expect(await decodeLabels(file, { region })).toEqual({
          ...whole,
          width: columns,
          height: rows,
          data,
        });
      }),
      { numRuns: 12 },
    );
  });
});

test.each([
  { left: -1, top: 0, width: 4, height: 4 },
  { left: 40, top: 0, width: 6, height: 4 },
  { left: 0, top: 0, width: 4, height: 0 },
])('%j of 45×33 is refused by name', async (region) => {
  const file = await photos.png.toBuffer();
  const options = { name: 'a.png', region: () => region };
  for (const decode of [decodeImage, decodeLabels]) {
    await expect(decode(file, options)).rejects.toThrow(HmsaError);
    await expect(decode(file, options)).rejects.toThrow('a.png: expected a rectangle inside 45×33');
  }
});

test('damage is noticed by a rectangle that reaches it, and by the whole', async () => {
  const file = await photos.png.toBuffer();
  file.fill(0, file.length - 400, file.length - 200);
  const top = { left: 0, top: 0, width, height: 3 };
  expect((await decodeImage(file, { region: () => top })).data).toEqual(noise.slice(0, width * 9));
  await expect(decodeImage(file, { region: () => ({ ...top, top: height - 3 }) })).rejects.toThrow(HmsaError);
  await expect(decodeImage(file)).rejects.toThrow(HmsaError);
});
