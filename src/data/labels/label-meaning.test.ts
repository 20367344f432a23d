import { encode } from 'fast-png';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bands, colorBands, randomPhoto, writeTree } from '../../../tests/data/files.js';
import type { Files } from '../../../tests/data/layouts.js';
import { join, mkdtemp, rm, tmpdir } from '../../../tests/support/node.js';
import type { Pixels } from '../../base/pixels.js';
import { FileDataset, openDataset } from '../../node/datasets/index.js';
import { encodePng } from '../../node/images/index.js';
import { inspect } from '../../node/inspect/inspect.js';
import { type Rgb, VOID } from '../index.js';

const WIDTH = 40;
const HEIGHT = 24;
const PIXELS = WIDTH * HEIGHT;

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hmsa-meaning-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

type Mask = Pixels | Uint8Array;
const mask = (...values: number[]) => bands(values, WIDTH, HEIGHT);
const colors = (...list: Rgb[]) => colorBands(list, WIDTH, HEIGHT);
const black: Rgb = [0, 0, 0];
const white: Rgb = [255, 255, 255];
const road: Rgb = [128, 64, 128];
const car: Rgb = [0, 0, 142];

/** The mask with one pixel changed. */
function stray(pixels: Pixels, value: number): Pixels {
  const data = Uint8Array.from(pixels.data);
  data[5 * WIDTH + 5] = value;
  return { ...pixels, data };
}

/** A palette image, in bands of indices. */
function palette(indices: number[], list: readonly Rgb[]): Uint8Array {
  const { data } = mask(...indices);
  return encode({
    width: WIDTH,
    height: HEIGHT,
    depth: 8,
    channels: 1,
    data,
    palette: list.map((c) => [...c]),
  });
}

/** A grey image of 1 bit, in rows of whole bytes. */
function oneBit(...values: number[]): Uint8Array {
  const rows = mask(...values).data;
  const data = new Uint8Array(PIXELS / 8);
  rows.forEach((value, i) => {
    data[i >> 3]! |= value << (7 - (i & 7));
  });
  return encode({ width: WIDTH, height: HEIGHT, depth: 1, channels: 1, data });
}

function sixteen(values: number[], factor = 1): Uint8Array {
  const data = Uint16Array.from(mask(...values).data, (value) => value * factor);
  return encode({ width: WIDTH, height: HEIGHT, depth: 16, channels: 1, data });
}

async function open(masks: Record<string, Mask>, others: Files = {}, classes?: string) {
  const files: Files = { ...others };
  for (const [name, content] of Object.entries(masks)) {
    files[`images/${name}.jpg`] = randomPhoto(name, WIDTH, HEIGHT);
    files[`masks/${name}.png`] = content;
  }
  await writeTree(root, files);
  const dataset = await openDataset(`folder:${root}`, classes === undefined ? {} : { classes });
  if (!(dataset instanceof FileDataset)) throw new Error('no files');
  return dataset;
}

/** The train ids of a sample, from top to bottom. */
async function bandsOf(dataset: FileDataset, index = 0): Promise<number[]> {
  const { label } = await dataset.get(index);
  return Array.from(label!).filter((id, i) => i === 0 || id !== label![i - 1]);
}

async function faultsOf() {
  const { report } = await inspect(`folder:${root}`, { leastSide: 1 });
  return report.faults.map(({ file, detail }) => `${file}: ${detail}`);
}

const unknown = (classes: number) => `expected labels of the ${classes} classes or void, received`;

describe('without a file of classes', () => {
  test('0 and 255 with a stray 254: background and foreground, and the file that holds it is a fault', async () => {
    const dataset = await open({ a: mask(0, 255), b: stray(mask(0, 0, 255), 254), c: mask(255, 0) });
    expect(dataset.classes.names).toEqual(['background', 'foreground']);
    expect(await bandsOf(dataset)).toEqual([0, 1]);
    await expect(dataset.get(1)).rejects.toThrow(
      'b.png: expected labels of the 2 classes or void, received value 254 (1 px, 0.1%)',
    );
    expect(dataset.parts.evidence).toMatchObject({
      files: 3,
      pixels: 3 * PIXELS,
      voidPixels: 0,
      unknownPixels: 1,
    });
    expect(await faultsOf()).toEqual([`masks/b.png: ${unknown(2)} value 254 (1 px, 0.1%)`]);
    const { report } = await inspect(`folder:${root}`, { leastSide: 1 });
    expect(report.notes.join(' ')).toContain('254 (0.035%), first in masks/b.png');
  });

  test.each([1, 2, 77, 128, 253])('0 and 255 with a stray %d', async (value) => {
    const dataset = await open({ a: mask(0, 255), b: stray(mask(0, 0, 255), value) });
    expect(dataset.classes.names).toEqual(['background', 'foreground']);
    expect(await faultsOf()).toEqual([`masks/b.png: ${unknown(2)} value ${value} (1 px, 0.1%)`]);
  });

  test('numbers of classes with a stray one', async () => {
    const dataset = await open({ a: mask(0, 1, 2, 255), b: stray(mask(0, 1, 2), 7) });
    expect(dataset.classes.names).toEqual(['class 0', 'class 1', 'class 2']);
    expect(await bandsOf(dataset)).toEqual([0, 1, 2, VOID]);
    expect(await faultsOf()).toEqual([`masks/b.png: ${unknown(3)} value 7 (1 px, 0.1%)`]);
  });

  test('colours with a stray one', async () => {
    const data = Uint8Array.from(colors(black, road).data);
    data.set([1, 2, 3], 999);
    const dataset = await open({ a: colors(black, road), b: { data, width: WIDTH, height: HEIGHT } });
    expect(dataset.classes.colors).toEqual([black, road]);
    expect(await faultsOf()).toEqual([`masks/b.png: ${unknown(2)} colour #010203 (1 px, 0.1%)`]);
  });

  test('masks that went through JPEG: foreground is never void, every file is a fault', async () => {
    const through = async (quality: number) => {
      const circle = new Uint8Array(PIXELS).map((_, i) =>
        ((i % WIDTH) - 20) ** 2 + (Math.floor(i / WIDTH) - 12) ** 2 < 80 ? 255 : 0,
      );
      const jpeg = sharp(circle, { raw: { width: WIDTH, height: HEIGHT, channels: 1 } }).jpeg({ quality });
      return sharp(await jpeg.toBuffer())
        .toColourspace('b-w')
        .png()
        .toBuffer();
    };
    for (const quality of [60, 90, 98]) {
      const opened = open({ a: await through(quality), b: await through(quality) });
      const result = await opened.then(
        (dataset) => dataset.classes.names,
        (error) => error.message,
      );
      if (typeof result === 'string') expect(result).toMatch(/JPEG|255 may be void or a class/);
      else {
        expect(result).toEqual(['background', 'foreground']);
        expect((await faultsOf()).length).toBe(2);
      }
    }
  });

  test.each([
    [0, 127, 255],
    [0, 128, 255],
    [0, 85, 170, 255],
    [0, 64, 128, 191, 255],
  ])('levels of grey up to 255 are a class each: %d, %d, %d …', async (...levels) => {
    const dataset = await open({ a: mask(...levels) });
    expect(dataset.classes.names).toEqual(levels.map((level) => `class ${level}`));
    expect(await bandsOf(dataset)).toEqual([...levels.keys()]);
  });

  test.each([
    [[0, 50, 255], '255 may be void or a class'],
    [[0, 127, 128, 255], '255 may be void or a class'],
    [[0, 0, 0, 0, 1, 255, 255, 255, 255, 255], '255 may be void or a class'],
  ])('%j is refused with the shares and the way out', async (values, message) => {
    await expect(open({ a: mask(...(values as number[])) })).rejects.toThrow(message as string);
    await expect(open({ a: mask(...(values as number[])) })).rejects.toThrow('classes.json');
  });

  test('1 bit beside 8 bits: white is white', async () => {
    const dataset = await open({ a: oneBit(0, 1), b: mask(0, 255) });
    expect(dataset.classes.names).toEqual(['background', 'foreground']);
    expect([await bandsOf(dataset, 0), await bandsOf(dataset, 1)]).toEqual([
      [0, 1],
      [0, 1],
    ]);
    const deep = await open({ a: sixteen([0, 255], 257), b: oneBit(1, 0) });
    expect([await bandsOf(deep, 0), await bandsOf(deep, 1)]).toEqual([
      [0, 1],
      [1, 0],
    ]);
  });

  test('0 and 1 beside 0 and 255, both of 8 bits, and other depths that do not fit: refused by both names', async () => {
    await expect(open({ a: mask(0, 1), b: mask(0, 255) })).rejects.toThrow(
      '0 and 255 in masks/b.png and other numbers in masks/a.png',
    );
    await expect(open({ a: oneBit(0, 1), b: mask(0, 1, 2) })).rejects.toThrow(
      'depth 1 in masks/a.png and depth 8 in masks/b.png',
    );
    await expect(open({ a: sixteen([0, 1, 2], 257), b: mask(0, 1, 2) })).rejects.toThrow(
      'depth 16 in masks/a.png',
    );
  });

  test('palettes in another order are refused by both files; the same palette gives the colours', async () => {
    const [one, other] = [palette([0, 1, 2], [black, road, car]), palette([0, 2, 1], [black, car, road])];
    await expect(open({ a: one, b: other })).rejects.toThrow(
      'palettes that differ: index 1 is #804080 in masks/a.png and #00008e in masks/b.png',
    );
    const dataset = await open({ a: one, b: palette([0, 2], [black, road, car, white]) });
    expect(dataset.classes.colors).toEqual([black, road, car]);
  });

  test('all black first, colours behind', async () => {
    const dataset = await open({ a: colors(black), b: mask(0), c: colors(black, road, car) });
    expect(dataset.classes.colors).toEqual([black, car, road]);
    expect(await bandsOf(dataset, 1)).toEqual([0]);
    await expect(open({ a: colors(black), b: mask(0, 1), c: colors(black, road, car) })).rejects.toThrow(
      'colours in masks/c.png and numbers in masks/b.png (1)',
    );
  });

  test('smoothed colours are refused with their number and share', async () => {
    const size = { width: WIDTH, height: HEIGHT, channels: 3 as const };
    const large = await sharp(colors(black, road, car, white).data, { raw: size }).rotate(20, {
      background: 'black',
    });
    const { data, info } = await large.raw().toBuffer({ resolveWithObject: true });
    const smooth = await sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } })
      .resize(WIDTH, HEIGHT, { fit: 'fill' })
      .png()
      .toBuffer();
    await expect(open({ a: smooth })).rejects.toThrow(
      /received \d+ colours, of which \d+ have at most [\d.]+% of the pixels each \(together [\d.]+%\), such as #\w+ in masks\/a.png/,
    );
  });

  test('16-bit colours are read where 8 bits hold them', async () => {
    const deep = encode({
      width: WIDTH,
      height: HEIGHT,
      depth: 16,
      channels: 3,
      data: Uint16Array.from(colors(black, road).data, (value) => value * 257),
    });
    expect((await open({ a: deep })).classes.colors).toEqual([black, road]);
  });

  test('labels that cannot be read are one error, not a set without classes', async () => {
    const jpeg = await sharp(await encodePng(mask(0, 255)))
      .jpeg()
      .toBuffer();
    await expect(open({ a: jpeg })).rejects.toThrow(
      /1, none of them readable \(.*a lossy jpeg file.* with a threshold/,
    );
  });
});

describe('with a file of classes', () => {
  const csv = (...rows: [string, Rgb][]) =>
    `name,r,g,b\n${rows.map(([name, c]) => `${name},${c}\n`).join('')}`;

  test('colours are the rule, also where the masks are black and white, grey, of 1 bit or stored as RGB', async () => {
    const classes = { 'class_dict.csv': csv(['road', white], ['background', black]) };
    for (const content of [mask(0, 255), colors(black, white), oneBit(0, 1), sixteen([0, 255], 257)]) {
      const dataset = await open({ a: content, b: mask(255, 0) }, classes);
      expect(dataset.classes.names).toEqual(['road', 'background']);
      expect(await bandsOf(dataset)).toEqual([1, 0]);
      expect(await bandsOf(dataset, 1)).toEqual([0, 1]);
      expect(dataset.parts.evidence).toMatchObject({
        source: '2 classes were taken from class_dict.csv, and the label files read by their colours.',
        voidPixels: 0,
        unknownPixels: 0,
      });
    }
  });

  test('numbers from 0 on beside colours that only show: read by number, and said', async () => {
    const dataset = await open(
      { a: mask(0, 1, 2, 255), b: mask(2, 1) },
      { 'class_dict.csv': csv(['sky', car], ['road', road], ['car', white]) },
    );
    expect(await bandsOf(dataset)).toEqual([0, 1, 2, VOID]);
    expect(dataset.parts.evidence?.source).toContain('read by numbers from 0 on');
    expect(dataset.parts.evidence?.voidPixels).toBe(PIXELS / 4);
  });

  test('numbers whose colour says another class than their place: refused', async () => {
    const classes = { 'class_dict.csv': csv(['road', white], ['background', black]) };
    await expect(open({ a: mask(0, 1), b: mask(1, 0) }, classes)).rejects.toThrow(
      'received 0 (50%), 1 (50%), of which 0 is background by its colour and road by its place in class_dict.csv',
    );
  });

  test('ids with colours: by id, a stray pixel changes nothing; where both fit and differ, refused', async () => {
    const both = (ids: [number, number]) =>
      JSON.stringify({
        classes: [
          { name: 'background', id: ids[0], color: '#000000' },
          { name: 'road', id: ids[1], color: '#ffffff' },
        ],
      });
    const byId = await open({ a: mask(0, 1), b: mask(0, 1, 255) }, { 'classes.json': both([0, 1]) });
    expect(await bandsOf(byId, 1)).toEqual([0, 1, VOID]);
    const byColor = await open(
      { a: stray(mask(0, 0, 255), 1), b: mask(0, 255) },
      { 'classes.json': both([0, 1]) },
    );
    expect(await bandsOf(byColor, 1)).toEqual([0, 1]);
    await expect(
      open({ a: mask(0, 255), b: mask(0, 255) }, { 'classes.json': both([255, 0]) }),
    ).rejects.toThrow('another class by the ids than by the colours of classes.json');
  });

  test('palettes are read by the colours of the classes, whatever their order', async () => {
    const classes = { 'class_dict.csv': csv(['background', black], ['road', road], ['car', car]) };
    const dataset = await open(
      { a: palette([0, 1, 2], [black, road, car]), b: palette([0, 1, 2], [black, car, road]) },
      classes,
    );
    expect([await bandsOf(dataset, 0), await bandsOf(dataset, 1)]).toEqual([
      [0, 1, 2],
      [0, 2, 1],
    ]);
    await expect(
      open({}, { 'class_dict.csv': csv(['a', white], ['b', [1, 2, 3]], ['c', [4, 5, 6]]) }),
    ).rejects.toThrow('palettes that differ: index 1');
  });

  test('names alone for 0 and 255, and for 0 and 1 beside 0 and 255: refused, not void', async () => {
    await expect(
      open({ a: mask(0, 255), b: mask(255, 0) }, { 'classes.txt': 'background\nroad\n' }),
    ).rejects.toThrow(
      'expected values that classes.txt names, received 0 (50%), 255 (50%): 255 may be void or a class',
    );
    await expect(open({ a: mask(0, 1) })).rejects.toThrow('in masks/b.png and in masks/a.png');
    const said = JSON.stringify({
      classes: [
        { name: 'a', id: 0 },
        { name: 'b', id: 1 },
      ],
      void: [{ name: 'x', id: 255 }],
    });
    expect((await open({}, { 'classes.json': said })).parts.evidence?.voidPixels).toBe(PIXELS / 2);
  });

  test('the first mask does not decide for all', async () => {
    const classes = { 'class_dict.csv': csv(['background', black], ['road', road], ['car', car]) };
    const dataset = await open({ a: colors(black), b: colors(black, road, car) }, classes);
    expect(await bandsOf(dataset, 1)).toEqual([0, 1, 2]);
  });

  test('a large share that no class explains is a fault of the file of classes, with values and shares', async () => {
    const opened = await open({ a: mask(0, 1, 2, 5), b: mask(0, 1) }, { 'classes.json': '["a", "b", "c"]' });
    expect(opened.parts.evidence?.unknownPixels).toBe(PIXELS / 4);
    expect(await faultsOf()).toEqual([
      'classes.json: its ids leave 13% of the label pixels without a meaning: 5 (13%), first in masks/a.png',
      `masks/a.png: ${unknown(3)} value 5 (240 px, 25%)`,
    ]);
  });

  test('two classes of one colour, and names without colours for colour masks: refused', async () => {
    const twice = { 'class_dict.csv': csv(['background', black], ['road', road], ['street', road]) };
    await expect(open({ a: colors(black, road) }, twice)).rejects.toThrow(
      '[128,64,128] twice (road, street)',
    );
    await rm(join(root, 'class_dict.csv'));
    await expect(open({}, { 'classes.txt': 'background\nroad\n' })).rejects.toThrow(
      'label files of numbers, since classes.txt gives no colours, received colours in masks/a.png: #000000 (50%), #804080 (50%)',
    );
  });

  test("Roboflow's file in each split is found; two that differ are refused", async () => {
    const text = 'Pixel Value, Class\n0, background\n1, road\n';
    const files: Files = {};
    for (const split of ['train', 'valid']) {
      files[`${split}/a_${split}.jpg`] = randomPhoto(split, WIDTH, HEIGHT);
      files[`${split}/a_${split}_mask.png`] = mask(0, 1);
      files[`${split}/_classes.csv`] = text;
    }
    await writeTree(root, files);
    const dataset = await openDataset(`folder:${root}`, { split: 'train' });
    expect(dataset.classes.names).toEqual(['background', 'road']);
    await writeTree(root, { 'valid/_classes.csv': 'Pixel Value, Class\n0, road\n1, background\n' });
    await expect(openDataset(`folder:${root}`)).rejects.toThrow('which differ');
  });
});

test('inspect notes photographs that are turned, constant or dark', async () => {
  const turned = await sharp(randomPhoto('t', WIDTH, HEIGHT).data, {
    raw: { width: WIDTH, height: HEIGHT, channels: 3 },
  })
    .withMetadata({ orientation: 3 })
    .jpeg()
    .toBuffer();
  const flat = await encodePng({ data: new Uint8Array(3 * PIXELS).fill(9), width: WIDTH, height: HEIGHT });
  await open({ a: mask(0, 1), b: mask(0, 1) }, {});
  await writeTree(root, { 'images/a.jpg': turned, 'images/b.jpg': flat });
  const { report } = await inspect(`folder:${root}`, { leastSide: 1 });
  expect(report.faults).toEqual([]);
  expect(report.notes.slice(2)).toEqual([
    '1 photograph is nearly one colour throughout; such as images/b.jpg (all values in 9 … 9).',
    '1 photograph is stored turned: a mask drawn without the EXIF orientation has the right size but does not match; such as images/a.jpg (EXIF orientation 3).',
  ]);
});

test('a file of colours that leaves black without a name is read by its colours, and black is a fault', async () => {
  const file = { 'obj_class_to_machine_color.json': '{"road": [1, 1, 1], "car": [2, 2, 2]}' };
  const dataset = await open({ a: mask(0, 1, 2), b: mask(1, 2) }, file);
  expect(await bandsOf(dataset, 1)).toEqual([0, 1]);
  expect((await faultsOf())[0]).toMatch(/#000000 \(\d+%\), first in masks\/a\.png; name it in obj_class/);
});

/** A rectangle of one value in another, with an edge of a third. */
function framed(outside: number, edge: number, inside: number): Pixels {
  const data = new Uint8Array(PIXELS).map((_, i) => {
    const [x, y] = [i % WIDTH, Math.floor(i / WIDTH)];
    const depth = Math.min(x - 5, 30 - x, y - 4, 19 - y);
    return depth < 0 ? outside : depth === 0 ? edge : inside;
  });
  return { data, width: WIDTH, height: HEIGHT };
}

test.each([
  [0, 127, 255],
  [0, 1, 2],
  [4, 2, 0],
])('straight edges that were smoothed, %d %d %d, are faults', async (outside, edge, inside) => {
  const square = (value: number) => framed(outside, value, inside);
  const dataset = await open({ a: square(outside), b: square(inside), c: square(inside), d: square(edge) });
  expect(dataset.classes.names.length).toBe(2);
  expect(await faultsOf()).toEqual([`masks/d.png: ${unknown(2)} value ${edge} (80 px, 8.3%)`]);
});

test('edges between colours that were smoothed are faults', async () => {
  const colored = (edge: Rgb): Pixels => {
    const data = [...framed(0, 1, 2).data].flatMap((i) => [...[black, edge, road][i]!]);
    return { data: Uint8Array.from(data), width: WIDTH, height: HEIGHT };
  };
  const dataset = await open({ a: colored(road), b: colored(black), c: colored([64, 32, 64]) });
  expect(dataset.classes.colors).toEqual([black, road]);
  expect(await faultsOf()).toEqual([`masks/c.png: ${unknown(2)} colour #402040 (80 px, 8.3%)`]);
});

/** 16 bits, in bands of values above 255. */
function deep(...values: number[]): Uint8Array {
  const data = Uint16Array.from(mask(...values.keys()).data, (band) => values[band]!);
  return encode({ width: WIDTH, height: HEIGHT, depth: 16, channels: 1, data });
}

test('65535 beside small numbers may be void or a class; as the white of greys it is one', async () => {
  await expect(open({ a: deep(0, 1, 2, 65_535) })).rejects.toThrow(
    'of which 65535 may be void or a class. Name the classes',
  );
  const dataset = await open({ a: deep(0, 32_768, 65_535) });
  expect(await bandsOf(dataset)).toEqual([0, 1, 2]);
});
