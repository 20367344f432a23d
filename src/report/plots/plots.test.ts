import { expect, test } from 'vitest';
import { classBars, confusionMap, curvesChart, outlined, titled } from './index.js';

const classes = {
  names: ['road', 'a <b> & "c"', '日本'],
  colors: [[1, 2, 3] as const, [9, 9, 9] as const, [5, 5, 5] as const],
};

test('the bars of classes are as long as their IoU, and names are text', () => {
  const { svg, width } = classBars(classes, [1, 0.5, Number.NaN], [10, 2_500_000, 0]);
  const lengths = [...svg.matchAll(/<rect[^>]*? width="([\d.]+)"/g)].map(([, length]) => Number(length));
  expect(lengths[1]! / lengths[0]!).toBeCloseTo(0.5, 6);
  expect(svg).toContain('a &lt;b&gt; &amp; "c"');
  expect(svg).toContain('50.0  (2.5M px)');
  expect(svg).toContain('–  (0 px)');
  expect(width).toBeLessThanOrEqual(440);
});

test('a cell of the confusion matrix tells its share of the row; empty cells are not drawn', () => {
  const { svg } = confusionMap(classes.names, [
    [75, 25, 0, 0],
    [0, 8, 0, 0],
    [0, 0, 0, 0],
  ]);
  expect(svg).toContain('<title>road labelled as road: 75.0 %, 75 pixels</title>');
  expect(svg.match(/<title>/g)).toHaveLength(3);
  expect(svg).not.toContain('no class');
});

test('a long curve is reduced to means of neighbours', () => {
  const points = Array.from({ length: 4000 }, (_, i) => [i, i % 2] as const);
  const { svg } = curvesChart('loss', [{ name: 'loss', points }]);
  expect(svg.length).toBeLessThan(20_000);
});

test('outlined drawings have no text but that in other scripts, and keep the names of elements', () => {
  const drawing = outlined(classBars(classes, [1, 0.5, 0.2]).svg);
  expect([...drawing.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text)).toEqual(['日本']);
  const gradient =
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><linearGradient id="a"/><text x="1" y="2">A</text></svg>';
  expect(outlined(gradient)).toMatch(/viewBox.*linearGradient.*<path/);
});

test('a chart in a file has its heading and the meaning of its colours above it', () => {
  const plain = classBars(classes, [1, 0.5, 0.2]);
  const keys = ['first & best', 'second', 'a third of a longer name', 'a fourth of a longer name'].map(
    (name, i) => ({ name, color: `#00000${i}` }),
  );
  const { svg, width, height } = titled(plain, 'IoU <now>', keys);
  expect(svg).toContain('IoU &#60;now&#62;');
  expect(svg).toContain('first &#38; best');
  expect(svg.match(/<svg/g)).toHaveLength(1);
  expect(svg).toContain(`viewBox="0 0 ${width} ${height}"`);
  expect(width).toBe(plain.width);
  // A heading and two lines of keys, because four do not fit beside each other.
  expect(height).toBe(plain.height + 20 + 2 * 20 + 8);
  // What was drawn is still there, and texts become lines, but for the class whose script has none.
  expect(svg).toContain(plain.svg.slice(plain.svg.indexOf('<g'), -'</svg>'.length));
  expect(outlined(svg).match(/<text/g)).toHaveLength(1);
});
