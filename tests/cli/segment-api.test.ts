import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  colorize,
  decodeImage,
  decodeLabels,
  type ImageInput,
  type LoadedModel,
  loadModel,
  overlay,
  readImage,
  type SegmentFilesOptions,
  segmentFiles,
} from '../../dist/node/index.js';
import { labelLargeImage } from '../../dist/node/jobs/label-large-image.js';
import { safeColors } from '../../dist/report/pictures/index.js';
import { randomPhoto, writeTree } from '../data/files.js';
import { start } from '../support/hmsa.js';
import { untrained, writeModel } from './model.js';

let folder: string;
let file: string;
let model: LoadedModel;
const at = (...path: string[]) => join(folder, ...path);
const photo = randomPhoto('a', 64, 48);
const raw = { width: 64, height: 48, channels: 3 } as const;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-api-'));
  file = await writeModel(at('model.safetensors'), untrained());
  model = await loadModel(file, { threads: 1, memory: '1GB' });
  await writeTree(at('in'), { 'a.png': photo, 'b.png': randomPhoto('b', 50, 60), 'bad.png': 'none' });
});
afterAll(async () => {
  await model.dispose();
  await rm(folder, { recursive: true });
});

test('an image is read in every form, and what is unclear is said', async () => {
  const png = await readFile(at('in', 'a.png'));
  const withAlpha = (alpha: number) =>
    Uint8Array.from({ length: 64 * 48 * 4 }, (_, i) =>
      i % 4 === 3 ? alpha : photo.data[Math.floor(i / 4) * 3 + (i % 4)]!,
    );
  const same: ImageInput[] = [
    new Blob([png]),
    sharp(png),
    sharp(photo.data, { raw }).ensureAlpha(),
    photo,
    { ...photo, data: Uint8ClampedArray.from(photo.data) },
    { ...photo, data: withAlpha(255) },
    { ...photo, data: Uint16Array.from(photo.data, (value) => value * 257) },
  ];
  for (const input of same) expect(await readImage(input)).toEqual({ image: photo, notes: [] });
  const clear = await readImage({ ...photo, data: withAlpha(51) });
  expect(clear.image.data).toEqual(photo.data.map((value) => Math.round((value * 51 + 255 * 204) / 255)));
  expect(clear.notes).toEqual(['100.0% of the pixels are not opaque; they are laid over white']);
  const encoded = await sharp(withAlpha(51), { raw: { ...raw, channels: 4 } })
    .png()
    .toBuffer();
  expect(await readImage(encoded)).toEqual(clear);
  const grey = await readImage({ data: Uint8Array.of(7, 200), width: 2, height: 1 });
  expect([...grey.image.data]).toEqual([7, 7, 7, 200, 200, 200]);
  const frames = await sharp([png, await sharp(png).negate().png().toBuffer()], { join: { animated: true } })
    .webp({ lossless: true })
    .toBuffer();
  expect(await readImage(frames)).toEqual({
    image: photo,
    notes: ['the first of 2 pages or frames is used'],
  });
  const dark = { data: new Uint16Array(3).fill(1000), width: 1, height: 1 };
  await expect(readImage(dark)).rejects.toThrow(/a brightest value of 1000 of 65535/);
  const bmp = Buffer.concat([Buffer.from('BM'), Buffer.alloc(40)]);
  await expect(readImage(bmp)).rejects.toThrow(/received a BMP file, which cannot be read\. Convert it/);
});

test('a result has what was asked for, and the rest is not computed', async () => {
  const plain = await model.segment(photo);
  expect([plain.confidence, plain.attention, plain.logits, plain.scales]).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  const { labels, confidence, attention, logits } = await model.segment(photo, {
    confidence: true,
    attention: true,
    logits: true,
  });
  // Types say that they are there.
  const pixels: number = confidence.length;
  const scales: number[] = [...attention.keys()];
  expect([pixels, scales, logits.length]).toEqual([64 * 48, [0.5], 64 * 48 * model.classes.names.length]);
  for (const i of [0, 777, 3071]) {
    const scores = model.classes.names.map((_, id) => logits[id * pixels + i]!);
    expect(scores.indexOf(Math.max(...scores))).toBe(labels[i]);
    const sum = scores.reduce((total, score) => total + Math.exp(score - Math.max(...scores)), 0);
    expect(confidence[i]).toBeCloseTo(1 / sum, 5);
  }
  expect(labels).toEqual(plain.labels);
  const details = await model.segment(photo, { details: true });
  expect(details.scales[1]!.attention).toEqual(attention.get(0.5));
});

test('the labels of a mirror image are mirrored with flip', async () => {
  const mirror = await sharp(photo.data, { raw }).flop().raw().toBuffer();
  const options = { flip: true, confidence: true } as const;
  const [own, other] = await Promise.all([
    model.segment(photo, options),
    model.segment({ ...photo, data: new Uint8Array(mirror) }, options),
  ]);
  const flopped = (data: Float32Array) => data.map((_, i) => data[i - (i % 64) + 63 - (i % 64)]!);
  const differences = flopped(other.confidence).map((value, i) => Math.abs(value - own.confidence[i]!));
  expect(Math.max(...differences)).toBeLessThan(1e-5);
  expect(own.confidence).not.toEqual((await model.segment(photo, { confidence: true })).confidence);
});

test('a result is saved in the kind and format that is asked for, and never over its image', async () => {
  const result = await model.segment(at('in', 'a.png'), { confidence: true });
  await result.save(at('saved.png'));
  expect((await decodeLabels(at('saved.png'))).data).toEqual(result.labels);
  await result.save(at('saved.png'), { as: 'outline' });
  expect(await decodeImage(at('saved.png'))).toEqual(result.outline());
  await result.save(at('saved.jpg'), { as: 'overlay' });
  expect((await sharp(at('saved.jpg')).metadata()).format).toBe('jpeg');
  await result.save(at('confidence.png'), { as: 'confidence' });
  const { data } = await decodeLabels(at('confidence.png'));
  expect(data).toEqual(Uint16Array.from(result.confidence, (value) => Math.round(value * 65_535)));
  await result.save(at('polygons.geojson'), { as: 'polygons', tolerance: 0 });
  const { width, height, ...collection } = JSON.parse(await readFile(at('polygons.geojson'), 'utf8'));
  expect([width, height, collection.features]).toEqual([64, 48, result.polygons({ tolerance: 0 }).features]);
  await result.save(at('rle.json'), { as: 'rle' });
  const { annotations, images } = JSON.parse(await readFile(at('rle.json'), 'utf8'));
  expect(images[0].file_name).toBe('a.png');
  expect(annotations.map((one: { area: number }) => one.area).sort()).toEqual(
    result
      .shares()
      .map(({ pixels }) => pixels)
      .sort(),
  );
  await expect(result.save(at('in', 'a.png'), { as: 'overlay' })).rejects.toThrow(
    /received an image to be labelled/,
  );
  await expect(result.save(at('x.jpg'))).rejects.toThrow(
    /x\.jpg: expected a name with the ending \.png for labels/,
  );
  await expect(result.save(at('x.png'), { as: 'overlya' as never })).rejects.toThrow(/Did you mean overlay/);
  await expect(result.save(at('x.png'), { as: 'attention' as never })).rejects.toThrow(
    /received "attention"\. It is several files; segmentFiles writes them\./,
  );
  const plain = await model.segment(photo);
  await expect(plain.save(at('x.png'), { as: 'confidence' })).rejects.toThrow(
    /Segment with \{ confidence: true \}/,
  );
});

test('many images at once: each in its place with the result of one alone, or its error', async () => {
  const inputs = ['b.png', 'bad.png', 'none.png', 'a.png'].map((name) => at('in', name));
  const seen = [];
  for await (const { input, index, result, error } of model.segmentMany(inputs, { concurrency: 3 })) {
    expect(input).toBe(inputs[index]);
    seen.push(result?.labels ?? error!.message);
  }
  expect(seen).toEqual([
    (await model.segment(inputs[0]!)).labels,
    expect.stringMatching(/bad\.png: expected a PNG/),
    expect.stringMatching(/none\.png: expected an image file, received no such file/),
    (await model.segment(inputs[3]!)).labels,
  ]);
  await expect(model.segmentMany(inputs, { scales: [2] }).next()).rejects.toThrow(/^scales: expected/);
  const stopped = model.segmentMany(inputs, { signal: AbortSignal.abort(new Error('enough')) });
  await expect(stopped.next()).rejects.toThrow('enough');
  // A reader that stops leaves nothing under way.
  for await (const _ of model.segmentMany(inputs)) break;
});

test('a model is disposed at the end of its block', async () => {
  const other = await loadModel(file, { threads: 1 });
  await other[Symbol.asyncDispose]();
  await expect(other.segment(photo)).rejects.toThrow(/received a disposed model/);
});

test('a call is finished that still reads its image when its model is disposed', async () => {
  const other = await loadModel(file, { threads: 1 });
  const many = other.segmentMany([at('in', 'a.png'), at('in', 'b.png'), at('in', 'a.png')], {
    concurrency: 1,
  });
  const begun = many.next();
  const running = other.segment(at('in', 'a.png'));
  // Options are checked before the first image is begun.
  const first = (await begun).value!;
  await other.dispose();
  const { labels } = await model.segment(at('in', 'a.png'));
  expect((await running).labels).toEqual(labels);
  expect(first.result!.labels).toEqual(labels);
  const rest = async () => {
    for await (const _ of many);
  };
  await expect(rest()).rejects.toThrow(/received a disposed model/);
});

test('an option that there is none of is refused', async () => {
  await expect(loadModel(file, { devise: 'cpu' } as never)).rejects.toThrow(
    'loadModel: options: expected the name of an option, received "devise". Did you mean device?',
  );
  await expect(loadModel(file, { memroy: '1GB' } as never)).rejects.toThrow('Did you mean memory?');
});

test('a refusal of adaptive prints the command for the model that was given', async () => {
  await expect(model.segment(photo, { adaptive: true })).rejects.toThrow(
    `Calibrate it with: npx hmsa calibrate --model ${file} --scales 1,0.5 --data KIND:PATH`,
  );
  await using shipped = await loadModel(undefined, { threads: 1 });
  await expect(shipped.segment(photo, { scales: [1, 0.25], adaptive: true })).rejects.toThrow(
    'Calibrate it with: npx hmsa calibrate --scales 1,0.25 --data KIND:PATH',
  );
});

describe('files', () => {
  const segment = (inputs: string[], options: SegmentFilesOptions = {}) =>
    segmentFiles(model, inputs, options);

  test('patterns, folders in folders, files that are no pictures, and a folder that links to itself', async () => {
    await writeTree(at('tree'), {
      'a.png': photo,
      'sub/b.png': photo,
      'sub/notes.txt': 'text',
      'sub/film.mp4': '\0\0\0\u0018ftypmp42',
      'sub/shot': await readFile(at('in', 'a.png')),
      'sub/c.dat': await readFile(at('in', 'a.png')),
    });
    await symlink('..', at('tree', 'sub', 'loop'));
    const top = await segment([at('tree')], { out: at('top') });
    expect(top.done.map((one) => one.file)).toEqual([at('tree', 'a.png')]);
    expect(top.leftOut).toEqual([{ file: at('tree', 'sub'), reason: expect.stringMatching(/^a folder/) }]);
    const all = await segment([at('tree', '**')], { out: at('all'), save: ['labels'] });
    expect(all.done.map((one) => one.file)).toEqual(
      ['a.png', 'sub/b.png', 'sub/shot'].map((name) => at('tree', name)),
    );
    const isLoop = { file: at('tree', 'sub', 'loop'), reason: expect.stringMatching(/^a folder/) };
    expect(all.leftOut).toEqual([
      {
        file: at('tree', 'sub', 'c.dat'),
        reason: expect.stringMatching(/^a PNG file with the ending \.dat/),
      },
      { file: at('tree', 'sub', 'film.mp4'), reason: 'not a picture' },
      isLoop,
    ]);
    const through = await segment([at('tree', '*', 'loop', '*.png')], { out: at('through') });
    expect(through.done.map((one) => one.file)).toEqual([at('tree', 'sub', 'loop', 'a.png')]);
    const { done, failed } = await segment([at('tree', '*.jpg'), at('tree', 'a.png')], { out: at('none') });
    expect([done.length, failed.map(({ message }) => message)]).toEqual([
      1,
      [expect.stringMatching(/\*\.jpg: expected a pattern that files match, received no match/)],
    ]);
  });

  test('every kind is written and told, is no input of the next run, and is skipped if it is there', async () => {
    await writeTree(at('kinds'), { 'a.png': photo, 'b.png': photo });
    const save = ['labels', 'outline', 'confidence', 'polygons', 'rle', 'attention'] as const;
    const { done } = await segment([at('kinds')], { save });
    const names = [
      'attention@0.5.png',
      'confidence.png',
      'labels.png',
      'outline.png',
      'polygons.json',
      'rle.json',
    ];
    expect([...done[0]!.written].sort()).toEqual(names.map((name) => at('kinds', `a.${name}`)));
    expect(done[0]).toMatchObject({ labels: at('kinds', 'a.labels.png'), notes: [], width: 64, height: 48 });
    expect(done[0]!.classes.reduce((sum, { pixels }) => sum + pixels, 0)).toBe(64 * 48);
    await rm(at('kinds', 'b.rle.json'));
    const again = await segment([at('kinds')], { save, skipExisting: true });
    expect(again.skipped.map((one) => one.file)).toEqual([at('kinds', 'a.png')]);
    expect(again.skipped[0]!.existing).toHaveLength(6);
    expect(again.done.map((one) => one.file)).toEqual([at('kinds', 'b.png')]);
    expect(again.leftOut).toEqual([]);
    // A file of somebody else is neither skipped over nor replaced.
    await writeFile(at('kinds', 'a.rle.json'), '{}');
    const own = await segment([at('kinds', 'a.png')], { save, skipExisting: true });
    expect(own.failed[0]!.message).toMatch(/a\.rle\.json: .*received a file that hmsa segment did not write/);
  });

  test('standard input to files and to standard output', async () => {
    const run = async (...args: string[]) => {
      const { child, outcome } = start(['segment', '-', '--model', file, '--threads', '1', ...args]);
      createReadStream(at('in', 'a.png')).pipe(child.stdin);
      return outcome;
    };
    const { code, stderr } = await run('--out', at('piped'), '--save', 'labels,polygons', '--flip');
    expect([code, stderr]).toEqual([0, expect.stringMatching(/labelled at its full size/)]);
    expect((await readdir(at('piped'))).sort()).toEqual(['stdin.labels.png', 'stdin.polygons.json']);
    const flipped = await model.segment(photo, { flip: true });
    expect((await decodeLabels(at('piped', 'stdin.labels.png'))).data).toEqual(flipped.labels);
    const { stdout } = await run('--stdout', '--save', 'rle');
    const { annotations } = JSON.parse(stdout);
    expect(annotations.map((one: { category_id: number }) => one.category_id)).toEqual(
      (await model.segment(photo)).runLengths().map(({ id }) => id),
    );
  });

  test('--safe-colors: all pictures and the palette show other colours, and the indices stay', async () => {
    const { names } = model.classes;
    const safe = safeColors(names.length);
    const [own, input] = [await model.segment(photo), at('in', 'a.png')];
    const expected = colorize(own.labels, 64, 48, { ...model.classes, colors: safe }).data;
    const args = ['--out', at('safe'), '--safe-colors', '--save', 'labels,color,figure', '--model', file];
    expect((await start(['segment', input, ...args, '--threads', '1']).outcome).code).toBe(0);
    expect((await decodeImage(at('safe', 'a.color.png'))).data).toEqual(expected);
    expect((await decodeImage(at('safe', 'a.labels.png'))).data).toEqual(expected);
    expect((await decodeLabels(at('safe', 'a.labels.png'))).data).toEqual(own.labels);
    const hex = (color: readonly number[]) =>
      color.map((part) => part.toString(16).padStart(2, '0')).join('');
    const svg = await readFile(at('safe', 'a.figure.svg'), 'utf8');
    for (const { id } of own.shares())
      expect(svg).toMatch(new RegExp(`#${hex(safe[id]!)}|rgb\\(${safe[id]!.join(', ?')}\\)`, 'i'));
    // The same from the API, and of an image that is read in rows.
    const encoded = await own.encode({ as: 'color', safeColors: true });
    expect((await decodeImage(encoded)).data).toEqual(expected);
    const image = { file: input, source: input, name: input, stem: at('safe', 'large') };
    await labelLargeImage(model, image, ['labels', 'overlay'], { safeColors: true });
    expect((await decodeImage(at('safe', 'large.labels.png'))).data).toEqual(expected);
    expect(await decodeImage(at('safe', 'large.overlay.png'))).toEqual(
      overlay(photo, { ...photo, data: expected }),
    );
    await expect(own.encode({ safeColors: 'yes' as never })).rejects.toThrow(
      /save, safeColors: expected true or false/,
    );
  });
});
