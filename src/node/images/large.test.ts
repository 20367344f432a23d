import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLargePhoto } from './large.js';
import { decodeImage, decodePhoto } from './photo.js';
import { encodedPyramid, encodePyramid } from './pyramid.js';
import type { RawImage } from './raw-image.js';
import { softwareOf } from './software.js';

let folder: string;
let count = 0;
const temporary = () => join(folder, `${count++}.v`);
const [width, height] = [300, 200];
const values = (channels: number) =>
  Uint8Array.from({ length: width * height * channels }, (_, i) => (i * 31) % 251);
const raw = (channels: 1 | 2 | 3 | 4) => sharp(values(channels), { raw: { width, height, channels } });
const deep = (most: number) =>
  sharp(
    Uint16Array.from({ length: width * height * 3 }, (_, i) => (i * 7) % most),
    { raw: { width, height, channels: 3 } },
  )
    .toColourspace('rgb16')
    .png()
    .toBuffer();
const open = (bytes: Uint8Array) => openLargePhoto(bytes, { name: 'photo', temporary, pixelLimit: 1e6 });
const pixelsOf = async (image: RawImage) =>
  (await image.read({ x: 0, y: 0, width: image.width, height: image.height })).data;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-large-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('an image that is decoded into a file has the pixels and notes of one that is decoded into memory', async () => {
  const files = {
    alpha: await raw(4).png().toBuffer(),
    deepAlpha: await raw(4).toColourspace('rgb16').png().toBuffer(),
    greyAlpha: await raw(2).toColourspace('b-w').png().toBuffer(),
    grey: await raw(1).toColourspace('b-w').png().toBuffer(),
    turned: await raw(3).withMetadata({ orientation: 6 }).tiff({ compression: 'lzw' }).toBuffer(),
    deep: await deep(9000),
    pages: await sharp([await raw(3).png().toBuffer(), await raw(3).png().toBuffer()], {
      join: { animated: true },
    })
      .tiff()
      .toBuffer(),
  };
  for (const [name, bytes] of Object.entries(files)) {
    const [expected, { image, notes }] = [await decodePhoto(bytes), await open(bytes)];
    expect(notes, name).toEqual(expected.notes);
    expect([image.width, image.height], name).toEqual([expected.image.width, expected.image.height]);
    expect(Buffer.compare(await pixelsOf(image), expected.image.data), name).toBe(0);
    await image.close();
  }
  expect((await decodePhoto(files.alpha)).notes[0]).toMatch(/not opaque/);
});

test('it is refused for the same reasons, and nothing is left behind', async () => {
  await expect(open(await deep(2000))).rejects.toThrow('brightest value of 1999 of 65535');
  const whole = await raw(3).png().toBuffer();
  await expect(open(whole.subarray(0, whole.length >> 1))).rejects.toThrow('incomplete or damaged');
  expect(await readdir(folder)).toEqual([]);
});

test('a pyramid holds the picture, smaller versions and the name of its program, from memory and from a file', async () => {
  const picture = { data: values(3), width, height };
  const { image } = await open(await raw(3).png().toBuffer());
  const [first, second] = [join(folder, 'first.tif'), join(folder, 'second.tif')];
  await writeFile(first, await encodedPyramid(picture, 'hmsa segment'));
  await encodePyramid(image, second, 'hmsa segment');
  await image.close();
  for (const path of [first, second]) {
    expect(await softwareOf(path)).toBe('hmsa segment');
    expect(Buffer.compare((await decodeImage(path)).data, picture.data)).toBe(0);
    expect((await sharp(path).metadata()).pages).toBeGreaterThan(1);
  }
});
