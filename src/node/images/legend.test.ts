import { expect, test } from 'vitest';
import { classShares } from './class-shares.js';
import { withLegend } from './legend.js';

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

test('shares are of all pixels, the largest first; what does not occur or is no class is not there', () => {
  expect(classShares(labels, classes).map(({ id, pixels, share }) => [id, pixels, share])).toEqual([
    [1, 4, 0.4],
    [4, 3, 0.3],
    [0, 2, 0.2],
    [3, 1, 0.1],
  ]);
  expect(classShares(Uint8Array.from([255, 255, 0, 0]), classes)).toEqual([
    { id: 0, name: 'road', pixels: 2, share: 0.5 },
  ]);
});

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
