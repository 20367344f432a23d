import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { decode } from 'fast-png';
import { expect, test } from 'vitest';
import type { Pixels } from '../../base/pixels.js';
import { classShares, heatmap, heatmapStops } from '../../report/pictures/index.js';
import {
  decodeImage,
  decodeLabels,
  encodePng,
  type ImageSource,
  imageSize,
  softwareOf,
  withLegend,
  withScaleBar,
} from './index.js';

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

const classes = {
  names: ['road', 'Straße & Gehweg', 'never seen', '道路', 'a\u001b[31mname <b>'],
  colors: [
    [200, 10, 10],
    [10, 200, 10],
    [90, 160, 20],
    [10, 10, 200],
    [200, 10, 200],
  ] as const,
};
const labels = Uint8Array.from([1, 1, 1, 1, 0, 0, 3, 4, 4, 4]);

test.each([
  [480, 360],
  [1600, 200],
  [40, 30],
])(
  'the picture of %i×%i stays as it is; below it lie the colours of what is present, and letters',
  async (width, height) => {
    const picture = { data: new Uint8Array(width * height * 3).map((_, i) => i % 251), width, height };
    const shown = await withLegend(picture, classShares(labels, classes), classes);
    expect(shown.width).toBeGreaterThanOrEqual(width);
    expect(shown.height).toBeGreaterThan(height);
    expect(shown.data).toHaveLength(shown.width * shown.height * 3);
    for (let y = 0; y < height; y++) {
      const row = shown.data.subarray(y * shown.width * 3, (y * shown.width + width) * 3);
      expect(Buffer.compare(row, picture.data.subarray(y * width * 3, (y + 1) * width * 3))).toBe(0);
    }
    const strip = shown.data.subarray(height * shown.width * 3);
    const count = (wanted: readonly number[]) => {
      let found = 0;
      for (let i = 0; i < strip.length; i += 3)
        found += wanted.every((value, c) => strip[i + c] === value) ? 1 : 0;
      return found;
    };
    for (const id of [0, 1, 3, 4]) expect(count(classes.colors[id]!)).toBeGreaterThan(20);
    expect(count(classes.colors[2]!)).toBe(0);
    const dark = strip.filter(
      (value, i) => i % 3 === 0 && value < 100 && strip[i + 1]! < 100 && strip[i + 2]! < 100,
    );
    expect(dark.length).toBeGreaterThan(100);
  },
);

test('a hundred classes are bounded, none are a thin strip', async () => {
  const names = Array.from({ length: 100 }, (_, i) => `class ${i}`);
  const many = { names, colors: names.map((_, i) => [i, 2 * i, 255 - i] as const) };
  const picture = { data: new Uint8Array(480 * 360 * 3), width: 480, height: 360 };
  const all = await withLegend(picture, classShares(Uint8Array.from(names.keys()), many), many);
  expect(all.height).toBeLessThan(1000);
  const none = await withLegend(picture, [], many);
  expect([none.width, none.height > 360, none.height < 380]).toEqual([480, true, true]);
});

test.each([
  [480, 360],
  [60, 40],
])(
  'a heat map of %i×%i gets a bar from its darkest to its brightest colour, and two texts',
  async (width, height) => {
    const map = heatmap(new Float32Array(width * height).fill(0.5), width, height);
    const { data, ...size } = await withScaleBar(map, 'scale 1', 'scale 0.5');
    // A picture that is narrower than the bar gets white beside it.
    expect(size.width === width).toBe(width === 480);
    expect(data.subarray(0, width * 3)).toEqual(map.data.subarray(0, width * 3));
    const strip = data.subarray(size.width * height * 3);
    const columnsOf = ([red, green, blue]: readonly number[]) => {
      const found: number[] = [];
      for (let i = 0; i < strip.length; i += 3) {
        const distance = [red! - strip[i]!, green! - strip[i + 1]!, blue! - strip[i + 2]!].map(Math.abs);
        if (Math.max(...distance) < 24) found.push((i / 3) % size.width);
      }
      return found;
    };
    const middle = columnsOf(heatmapStops[2]!);
    const bright = columnsOf(heatmapStops[4]!);
    expect(middle.length).toBeGreaterThan(3);
    expect(Math.min(...bright)).toBeGreaterThan(Math.max(...middle));
  },
);
