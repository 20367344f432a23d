import { expect, test } from 'vitest';
import { errorPicture, gridOf, safeColors } from './index.js';

test('wrong pixels are vermilion, right ones bright grey, those of no class dark', () => {
  const photo = { data: new Uint8Array(9).fill(100), width: 3, height: 1 };
  const { data } = errorPicture(photo, Uint8Array.from([0, 1, 1]), Uint8Array.from([0, 0, 255]));
  expect([...data]).toEqual([167, 167, 167, 190, 95, 20, 30, 30, 30]);
});

test('safe colours are distinct, the same every time, and none is black', () => {
  for (const count of [1, 8, 40]) {
    const colors = safeColors(count);
    expect(new Set([...colors, [0, 0, 0]].map(String)).size).toBe(count + 1);
    expect(safeColors(count)).toEqual(colors);
  }
  expect(safeColors(2)).toEqual([
    [0, 114, 178],
    [230, 159, 0],
  ]);
});

test('a grid puts pictures beside and below each other, and escapes its texts', () => {
  const panel = (title: string) => ({ title, image: 'data:,', width: 200, height: 100 });
  const { svg, width, height } = gridOf([panel('a <b>'), panel('c'), panel('d')], {
    columns: 2,
    panelWidth: 100,
    software: 'hmsa segment',
  });
  expect(svg).toContain('a &#60;b&#62;');
  expect([width, height]).toEqual([2 * 112 + 12, 12 + 2 * (20 + 50 + 12)]);
  expect(svg).toMatch(/^<svg[^>]*><metadata>hmsa segment<\/metadata>/);
});
