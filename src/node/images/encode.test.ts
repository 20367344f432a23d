import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { decode } from 'fast-png';
import { expect, test } from 'vitest';
import type { Pixels } from '../../base/pixels/index.js';
import type { ImageSource } from './index.js';
import { decodeImage, decodeLabels, encodePng, imageSize, softwareOf } from './index.js';

const palette = [
  [128, 64, 0],
  [1, 2, 3],
  [250, 251, 252],
] as const;
const data = new Uint8Array(30 * 20).map((_, i) => [0, 1, 2, 1, 255][i % 5]!);
const map = { data, width: 30, height: 20 };

test('a label map with a palette holds indices, and shows the colours', async () => {
  const png = await encodePng(map, { palette, software: 'hmsa segment' });
  const labels = await decodeLabels(png);
  expect(labels).toMatchObject({ kind: 'index', width: 30, height: 20 });
  expect(labels.data).toEqual(data);
  expect(labels.kind === 'index' && labels.palette!.slice(0, 3)).toEqual(palette);
  const other = decode(png, { checkCrc: true });
  expect(new Uint8Array(other.data)).toEqual(data);
  const color = (id: number) => palette[id] ?? [0, 0, 0];
  expect((await decodeImage(png)).data).toEqual(Uint8Array.from([...data].flatMap(color)));
});

test('what has made a picture can be told; of others, damaged ones and none at all it cannot', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hmsa-encode-'));
  try {
    const file = join(folder, 'a.png');
    const softwareIn = async (bytes: Uint8Array | string) => {
      await writeFile(file, bytes);
      return softwareOf(file);
    };
    const marked = await encodePng(map, { palette, software: 'hmsa segment' });
    expect(await softwareIn(marked)).toBe('hmsa segment');
    expect(await softwareIn(await encodePng({ ...map, data: new Uint8Array(1800) }, { software: 'x' }))).toBe(
      'x',
    );
    expect(await softwareIn(await encodePng(map))).toBeUndefined();
    for (let length = 0; length < 40; length++)
      expect(await softwareIn(marked.subarray(0, length))).toBeUndefined();
    expect(await softwareIn('no picture, though it says hmsa segment')).toBeUndefined();
    expect(await softwareOf(join(folder, 'none.png'))).toBeUndefined();
    expect(await softwareOf(folder)).toBeUndefined();

    await writeFile(file, await encodePng(map));
    const image = await decodeImage(file);
    expect(await decodeImage(pathToFileURL(file))).toEqual(image);
    expect(await imageSize(pathToFileURL(file))).toEqual({ width: 30, height: 20 });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('other arguments are refused in words', async () => {
  const pixels = (value: unknown) => encodePng(value as Pixels);
  await expect(pixels('a.png')).rejects.toThrow(
    /^encode image: expected an image as \{ data, width, height \}/,
  );
  await expect(pixels({ data, width: 0, height: 20 })).rejects.toThrow(/at least 1 pixel/);
  await expect(pixels({ data, width: 31, height: 20 })).rejects.toThrow(
    /expected 620 or 1860 bytes .*received 600./,
  );
  await expect(encodePng({ ...map, data: new Uint8Array(1800) }, { palette })).rejects.toThrow(/RGB pixels/);
  const source = (value: unknown) => decodeImage(value as ImageSource);
  await expect(source(undefined)).rejects.toThrow(/^decode image: expected the path .*received undefined/);
  await expect(source(null)).rejects.toThrow(/received null/);
  await expect(source(new URL('https://example.org/a.png'))).rejects.toThrow(/received https:/);
  await expect(decodeLabels(7 as unknown as ImageSource)).rejects.toThrow(/received number/);
});
