import { expect, test } from 'vitest';
import { classShares, heatmap, heatmapStops } from '../../report/pictures/index.js';
import { withLegend, withScaleBar } from './index.js';

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
