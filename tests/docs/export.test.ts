import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import * as web from 'onnxruntime-web';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import {
  camvid,
  colorize,
  exportOnnx,
  inferenceGraph,
  outputNames,
  type Pixels,
  renderScene,
} from '../../dist/index.js';
import {
  decodeImage,
  encodePng,
  loadModel,
  openSession,
  readModel,
  shippedModel,
} from '../../dist/node/index.js';
// @ts-expect-error: a tool, in JavaScript
import { blocksOf } from '../../tools/readme.mjs';

const execute = promisify(execFile);
const repository = fileURLToPath(new URL('../..', import.meta.url));
const page = await readFile(join(repository, 'docs/export.md'), 'utf8');
const blocks: { language: string; text: string }[] = blocksOf(page);
const programs = blocks.filter(({ language }) => language === 'js').map(({ text }) => text);

const [width, height] = [240, 180];
const { image: data } = renderScene({ seed: 3, index: 0, width, height });
const photo: Pixels = { data, width, height };
const scales = [0.5, 1];
let folder: string;
/** What hmsa itself makes of the photograph. */
let labels: Uint8Array;
const at = (name: string) => join(folder, name);

// A checkout that has been built, whose trained model is the shipped one.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-export-'));
  await cp(join(repository, 'package.json'), at('package.json'));
  for (const name of ['bin', 'dist', 'node_modules']) await symlink(join(repository, name), at(name));
  await mkdir(at('out/run'), { recursive: true });
  await symlink((await shippedModel()).file, at('out/run/model.safetensors'));
  await writeFile(at('street.png'), await encodePng(photo));
  const model = await loadModel(undefined, { threads: 1 });
  ({ labels } = await model.segment(photo));
  await model.dispose();
  web.env.wasm.numThreads = 1;
});
afterAll(() => rm(folder, { recursive: true }));

/** The share of equal entries of two lists of one length. */
function agreement(a: ArrayLike<unknown>, b: ArrayLike<unknown>): number {
  expect(a.length).toBe(b.length);
  return Array.from(a).filter((value, i) => value === b[i]).length / a.length;
}

test('the commands of the page write the file', async () => {
  const commands = blocks.filter(({ language }) => language === '').map(({ text }) => text.trim());
  expect(commands).toHaveLength(1);
  for (const command of commands)
    await execute('bash', ['-c', command.replace(/^hmsa /, 'node bin/hmsa.js ')], { cwd: folder });
});

test('the program for Node draws the labels of hmsa', async () => {
  await writeFile(at('node.mjs'), programs[0]!);
  await execute('node', ['node.mjs'], { cwd: folder });
  const { data: drawn } = await decodeImage(at('street.color.png'));
  expect(agreement(drawn, colorize(labels, width, height, camvid).data)).toBeGreaterThan(0.9999);
});

test('so does the module for browsers', async () => {
  await writeFile(at('browser.mjs'), programs[1]!);
  const { openModel, label } = await import(pathToFileURL(at('browser.mjs')).href);
  const rgba = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let i = 0; i < width * height; i++) rgba.set(data.subarray(3 * i, 3 * i + 3), 4 * i);
  const getImageData = () => ({ data: rgba.slice(), width, height });
  vi.stubGlobal('createImageBitmap', async () => ({ width, height }));
  vi.stubGlobal(
    'OffscreenCanvas',
    class {
      getContext = () => ({ drawImage() {}, getImageData });
    },
  );
  const file = (await readFile(at('street.onnx'))).toString('base64');
  const model = await openModel(`data:application/octet-stream;base64,${file}`);
  const picture = await label(model, 'a photograph');
  await model.session.release();
  const drawn = picture.data.filter((_: number, i: number) => i % 4 !== 3);
  expect(agreement(drawn, colorize(labels, width, height, camvid).data)).toBeGreaterThan(0.9999);
});

test('in onnxruntime-web, labels and scores of an exported file are those of hmsa', async () => {
  const model = await readModel();
  const graph = inferenceGraph(model.config, model.weights, {
    scales,
    combine: 'hierarchical',
    logits: true,
  });
  const image = { dtype: 'uint8', data, shape: [1, height, width, 3] } as const;
  const session = await openSession(graph, { threads: 1 });
  const own = await session.run({ image });
  await session.dispose();
  const stock = await web.InferenceSession.create(
    exportOnnx(model, { outputs: 'all', size: [height, width] }),
  );
  const found = await stock.run({ image: new web.Tensor('uint8', data, image.shape) });
  await stock.release();
  const scores = own[outputNames.logits]!.data as Float32Array;
  const distance = (found.logits!.data as Float32Array).reduce(
    (most, score, i) => Math.max(most, Math.abs(score - scores[i]!)),
    0,
  );
  expect(distance).toBeLessThan(1e-4);
  expect(agreement(found.labels!.data as Uint8Array, labels)).toBeGreaterThan(0.9999);
});
