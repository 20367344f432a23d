import { link, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  colorize,
  decodeImage,
  decodeLabels,
  encodePng,
  type FailedFile,
  type LabelledFile,
  type LoadedModel,
  loadModel,
  openDataset,
  overlay,
  readImage,
  type SegmentFilesOptions,
  segmentFiles,
} from '../../dist/node/index.js';
import { labelImage } from '../../dist/node/jobs/label-image.js';
import { labelLargeImage } from '../../dist/node/jobs/label-large-image.js';
import { pictureKinds } from '../../dist/node/jobs/outputs.js';
import { bands, randomPhoto, writeTree } from '../data/files.js';
import { hmsa, start } from '../support/hmsa.js';
import { untrained, writeModel } from './model.js';

let folder: string;
let file: string;
let model: LoadedModel;
const at = (...path: string[]) => join(folder, ...path);
const photo = randomPhoto('a', 64, 48);
const mask = bands([0, 1, 2], 64, 48);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-files-'));
  file = await writeModel(at('model.safetensors'), { ...untrained(), imageSize: { width: 64, height: 48 } });
  model = await loadModel(file, { threads: 1 });
});
afterAll(async () => {
  await model.dispose();
  await rm(folder, { recursive: true });
});

const segment = (inputs: string[], options: SegmentFilesOptions = {}) => segmentFiles(model, inputs, options);
const failures = async (inputs: string[], options: SegmentFilesOptions = {}) =>
  (await segment(inputs, options)).failed.map(({ message }) => message);

test('a link of the name of a picture that leads nowhere stays', async () => {
  await writeTree(at('dangling'), { 'a.png': photo });
  await symlink('nowhere', at('dangling', 'a.labels.png'));
  expect(await failures([at('dangling', 'a.png')])).toEqual([
    expect.stringMatching(/a\.labels\.png: .*received a broken link/),
  ]);
  expect(await readdir(at('dangling'))).toEqual(['a.labels.png', 'a.png']);
});

test('a hook that rejects ends the work with its error, and a signal that is none is refused', async () => {
  await writeTree(at('hooked'), { 'a.png': photo });
  const onImage = async () => {
    throw new Error('of the hook');
  };
  await expect(segment([at('hooked')], { onImage })).rejects.toThrow('of the hook');
  const pixels = await decodeImage(at('hooked', 'a.png'));
  await expect(model.segment(pixels, { signal: 'no' as unknown as AbortSignal })).rejects.toThrow(
    'segment: signal: expected an AbortSignal, received "no"',
  );
});

test('a reader of the lines that has seen enough, or has gone before the first, does not end the work', async () => {
  await writeTree(at('many'), Object.fromEntries(['a', 'b', 'c'].map((name) => [`${name}.png`, photo])));
  const args = ['segment', at('many'), '--out', at('many-out'), '--model', file, '--save', 'labels'];
  const { child, outcome } = start(args);
  child.stdout.destroy();
  child.stderr.destroy();
  expect((await outcome).code).toBe(0);
  expect(await readdir(at('many-out'))).toEqual(['a.labels.png', 'b.labels.png', 'c.labels.png']);
});

describe('nothing is harmed', () => {
  test('a mask called like a picture of its photograph stays, and so does every other file; --overwrite replaces it', async () => {
    const root = at('masks');
    await writeTree(root, { 'a.jpg': photo, 'a.labels.png': mask, 'b.jpg': photo, 'c.overlay.png': photo });
    const before = await readFile(join(root, 'a.labels.png'));
    const { done, failed, leftOut } = await segment([root]);
    expect(failed.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /a\.labels\.png: .*received a file that hmsa segment did not write\. .*--out.*--overwrite/,
      ),
    ]);
    // A photograph may be called as it likes.
    expect(done.map((result) => result.file)).toEqual([join(root, 'b.jpg'), join(root, 'c.overlay.png')]);
    expect(leftOut).toEqual([
      { file: join(root, 'a.labels.png'), reason: 'a picture of a.jpg, by its name' },
    ]);
    expect(await readFile(join(root, 'a.labels.png'))).toEqual(before);
    expect(await readdir(root)).not.toContain('a.overlay.png');

    expect(await failures([root], { overwrite: true })).toEqual([]);
    expect(await readFile(join(root, 'a.labels.png'))).not.toEqual(before);
    // Its own pictures are replaced without a word, and are no input.
    const again = await segment([root]);
    expect([again.done.length, again.failed, again.leftOut]).toEqual([3, [], []]);
  });

  test('no image that is read is replaced, by whatever name it goes', async () => {
    const root = at('inputs');
    await writeTree(root, { 'a.png': photo, 'a.overlay.png': photo, 'b.png': photo, 'c.png': photo });
    await link(join(root, 'c.png'), join(root, 'b.labels.png'));
    await symlink('a.png', join(root, 'c.labels.png'));
    const before = await readFile(join(root, 'a.overlay.png'));
    const inputs = ['a.png', 'a.overlay.png', 'b.png', 'c.png'].map((name) => join(root, name));
    const messages = await failures(inputs, { overwrite: true });
    expect(messages).toHaveLength(3);
    for (const message of messages) expect(message).toContain('received an image to be labelled');
    expect(await readFile(join(root, 'a.overlay.png'))).toEqual(before);
    expect(await readFile(join(root, 'c.png'))).toEqual(before);
  });

  test('nothing is written outside of --out, nor into folders and pipes', async () => {
    await writeTree(at('dots'), { '...png': photo, 'x.png': photo, 'sub/x.png': photo });
    await writeTree(at('dots-out'), { 'x.labels.png/inside': '' });
    const before = await readdir(folder);
    const messages = await failures([at('dots', '...png'), at('dots')], { out: at('dots-out') });
    expect(messages).toEqual([expect.stringMatching(/x\.labels\.png: .*received a folder, pipe or device/)]);
    expect((await readdir(at('dots-out'))).sort()).toEqual([
      '...labels.png',
      '...overlay.png',
      'x.labels.png',
    ]);
    expect(await readdir(folder)).toEqual(before);
  });
});

describe('what cannot be is listed, and the rest goes on', () => {
  test('names too long, names that two photographs share, a damaged file', async () => {
    const long = `${'n'.repeat(245)}.png`;
    await writeTree(at('one'), { 'a.png': photo, [long]: photo, 'z.png': photo, 'bad.png': 'none' });
    await writeTree(at('two'), { 'a.png': photo });
    const { done, failed } = await segment([at('one'), at('two')], { out: at('listed') });
    expect(done.map((result) => result.file)).toEqual([at('one', 'a.png'), at('one', 'z.png')]);
    expect(failed.map(({ message }) => message)).toEqual([
      expect.stringMatching(/bad\.png: expected /),
      expect.stringMatching(/received a name that is too long\. Shorten the name of the photograph\./),
      expect.stringMatching(
        /a\.png: expected a name of its own, received the name of .*one.a\.png.*different --out/,
      ),
    ]);
  });

  test('HEIC, BMP and raw photographs in a folder are named; a folder of nothing else is refused', async () => {
    await writeTree(at('dots'), { 'jpeg.jpg': photo });
    await writeTree(at('phone'), {
      'a.HEIC': 'x',
      'b.bmp': 'x',
      'c.jfif': await readFile(at('dots', 'jpeg.jpg')),
      'n.txt': '',
    });
    const { done, leftOut } = await segment([at('phone')], { out: at('phone-out') });
    expect(done).toHaveLength(1);
    expect(leftOut).toEqual([
      {
        file: at('phone', 'a.HEIC'),
        reason: 'of a format that cannot be read (.heic): convert it to JPEG or PNG',
        isUnreadable: true,
      },
      {
        file: at('phone', 'b.bmp'),
        reason: 'of a format that cannot be read (.bmp): convert it to JPEG or PNG',
        isUnreadable: true,
      },
    ]);
    const args = ['--model', file, '--threads', '1', '--out', at('phone-out'), '--quiet'];
    expect(await hmsa('segment', at('phone'), ...args)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^hmsa: 2 files left out: .*a\.HEIC is of a format .* JPEG or PNG; /),
    });
    await writeTree(at('heic'), { 'a.heic': 'x' });
    await expect(segment([at('heic')])).rejects.toThrow(
      /received none in .*, but 1 such as .*a\.heic\. Convert/,
    );
  });

  test('--quiet leaves out notes of an image, and no warning', async () => {
    const data = new Uint8Array(64 * 48 * 4).map((_, i) => (i % 4 === 3 ? 100 : i % 251));
    await mkdir(at('clear'));
    await sharp(data, { raw: { width: 64, height: 48, channels: 4 } }).toFile(at('clear', 'a.png'));
    const args = ['segment', at('clear'), '--model', file, '--threads', '1', '--out', at('clear-out')];
    const more = ['--save', 'attention', '--scales', '1'];
    const warning = /^hmsa: warning: no attention maps: /;
    const loud = await hmsa(...args, ...more);
    expect(loud.stderr).toMatch(warning);
    expect(loud.stderr).toContain('they are laid over white');
    const quiet = await hmsa(...args, ...more, '--quiet');
    expect(quiet.stderr).toMatch(warning);
    expect(quiet.stderr.trim().split('\n')).toHaveLength(1);
  });

  test('a disk that is full for one image: it alone has failed, and no half file is left', async () => {
    const noise = {
      width: 256,
      height: 192,
      data: Uint8Array.from({ length: 3 * 256 * 192 }, (_, i) => Math.imul(i ^ (i >>> 7), 0x9e3779b1) >>> 24),
    };
    await writeTree(at('full'), { 'a.png': photo, 'b.png': noise, 'c.png': photo });
    // Files of more than 60 kB find no room: half of one is written, as on a disk that fills up.
    const full = `data:text/javascript,
      import { open } from 'node:fs/promises';
      const file = await open(process.execPath);
      const prototype = Object.getPrototypeOf(file);
      await file.close();
      const { write } = prototype;
      prototype.write = async function (bytes, ...more) {
        if (bytes.length < 60000) return write.call(this, bytes, ...more);
        await write.call(this, bytes.subarray(0, 15000));
        throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
      };`;
    const bin = new URL('../../bin/hmsa.js', import.meta.url).pathname;
    const { code, stdout, stderr } = await start(
      [
        'segment',
        at('full'),
        '--model',
        file,
        '--threads',
        '1',
        '--out',
        at('full-out'),
        '--max-side',
        'none',
        '--json',
      ],
      [process.execPath, '--import', full, bin],
    ).outcome;
    expect(code).toBe(2);
    const { done, failed } = JSON.parse(stdout);
    expect(done.map((one: { file: string }) => one.file)).toEqual([at('full', 'a.png'), at('full', 'c.png')]);
    expect(failed).toEqual([
      {
        file: at('full', 'b.png'),
        message: `${at('full-out', 'b.overlay.png')}: expected a place to write this file, received a full disk. Free some space and run again; nothing was changed.`,
        written: [at('full-out', 'b.labels.png')],
      },
    ]);
    expect(stderr).toContain('hmsa: 2 labelled, 1 in part');
    expect((await readdir(at('full-out'))).sort()).toEqual(
      ['a', 'b', 'c']
        .flatMap((name) => [`${name}.labels.png`, `${name}.overlay.png`])
        .filter((name) => name !== 'b.overlay.png'),
    );
  });

  test('the command tells it all, in lines that are safe to print, and as JSON', async () => {
    await writeTree(at('told'), {
      'big.png': randomPhoto('big', 256, 192),
      'a.labels.png': mask,
      'a.jpg': photo,
    });
    await writeTree(at('told'), { 'esc\u001b[31m.png': photo, 'x.heic': '' });
    const run = (...more: string[]) =>
      hmsa('segment', at('told'), '--model', file, '--threads', '1', '--save', 'labels,legend', ...more);
    const told = await run();
    expect(told.code).toBe(2);
    const lines = told.stderr.split('\n').filter((line) => line.startsWith('hmsa: '));
    expect(lines[0]).toMatch(
      /^hmsa: 2 files left out: .*a\.labels\.png is a picture of a\.jpg, by its name; .*x\.heic/,
    );
    expect(lines[1]).toMatch(/a\.labels\.png: expected a place/);
    expect(lines[2]).toMatch(/big\.png: 256×192, reduced to 64×48 .*photographs of 64×48; --max-side none/);
    expect(lines[3]).toBe('hmsa: 2 labelled, 1 failed');
    expect(`${told.stdout}${told.stderr}`).not.toContain('\u001b[31m');
    expect(told.stdout).toContain('esc\\u001b[31m.labels.png');

    const { code, stdout } = await run('--json', '--quiet');
    expect(code).toBe(2);
    const { done, failed, leftOut } = JSON.parse(stdout);
    expect([done.length, failed.length, leftOut.length]).toEqual([2, 1, 2]);
    expect(done[0]).toMatchObject({ width: 256, height: 192, seen: { width: 64, height: 48 } });
    const { data } = await decodeLabels(at('told', 'big.labels.png'));
    for (const { id, pixels, share } of done[0].classes) {
      expect(pixels).toBe(data.filter((label) => label === id).length);
      expect(share).toBeCloseTo(pixels / data.length);
    }
    expect(failed[0]).toMatchObject({ file: at('told', 'a.jpg'), written: [] });
    const legend = await decodeImage(at('told', 'big.legend.png'));
    expect([legend.width, legend.height > 192]).toEqual([256, true]);
  });
});

test('an image that is read and written in rows has the same files as one that is held in memory', async () => {
  const [width, height] = [150, 110];
  const source = await encodePng(randomPhoto('rows', width, height));
  const save = [...pictureKinds].filter((kind) => kind !== 'figure');
  const options = { scales: [0.5, 1], flip: true };
  const place = (stem: string) => ({ file: 'a.png', stem: at(stem, 'a') });
  await mkdir(at('held'));
  const held = await labelImage(model, { ...place('held'), read: () => readImage(source) }, save, options);
  const large = { ...place('in-rows'), source, name: 'a.png' };
  const rows = await labelLargeImage(model, large, save, options);
  expect(rows).toMatchObject({ width, height, notes: [], classes: (held as LabelledFile).classes });
  const names = (await readdir(at('held'))).sort();
  expect((await readdir(at('in-rows'))).sort()).toEqual(names);
  expect(names).toHaveLength(13);
  for (const name of names) {
    const [expected, found] = await Promise.all(['held', 'in-rows'].map((out) => readFile(at(out, name))));
    if (name.endsWith('.json')) expect(found!.equals(expected!), name).toBe(true);
    else
      expect(
        Buffer.compare((await decodeImage(found!)).data, (await decodeImage(expected!)).data),
        name,
      ).toBe(0);
  }
  const { message } = (await labelLargeImage(model, large, ['figure'], options)) as FailedFile;
  expect(message).toMatch(
    /^a\.png, figure: expected an image that is held in memory, received one of a size/,
  );
});

test('the command reads and writes an image in rows that would fill half of --memory', async () => {
  const [width, height] = [2600, 2500];
  const data = new Uint8Array(width * height * 3).fill(200, 0, width * height);
  await writeTree(at('wide'), { 'a.png': { data, width, height } });
  const args = ['--model', file, '--threads', '1', '--out', at('wide-out'), '--quiet', '--max-side', '128'];
  const save = ['--save', 'labels,figure', '--memory', '310MB'];
  const refused = await hmsa('segment', at('wide', 'a.png'), ...args, ...save);
  expect(refused).toMatchObject({ code: 2, stdout: `${at('wide-out', 'a.labels.png')}\n` });
  expect(refused.stderr).toMatch(/a\.png, figure: expected an image that is held in memory, received one/);
  expect(await readdir(at('wide-out'))).toEqual(['a.labels.png']);
  save[1] = 'labels';
  const alone = args.filter((each) => each !== '--out' && each !== at('wide-out'));
  const piped = await hmsa('segment', at('wide', 'a.png'), ...alone, ...save, '--stdout');
  expect(piped).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^.PNG\r\n/) });
});

test('labels that were written are a data set of the same classes', async () => {
  await writeTree(at('pairs', 'images'), { 'a.jpg': photo });
  const { done } = await segment([at('pairs', 'images')], { out: at('pairs', 'masks'), save: ['labels'] });
  const { classes } = model;
  await writeTree(at('pairs'), {
    'classes.json': JSON.stringify({
      classes: classes.names.map((name, id) => ({ name, id, color: classes.colors[id] })),
    }),
    'masks/a.png': await readFile(done[0]!.written[0]!),
  });
  await rm(done[0]!.written[0]!);
  const dataset = await openDataset(`folder:${at('pairs')}`, { split: 'all' });
  const { label } = await dataset.get(0);
  expect(label).toEqual((await model.segment(at('pairs', 'images', 'a.jpg'))).labels);
});

test('a loaded model takes paths, file URLs and bytes, and refuses the rest in words', async () => {
  await writeTree(at('street'), { 'a b.png': photo });
  const path = at('street', 'a b.png');
  const want = await model.segment(photo);
  const bytes = new Uint8Array(await readFile(path));
  for (const image of [
    path,
    pathToFileURL(path),
    pathToFileURL(path).href,
    bytes,
    bytes.buffer as ArrayBuffer,
  ]) {
    expect(await model.segment(image)).toEqual(want);
  }
  await expect(model.segment(at('street', 'none.png'))).rejects.toThrow(/none\.png: expected an image file/);
  const { done } = await segmentFiles(model, [pathToFileURL(path).href], { out: at('street-out') });
  expect(done[0]!.file).toBe(path);
  const reloaded = await loadModel(pathToFileURL(file).href, { threads: 1 });
  expect((await reloaded.segment(path)).labels).toEqual(want.labels);
  await reloaded.dispose();
  await expect(model.segment('file:///a%2Fb.png')).rejects.toThrow(/received one with an escaped separator/);
  await expect(model.segment('https://example.org/a.png')).rejects.toThrow(
    /received a web address\. Download/,
  );
  await expect(model.segment(7 as never)).rejects.toThrow(/^segment: expected an image as .*received 7\./);
  await expect(loadModel(7 as never)).rejects.toThrow(/^loadModel: expected the path of a model file/);
  expect(() => colorize('x' as never, 1, 1, model.classes)).toThrow(
    /^colorize: expected an image as \{ data/,
  );
  expect(() => colorize(want.labels, 64, 48, {} as never)).toThrow(
    /^colorize: expected classes with colours/,
  );
  expect(() => overlay(photo, randomPhoto(1, 48, 64))).toThrow(
    /^overlay: expected a photograph and coloured labels of its size, received 64×48 and 48×64/,
  );
  expect(() => overlay(photo, photo, Number.NaN)).toThrow(/received NaN/);
});
