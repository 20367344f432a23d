import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { join, mkdtemp, rm, tmpdir, writeFile } from '../../../tests/support/node.js';
import { disk } from '../../node/datasets/disk.js';
import { VOID } from '../index.js';
import { readClassFile } from './class-file.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-classes-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function read(name: string, content: string | Uint8Array) {
  await writeFile(join(folder, name), content);
  return readClassFile(disk, join(folder, name));
}

const colored = {
  hasColors: true,
  hasIds: false,
  classes: {
    names: ['background', 'road', 'car'],
    colors: [
      [0, 0, 0],
      [128, 64, 128],
      [0, 0, 142],
    ],
  },
};
const numbered = {
  hasIds: true,
  hasColors: false,
  classes: { names: ['void area', 'road', 'car'], ids: [0, 7, 11] },
};

describe('colours, as tools and people write them', () => {
  const files = {
    'a.csv': 'name,r,g,b\nbackground,0,0,0\nroad,128,64,128\ncar,0,0,142\n',
    'header-first.csv': 'r,g,b,class_name\r\n0,0,0,background\r\n128,64,128,road\r\n0,0,142,car\r\n',
    'semicolon.csv': 'Name;Red;Green;Blue\nbackground;0;0;0\nroad;128;64;128\ncar;0;0;142',
    'tab.tsv': 'label\tr\tg\tb\nbackground\t0\t0\t0\nroad\t128\t64\t128\ncar\t0\t0\t142\n',
    'quoted.csv':
      '"name","r","g","b"\n"background","0","0","0"\n"road","128","64","128"\n"car","0","0","142"\n',
    'bom.csv': '\ufeffname,r,g,b\nbackground,0,0,0\nroad,128,64,128\ncar,0,0,142\n',
    'row-numbers.csv': ',name,r,g,b\n0,background,0,0,0\n1,road,128,64,128\n2,car,0,0,142\n',
    'open-rows.csv': 'name,r,g,b,\nbackground,0,0,0,\nroad,128,64,128,\ncar,0,0,142,\n',
    'hex.csv': 'label,color\nbackground,#000000\nroad,#804080\ncar,00008e\n',
    'bare.txt': '0 0 0 background\n128 64 128\troad\n0 0 142 car\n',
    'hex.txt': '#000000 background\n#804080 road\n#00008e car\n',
    'labelmap.txt': '# label:color_rgb:parts:actions\nbackground:0,0,0::\nroad:128,64,128::\ncar:0,0,142::\n',
    'map.json': '{"background": "#000000", "road": [128, 64, 128], "car": "#00008E"}',
    'meta.json': JSON.stringify({
      classes: [
        {
          title: 'background',
          shape: 'bitmap',
          color: '#000000',
          geometry_config: {},
          id: undefined,
          hotkey: '',
        },
        { title: 'road', id: 10_472_391, shape: 'bitmap', color: '#804080', hotkey: '' },
        { title: 'car', shape: 'polygon', color: '#00008E' },
      ],
      tags: [],
      projectType: 'images',
    }),
  };
  for (const [name, text] of Object.entries(files)) {
    test(name, async () => expect(await read(name, text)).toMatchObject(colored));
  }
});

describe('ids, as tools and people write them', () => {
  const files = {
    '_classes.csv': 'Pixel Value, Class\n0, void area\n7, road\n11, car\n',
    'ids.txt': '0 void area\n7 road\n11 car\n',
    'equals.txt': 'void area = 0\nroad=7\ncar: 11\n',
    'colon.txt': '0: void area\n7: road\n11: car\n',
    'ids.csv': 'id,name\n0,void area\n7,road\n11,car\n',
    'class-is-id.csv': 'class,label_name\n0,void area\n7,road\n11,car\n',
    'behind.csv': 'void area;0\nroad;7\ncar;11\n',
    'id2label.json': '{"0": "void area", "7": "road", "11": "car"}',
    'label2id.json': '{"void area": 0, "road": 7, "car": 11}',
    'coco.json': JSON.stringify({
      images: [],
      categories: [
        { id: 0, name: 'void area', supercategory: 'x' },
        { id: 7, name: 'road', isthing: 0 },
        { id: 11, name: 'car' },
      ],
    }),
  };
  for (const [name, text] of Object.entries(files)) {
    test(name, async () => expect(await read(name, text)).toMatchObject(numbered));
  }
});

test('names alone, also those that objects have of themselves, and labelme with what it ignores', async () => {
  for (const [name, text] of [
    ['a.txt', 'constructor\n__proto__\ntoString\n'],
    ['a.json', '\ufeff["constructor", "__proto__", "toString"]'],
    ['a.csv', 'name\nconstructor\n__proto__\ntoString\n'],
  ] as const) {
    const { classes, hasIds, hasColors } = await read(name, text);
    expect(classes.names).toEqual(['constructor', '__proto__', 'toString']);
    expect([classes.ids, hasIds, hasColors]).toEqual([[0, 1, 2], false, false]);
  }
  const labelme = await read('labels.txt', '__ignore__\n_background_\nroad\nstreet light\n');
  expect(labelme.classes.names).toEqual(['_background_', 'road', 'street light']);
  expect(labelme.classes.ids).toEqual([0, 1, 2]);
  expect(labelme.labels.at(-1)).toMatchObject({ name: '__ignore__', id: 255, trainId: VOID });
  expect((await read('o.txt', 'object\nroad\n')).classes.names).toEqual(['object', 'road']);
  const pairs = await read('pairs.json', '{"constructor": 3, "__proto__": 4}');
  expect(pairs.classes.names).toEqual(['constructor', '__proto__']);
});

test('UTF-16, comments and a void label without a colour, which is not black', async () => {
  const utf16 = Buffer.from('\ufeff# mine\nname,r,g,b\nHäuser,0,0,0\n', 'utf16le');
  expect((await read('a.csv', utf16)).classes.names).toEqual(['Häuser']);
  const file = await read(
    'a.json',
    '{"classes": [{"name": "a", "color": "#010203"}], "void": [{"name": "x"}]}',
  );
  expect(file.byColor).toEqual({ by: 'color', trainIds: [[[1, 2, 3], 0]] });
});

describe('what looks like a table and is none that is known is refused by its line', () => {
  const cases: Record<string, [text: string, message: RegExp]> = {
    'a column that is not known': [
      'name,r,g,b,evaluate\nroad,1,2,3,yes\n',
      /line 1: expected only columns of name, id, r, g, b and color, received name,r,g,b,evaluate \(evaluate\)/,
    ],
    'a column with a slip': [
      'name,colr\nroad,#010203\n',
      /line 1: .*(Did you mean color|one name on each line)/,
    ],
    'a row with too few fields': [
      'name,r,g,b\nroad,1,2,3\nsky,1,2\n',
      /line 3: expected values for name,r,g,b, received sky,1,2/,
    ],
    'a colour beyond 255': ['name,r,g,b\nroad,1,2,300\n', /line 2/],
    'rows of several forms': [
      '0 road\nsky\n',
      /line 1: expected one name on each line, or a table .*, received 0 road/,
    ],
    'a name that holds a mark': ['building\nwall; fence\n', /line 2: .* received wall; fence/],
    'commas without a header that is known': ['road,first,x\nsky,second,y\n', /line 1/],
    'a multi-label table': ['filename, road, sky\na.jpg, 1, 0\n', /line 1/],
    'a list of files': ['images/a.png masks/a.png\n', /line 1/],
    'numbers alone': ['7\n8\n', /line 1/],
    'YAML keys': ['names:\n  - road\n', /line 1/],
    'a row of labelmap.txt cut short': [
      '# label:color_rgb:parts:actions\nroad:1,2,3\n',
      /line 2: expected label:red/,
    ],
  };
  for (const [name, [text, message]] of Object.entries(cases)) {
    test(name, async () => expect(read('a.txt', text)).rejects.toThrow(message));
  }
});

test('JSON: what was expected at which key, with the near name and no word of a library', async () => {
  for (const [text, message] of [
    [
      '{"classes": [{"name": "a", "colr": 1}]}',
      'classes[0]: expected no other keys than name, id, color, received colr. Did you mean color?',
    ],
    ['{"clases": ["a"]}', 'Did you mean classes?'],
    ['{"classes": ["a"], "viod": []}', 'Did you mean void?'],
    [
      '{"classes": [{"name": "a", "color": "red"}]}',
      'classes[0].color: expected a colour, "#rrggbb" or [red, green, blue], received "red"',
    ],
    [
      '{"classes": [{"name": "a", "id": -1}]}',
      'classes[0].id: expected a whole number in 0 … 65535, received -1',
    ],
    ['{"classes": [{"id": 1}]}', 'classes[0]: expected a name, received none'],
    ['[1, 2]', '[0]: expected a name, or an object with a name, received 1'],
    ['[]', 'expected at least one class, received none'],
    ['"road"', 'expected a list or an object of classes'],
    ['{"classes": [{"name": "a", "id": 3}, {"name": "b", "id": 3}]}', 'the id 3 twice (a, b)'],
  ] as const) {
    await expect(read('a.json', text), text).rejects.toThrow(message);
  }
  await expect(read('data.yaml', 'names: [a]')).rejects.toThrow('received a .yaml file');
});

test('tables of numbers in JSON as YOLO, Hugging Face and nnU-Net write them; a key that is there twice is refused', async () => {
  const names = ['background', 'road', 'car'];
  for (const content of [
    { nc: 3, names: { 0: 'background', 1: 'road', 2: 'car' } },
    { id2label: { 0: 'background', 1: 'road', 2: 'car' }, label2id: { background: 0, road: 1, car: 2 } },
    { channel_names: { 0: 'R' }, labels: { background: 0, road: 1, car: 2 } },
    { classes: { 0: 'background', 1: 'road', 2: 'car' } },
  ]) {
    expect((await read('a.json', JSON.stringify(content))).classes.names).toEqual(names);
  }
  await expect(read('a.json', '{"0": "a", "1": "b", "1": "c"}')).rejects.toThrow(
    'expected each key once, received 1 twice',
  );
});

test('a name in quotes may hold commas; a list of YAML and UTF-16 without a mark are no names', async () => {
  expect((await read('a.txt', 'sky\n"road, wet"\n')).classes.names).toEqual(['sky', 'road, wet']);
  await expect(read('a.txt', '- sky\n- road\n')).rejects.toThrow('line 1');
  await expect(read('a.txt', Buffer.from('sky\nroad\n', 'utf16le'))).rejects.toThrow('Save it as UTF-8');
});
