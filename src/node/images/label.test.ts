import { encode } from 'fast-png';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { encodePng, resizeToWidth } from './encode.js';
import { decodeLabels } from './label.js';

const palette = Array.from({ length: 256 }, (_, i) => [i, 255 - i, (i * 7) % 256]);

/** Packs values of 1, 2 or 4 bits, rows padded to whole bytes. */
function pack(values: number[], width: number, depth: number): Uint8Array {
  const rowBytes = Math.ceil((width * depth) / 8);
  const packed = new Uint8Array((values.length / width) * rowBytes);
  values.forEach((value, i) => {
    const bit = (i % width) * depth;
    packed[Math.floor(i / width) * rowBytes + (bit >> 3)]! |= value << (8 - depth - (bit & 7));
  });
  return packed;
}

describe('decodeLabels', () => {
  for (const depth of [1, 2, 4, 8] as const) {
    // An odd width, so that rows end inside a byte.
    const values = Array.from({ length: 13 * 5 }, (_, i) => (i * 37 + 11) % 2 ** depth);
    const data = depth === 8 ? new Uint8Array(values) : pack(values, 13, depth);
    const image = { width: 13, height: 5, depth, channels: 1, data };

    const stored = {
      kind: 'index',
      width: 13,
      height: 5,
      data: new Uint8Array(values),
      ...(depth < 8 && { depth }),
    };

    test(`grey PNG of depth ${depth} keeps its values`, async () => {
      expect(await decodeLabels(encode(image))).toEqual(stored);
    });

    test(`palette PNG of depth ${depth} keeps its indices and its palette`, async () => {
      const colors = palette.slice(0, 2 ** depth);
      expect(await decodeLabels(encode({ ...image, palette: colors }))).toEqual({
        ...stored,
        palette: colors,
      });
    });
  }

  test('16-bit PNG keeps values above 255', async () => {
    const data = new Uint16Array([0, 255, 256, 24_001, 65_535, 7]);
    const file = encode({ width: 3, height: 2, depth: 16, channels: 1, data });
    expect(await decodeLabels(file)).toEqual({ kind: 'index', width: 3, height: 2, data });
  });

  test('interlaced palette PNG keeps its indices', async () => {
    const size = { width: 9, height: 9, channels: 3 as const };
    const rgb = new Uint8Array(243).map((_, i) => (Math.floor(i / 3) % 4) * 80);
    const file = await sharp(rgb, { raw: size })
      .png({ palette: true, progressive: true, dither: 0 })
      .toBuffer();
    const labels = await decodeLabels(file);
    const colors = labels.kind === 'index' ? labels.palette : undefined;
    expect(Array.from(labels.data, (index) => colors?.[index]?.[0])).toEqual(
      Array.from({ length: 81 }, (_, i) => (i % 4) * 80),
    );
  });

  test('colour masks give colours, alpha dropped', async () => {
    const data = new Uint8Array([128, 64, 128, 0, 0, 192]);
    const file = await sharp(data, { raw: { width: 2, height: 1, channels: 3 } })
      .ensureAlpha(0)
      .png()
      .toBuffer();
    expect(await decodeLabels(file)).toEqual({ kind: 'rgb', width: 2, height: 1, data });
  });

  test('colours of 16 bits are read where 8 bits hold them, or grey, and refused elsewhere', async () => {
    const deep = (...values: number[]) =>
      encode({ width: values.length / 3, height: 1, depth: 16, channels: 3, data: Uint16Array.from(values) });
    const colors = [128, 64, 128, 0, 0, 142];
    expect(await decodeLabels(deep(...colors.map((value) => value * 257)))).toEqual({
      kind: 'rgb',
      width: 2,
      height: 1,
      data: Uint8Array.from(colors),
    });
    const grey = deep(1, 1, 1, 2, 2, 2, 300, 300, 300);
    expect(await decodeLabels(grey)).toEqual({
      kind: 'index',
      width: 3,
      height: 1,
      data: Uint16Array.of(1, 2, 300),
    });
    const region = () => ({ left: 1, top: 0, width: 2, height: 1 });
    expect([...(await decodeLabels(grey, { region })).data]).toEqual([2, 300]);
    await expect(decodeLabels(deep(1, 2, 3), { name: 'm.png' })).rejects.toThrow(
      'm.png: expected colours of 8 bits a channel, received colours of 16 bits that 8 bits cannot hold',
    );
  });

  test('labels in the alpha channel alone and CMYK are refused', async () => {
    const rgba = Uint8Array.from([9, 9, 9, 0, 9, 9, 9, 255]);
    const alpha = await sharp(rgba, { raw: { width: 2, height: 1, channels: 4 } })
      .png()
      .toBuffer();
    await expect(decodeLabels(alpha)).rejects.toThrow('labels in its alpha channel');
    const print = await sharp(new Uint8Array(12), { raw: { width: 2, height: 2, channels: 3 } })
      .toColourspace('cmyk')
      .tiff({ compression: 'lzw' })
      .toBuffer();
    await expect(decodeLabels(print)).rejects.toThrow(
      'expected a label map of one band, or three of colours',
    );
  });

  test('TIFF and lossless WebP are read, JPEG and lossy WebP refused', async () => {
    const data = new Uint8Array([3, 200, 11, 0]);
    const image = sharp(data, { raw: { width: 2, height: 2, channels: 1 } }).toColourspace('b-w');
    const tiff = await image.clone().tiff({ compression: 'deflate' }).toBuffer();
    expect(await decodeLabels(tiff)).toEqual({ kind: 'index', width: 2, height: 2, data });
    const webp = await decodeLabels(await image.clone().webp({ lossless: true }).toBuffer());
    expect(webp.kind).toBe('rgb');
    expect([...webp.data]).toEqual([...data].flatMap((value) => [value, value, value]));
    for (const lossy of [await image.clone().jpeg().toBuffer(), await image.clone().webp().toBuffer()]) {
      await expect(decodeLabels(lossy, { name: 'm' })).rejects.toThrow(
        'm: expected a label map in a lossless',
      );
    }
  });

  test('a TIFF with JPEG inside is refused; each compression that keeps the values is read', async () => {
    const data = new Uint8Array(32 * 32 * 3).map((_, i) => (Math.floor(i / 48) % 2) * 200);
    const image = sharp(data, { raw: { width: 32, height: 32, channels: 3 } });
    for (const bigtiff of [false, true]) {
      const jpeg = await image.clone().tiff({ compression: 'jpeg', bigtiff }).toBuffer();
      await expect(decodeLabels(jpeg, { name: 'm.tif' })).rejects.toThrow(
        'm.tif: expected a label map in a lossless format, received a TIFF file with JPEG inside, which blurs labels',
      );
      for (const compression of ['none', 'lzw', 'deflate', 'packbits'] as const) {
        const tiff = await image.clone().tiff({ compression, bigtiff }).toBuffer();
        expect((await decodeLabels(tiff)).data).toEqual(data);
      }
    }
  });

  test('a PNG cut short, in its chunks or in its pixels, is an error', async () => {
    const data = new Uint8Array(64 * 64).map((_, i) => (i * i * 31) % 251);
    const whole = await encodePng({ data, width: 64, height: 64 });
    for (const keep of [20, 40, whole.length / 2, whole.length - 1]) {
      await expect(decodeLabels(whole.subarray(0, keep), { name: 'cut.png' })).rejects.toThrow('cut.png');
    }
    // All chunks there, and far too few pixels in them: the header of a taller image.
    const taller = encode({ width: 64, height: 128, depth: 8, channels: 1, data: new Uint8Array(64 * 128) });
    const short = encode({ width: 64, height: 64, depth: 8, channels: 1, data });
    const mixed = Buffer.concat([taller.subarray(0, 33), short.subarray(33)]);
    await expect(decodeLabels(mixed, { name: 'mixed.png' })).rejects.toThrow('mixed.png');
  });

  test('one colour that is transparent in places and opaque in others may be two classes', async () => {
    const pixels = (alphas: number[]) =>
      Uint8Array.from(alphas.flatMap((alpha) => [0, 0, 0, alpha, 9, 9, 9, 255]));
    const png = (alphas: number[]) =>
      encode({ width: 2, height: alphas.length, depth: 8, channels: 4, data: pixels(alphas) });
    await expect(decodeLabels(png([0, 255, 0]))).rejects.toThrow('partly transparent and partly opaque');
    const webp = (alphas: number[]) =>
      sharp(pixels(alphas), { raw: { width: 2, height: alphas.length, channels: 4 } })
        .webp({ lossless: true, exact: true })
        .toBuffer();
    await expect(decodeLabels(await webp([0, 255, 0]))).rejects.toThrow('partly transparent');
    expect((await decodeLabels(png([0, 0, 0]))).data.slice(0, 6)).toEqual(Uint8Array.of(0, 0, 0, 9, 9, 9));
    expect((await decodeLabels(png([255, 255]))).width).toBe(2);
  });

  test('more pixels than the limit are refused', async () => {
    const file = await encodePng({ data: new Uint8Array(100), width: 10, height: 10 });
    await expect(decodeLabels(file, { pixelLimit: 99 })).rejects.toThrow('10×10');
  });
});

test('resizing a label map invents no value', async () => {
  const data = new Uint8Array(100 * 80).map((_, i) => (i % 100 < 50 ? 7 : 255));
  const small = await resizeToWidth({ data, width: 100, height: 80 }, 33);
  expect([small.width, small.height, small.data.length]).toEqual([33, 26, 33 * 26]);
  expect(new Set(small.data)).toEqual(new Set([7, 255]));
});
