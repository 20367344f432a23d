import { expect, test } from 'vitest';
import { cocoFile, runLengths } from './index.js';

const [width, height] = [9, 12];
const labels = Uint8Array.from({ length: width * height }, (_, i) => {
  const [x, y] = [i % width, Math.floor(i / width)];
  return (Math.floor((x * x + 3 * y) / 17) + Math.floor((y * y) / 21)) % 3;
});

test('the text, areas and boxes are those of pycocotools 2.0.11', () => {
  // pycocotools.mask.encode, area and toBbox of labels == id.
  expect(runLengths(labels, width, height, 3)).toEqual(
    [
      ['052L15OK24NL00O23NN0O040N031LO81GO031M125NI', 43],
      ['51215OK1OO71IO210OO0O31M131MN041MO31K031NN10', 37],
      ['613040L03140HO50K130NOO50K2050M1K01', 28],
    ].map(([counts, pixels], id) => ({
      id,
      pixels,
      bbox: [0, 0, 9, 12],
      segmentation: { size: [12, 9], counts },
    })),
  );
  const box = new Uint8Array(700 * 500);
  for (let y = 100; y < 400; y++) box.fill(1, y * 700 + 350, y * 700 + 699);
  const [outside, inside] = runLengths(box, 700, 500, 2);
  expect([outside!.pixels, inside!.pixels, inside!.bbox]).toEqual([245300, 104700, [350, 100, 349, 300]]);
  expect(outside!.segmentation.counts.slice(0, 40)).toBe('0loZ5\\9\\VeJ00000000000000000000000000000');
  expect([outside!.segmentation.counts.length, inside!.segmentation.counts.length]).toEqual([708, 705]);
});

test('uncompressed, the runs go down the columns and begin with other pixels', () => {
  const map = Uint8Array.from([1, 0, 1, 1, 255, 1]);
  const counts = (id: number) =>
    runLengths(map, 3, 2, 2, { compressed: false }).find((runs) => runs.id === id)!.segmentation.counts;
  expect(counts(1)).toEqual([0, 2, 2, 2]);
  expect(counts(0)).toEqual([2, 1, 3]);
  // 255 is no class.
  expect(runLengths(map, 3, 2, 2)).toHaveLength(2);
});

test('a file of COCO has the image, every class, and an annotation for each that occurs', () => {
  const file = cocoFile('street.jpg', Uint8Array.from([0, 0, 2, 2]), 2, 2, { names: ['a', 'b', 'c'] });
  expect(file.images).toEqual([{ id: 1, file_name: 'street.jpg', width: 2, height: 2 }]);
  expect(file.categories.map(({ id, name }) => [id, name])).toEqual([
    [0, 'a'],
    [1, 'b'],
    [2, 'c'],
  ]);
  expect(file.annotations.map(({ id, category_id, area }) => [id, category_id, area])).toEqual([
    [1, 0, 2],
    [2, 2, 2],
  ]);
});
