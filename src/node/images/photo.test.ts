import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pngBomb } from '../../../tests/data/files.js';
import { plainTiff } from '../../../tests/data/tiff.js';
import { HmsaError } from '../../base/errors/index.js';
import { encodePng } from './encode.js';
import { decodeLabels } from './label.js';
import { decodeImage, imageSize, photoDoubts } from './photo.js';

// Left half red, right half blue, 8×4.
const data = new Uint8Array(8 * 4 * 3);
for (let i = 0; i < 32; i++) data[i * 3 + (i % 8 < 4 ? 0 : 2)] = 255;
const raw = { raw: { width: 8, height: 4, channels: 3 as const } };
const picture = () => sharp(data, raw);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-photo-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('decodeImage', () => {
  test('lossless formats come back byte for byte', async () => {
    for (const file of [
      await encodePng({ data, width: 8, height: 4 }),
      await picture().webp({ lossless: true }).toBuffer(),
      await picture().tiff({ compression: 'lzw' }).toBuffer(),
      await picture().png({ palette: true }).toBuffer(),
      await picture().ensureAlpha(1).png().toBuffer(),
    ]) {
      expect(await decodeImage(file)).toEqual({ data, width: 8, height: 4 });
    }
  });

  test('JPEG comes back nearly so', async () => {
    const file = await picture().jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
    const decoded = await decodeImage(file);
    expect(Math.max(...decoded.data.map((value, i) => Math.abs(value - data[i]!)))).toBeLessThan(4);
  });

  test('grey, 16-bit and CMYK become RGB', async () => {
    const grey = await decodeImage(
      await sharp(new Uint8Array([0, 90, 200, 255]), { raw: { width: 4, height: 1, channels: 1 } })
        .toColourspace('b-w')
        .png()
        .toBuffer(),
    );
    expect([...grey.data]).toEqual([0, 0, 0, 90, 90, 90, 200, 200, 200, 255, 255, 255]);
    const deep = await decodeImage(await picture().toColourspace('rgb16').png().toBuffer());
    expect(deep).toEqual({ data, width: 8, height: 4 });
    const print = await decodeImage(await picture().toColourspace('cmyk').jpeg().toBuffer());
    expect(print.data.length).toBe(data.length);
    expect(print.data[0]!).toBeGreaterThan(print.data[2]! + 100);
  });

  test('floating-point numbers and bands that are no colours are refused, from the header on', async () => {
    const float = plainTiff(Float32Array.from(data), 8, 4, 3);
    const bands = plainTiff(new Uint8Array(8 * 4 * 5), 8, 4, 5);
    for (const decode of [decodeImage, imageSize]) {
      await expect(decode(float, { name: 'f.tif' })).rejects.toThrow(
        'f.tif: expected a photograph of 8 or 16 bits, received values of type float',
      );
      await expect(decode(bands, { name: 'b.tif' })).rejects.toThrow(
        'b.tif: expected a photograph of one band (grey) or three (RGB), received 5 bands',
      );
    }
  });

  test('12 bits in 16 are refused, also where a part of the image is wanted; a dark part of a whole one is not', async () => {
    const deep = (values: number[]) =>
      encode({ width: values.length, height: 1, depth: 16, channels: 1, data: Uint16Array.from(values) });
    const region = () => ({ left: 0, top: 0, width: 1, height: 1 });
    const dark = deep([0, 100, 4080]);
    for (const options of [{}, { region }]) {
      await expect(decodeImage(dark, { name: 'd.png', ...options })).rejects.toThrow(
        'd.png: expected an image of 16 bits that uses their range, received a brightest value of 4080 of 65535',
      );
    }
    expect([...(await decodeImage(deep([0, 100, 65_535]), { region })).data]).toEqual([0, 0, 0]);
    expect((await decodeImage(deep([0, 0]))).width).toBe(2);
  });

  test('12 bits in 16 are refused with hot pixels and beside what is transparent too; lamps in the dark are not', async () => {
    const size = { width: 64, height: 64, depth: 16 as const };
    const values = (bright: number) =>
      Uint16Array.from({ length: 64 * 64 }, (_, i) => (i < bright ? 65_535 : (i * 61) % 4081));
    const grey = (bright: number) => encode({ ...size, channels: 1, data: values(bright) });
    const region = () => ({ left: 0, top: 1, width: 64, height: 2 });
    for (const options of [{}, { region }]) {
      await expect(decodeImage(grey(3), { name: 'hot.png', ...options })).rejects.toThrow(
        'received at most 4095 of 65535 in all but a few pixels, which is black, as from a camera with 12 bits',
      );
      expect((await decodeImage(grey(40), options)).width).toBe(64);
    }
    const alpha = (clear: number) =>
      encode({
        ...size,
        channels: 2,
        data: Uint16Array.from(values(0)).reduce(
          (data, value, i) => {
            data.set([value, i < clear ? 0 : 65_535], 2 * i);
            return data;
          },
          new Uint16Array(2 * 64 * 64),
        ),
      });
    await expect(decodeImage(alpha(1000))).rejects.toThrow('a brightest value of 4080 of 65535');
    expect((await decodeImage(alpha(64 * 64))).data[0]).toBe(255);
  });

  test('doubts: nearly constant, nearly black, turned in its own size', async () => {
    const doubts = async (file: Uint8Array) => photoDoubts(file, await decodeImage(file));
    expect(await doubts(await picture().png().toBuffer())).toEqual([]);
    const flat = await encodePng({ data: new Uint8Array(96).fill(200), width: 8, height: 4 });
    expect(await doubts(flat)).toEqual([{ kind: 'constant', detail: 'all values in 200 … 200' }]);
    const dark = Uint16Array.of(0, 9000, 16_320);
    expect(await doubts(encode({ width: 3, height: 1, depth: 16, channels: 1, data: dark }))).toEqual([
      { kind: 'dark', detail: 'brightest value 16320 of 65535' },
    ]);
    // A hot pixel hides neither.
    const stray = (data: Uint8Array) => encodePng({ data: data.fill(255, 0, 3), width: 64, height: 64 });
    expect(await doubts(await stray(new Uint8Array(3 * 64 * 64).fill(9)))).toEqual([
      { kind: 'constant', detail: 'all but a few stray values in 9 … 9' },
    ]);
    expect(await doubts(await stray(new Uint8Array(3 * 64 * 64).map((_, i) => i % 16)))).toEqual([
      { kind: 'dark', detail: 'brightest value 255 of 255' },
    ]);
    const turned = (orientation: number) => picture().withMetadata({ orientation }).jpeg().toBuffer();
    expect(await doubts(await turned(3))).toEqual([{ kind: 'turned', detail: 'EXIF orientation 3' }]);
    expect(await doubts(await turned(6))).toEqual([]);
  });

  test('EXIF orientation is applied to pixels and size', async () => {
    const file = await picture().withMetadata({ orientation: 6 }).png().toBuffer();
    const turned = await decodeImage(file);
    expect([turned.width, turned.height]).toEqual([4, 8]);
    expect([...turned.data.subarray(0, 3)]).toEqual([255, 0, 0]);
    expect([...turned.data.subarray(-3)]).toEqual([0, 0, 255]);
    expect(await imageSize(file)).toEqual({ width: 4, height: 8 });
  });

  test('the content tells the format, not the name', async () => {
    const path = join(folder, 'really-a-jpeg.png');
    await writeFile(path, await picture().jpeg().toBuffer());
    expect(await decodeImage(path)).toMatchObject({ width: 8, height: 4 });
  });

  test('a file cut short is an error that names it, in every format', async () => {
    const noise = sharp({
      create: {
        width: 64,
        height: 64,
        channels: 3,
        background: 'grey',
        noise: { type: 'gaussian', mean: 128, sigma: 40 },
      },
    });
    for (const format of ['png', 'jpeg', 'webp', 'tiff'] as const) {
      const whole = await noise.clone().toFormat(format).toBuffer();
      const path = join(folder, `cut.${format}`);
      await writeFile(path, whole.subarray(0, whole.length * 0.6));
      await expect(decodeImage(path), format).rejects.toThrow(HmsaError);
      await expect(decodeImage(path), format).rejects.toThrow(path);
    }
  });

  test('missing, empty, folder, text, SVG: each an error that says which', async () => {
    await expect(decodeImage(join(folder, 'none.png'))).rejects.toThrow('received no such file');
    await expect(decodeImage(new Uint8Array(0), { name: 'zero.png' })).rejects.toThrow(
      'zero.png: expected an image, received an empty file',
    );
    await expect(decodeImage(folder)).rejects.toThrow('received a folder');
    await expect(decodeImage(Buffer.from('not an image at all'))).rejects.toThrow('PNG, JPEG, WebP');
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    await expect(decodeImage(svg)).rejects.toThrow('received a svg file');
  });

  test('a bomb is refused before a pixel of it is decoded', async () => {
    // 110 kB that would unpack to 900 million pixels.
    const bomb = pngBomb(30_000);
    const message = 'bomb.png: expected an image of at most 134 million pixels, received 30000×30000';
    await expect(decodeImage(bomb, { name: 'bomb.png' })).rejects.toThrow(message);
    await expect(decodeLabels(bomb, { name: 'bomb.png' })).rejects.toThrow(message);
    await expect(decodeImage(await picture().png().toBuffer(), { pixelLimit: 31 })).rejects.toThrow('8×4');
  });
});
