import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Pixels } from '../../dist/base/pixels.js';
import { decodeModel, encodeModel, type Model } from '../../dist/model/file/index.js';
import { imagenetPixels, type ModelConfig } from '../../dist/model/index.js';
import { decodeLabels, encodePng, type RunningServer, serve } from '../../dist/node/index.js';
import { openSession } from '../../dist/node/session/index.js';
import { exportOnnx, Segmenter } from '../../dist/prediction/index.js';
import { renderScene } from '../../dist/scenes/index.js';
import { initialWeights } from '../../dist/training/index.js';
import { randomPhoto } from '../data/files.js';
import { quantizedOn } from '../support/quantized.js';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const at = (path: string) => join(repository, path);
const SHIPPED = at('models/camvid-mobilenetv2-2scale.safetensors');
const chromiumPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (path) => existsSync(path),
);
const SKIPPED = 'skipped: browser tests need Chromium (apt install chromium)';

/** A network so small that the page trains it in a moment. */
const config: ModelConfig = {
  classes: 3,
  trunk: { name: 'mobilenetv2', width: 0.1, outputStride: 16 },
  head: { name: 'deeplabv3plus', asppRates: [1], channels: 64, lowLevelChannels: 16, separable: true },
  attention: { name: 'paper', channels: 4 },
  scales: [0.5, 1],
  weights: 'shared',
  ...imagenetPixels,
};
const small: Model = {
  config,
  classes: {
    names: ['sky', 'road', 'rest'],
    colors: [
      [90, 150, 220],
      [120, 70, 120],
      [60, 120, 60],
    ],
    ignore: 255,
  },
  imageSize: { width: 192, height: 96 },
  weights: initialWeights(config, 3),
};
// As if its head had been trained: random layers alone give scores that are all but equal, and learn slowly.
for (const [name, { data }] of small.weights) if (/^head\..*running_var$/.test(name)) data.fill(0.003);

interface Saved {
  readonly width: number;
  readonly height: number;
  readonly runs: readonly number[];
  readonly classes: readonly { readonly name: string }[];
}

/** What the page of the face found. */
interface Face {
  readonly device?: string;
  readonly reason: string;
  readonly labels: readonly number[];
  readonly message: string;
}
interface Faces {
  readonly wasm: Face;
  /** The labels of the same pixels, as other kinds of pictures. */
  readonly others: Readonly<Record<string, readonly number[]>>;
  readonly gpu: Face;
  readonly adapter: boolean;
}

function labelsOf({ width, height, runs }: Saved): Uint8Array {
  const labels = new Uint8Array(width * height);
  for (let i = 0, from = 0; i < runs.length; i += 2) {
    labels.fill(runs[i]!, from, from + runs[i + 1]!);
    from += runs[i + 1]!;
  }
  return labels;
}

function agreement(a: Uint8Array, b: Uint8Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((same, label, i) => same + (label === b[i] ? 1 : 0), 0) / a.length;
}

/** The app's first sample scene. */
function scene() {
  const { image: data, width, height } = renderScene({ seed: 7, index: 0, width: 1024, height: 512 });
  return { data, width, height };
}

/** What the page of the face labels. */
const picture = {
  width: 64,
  height: 48,
  data: Uint8Array.from({ length: 64 * 48 * 3 }, (_, i) => ((4 * Math.floor(i / 3) + (i % 3)) * 37) % 251),
};

/** The labels of a picture by Node. */
async function inNode(model: Model, image: Pixels = scene()): Promise<Uint8Array> {
  const segmenter = new Segmenter(model, openSession, { threads: 1 });
  try {
    return (await segmenter.segment(image)).labels;
  } finally {
    await segmenter.dispose();
  }
}

describe.skipIf(chromiumPath === undefined)('in a browser', () => {
  let folder: string;
  let site: RunningServer;
  let browser: Browser;
  let page: Page;
  let quantized: Model;
  /** Whatever must not happen: errors that nobody caught, complaints on the console, requests to elsewhere. */
  const faults: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hmsa-web-'));
    const model = encodeModel(small);
    await writeFile(join(folder, 'small.onnx'), exportOnnx(small, { outputs: 'all' }));
    // The app, and beside it the examples as they lie in a site of their own.
    for (const [from, to] of [
      ['dist/app', ''],
      ['dist/app/web', 'node_modules/hmsa/dist/app/web'],
      ['models', 'node_modules/hmsa/models'],
      ['examples/browser/plain', 'plain'],
    ] as const)
      await cp(at(from), join(folder, to), { recursive: true });
    await writeFile(join(folder, 'small.safetensors'), model);
    quantized = await quantizedOn(picture, small);
    await writeFile(join(folder, 'int8.safetensors'), encodeModel(quantized));
    site = await serve({ model: SHIPPED, port: 0, app: folder, session: { threads: 1 } });
    // WebGPU in software, for the test that asks for it.
    const args = ['--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];
    browser = await chromium.launch({ executablePath: chromiumPath!, args });
    page = await browser.newPage();
    page.setDefaultTimeout(120_000);
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text());
    });
    page.on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      if (!['blob:', 'data:'].includes(protocol) && origin !== site.url) faults.push(request.url());
    });
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
    if (folder !== undefined) await rm(folder, { recursive: true, maxRetries: 3 });
  });

  /** Waits until the app has nothing to do, and says a text. */
  const says = (text: string) =>
    page.waitForFunction(
      (wanted) => {
        const { value } = document.getElementById('status') as HTMLOutputElement;
        return value.includes(wanted) && (document.getElementById('progress') as HTMLElement).hidden;
      },
      text,
      { polling: 50 },
    );
  const saved = async (button: string): Promise<Buffer> => {
    const [file] = await Promise.all([page.waitForEvent('download'), page.click(button)]);
    return readFile(await file.path());
  };
  const result = async () => JSON.parse((await saved('#save-json')).toString()) as Saved;
  const error = () => page.locator('#error:not([hidden])').textContent();
  const choose = (input: string, name: string, bytes: Uint8Array) =>
    page.setInputFiles(input, { name, mimeType: '', buffer: Buffer.from(bytes) });

  test('the app labels its sample scene as Node does', async () => {
    await page.goto(`${site.url}/`);
    await says('ready');
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    expect(await page.textContent('#device')).toMatch(
      /^Computes on the CPU \(WebAssembly\): .+; \d+ threads?\.$/,
    );
    await page.click('#sample');
    await says('1024×512 pixels');
    const body = new Uint8Array(await encodePng(scene()));
    const answer = await fetch(`${site.url}/v1/segment`, { method: 'POST', body });
    const { data } = await decodeLabels(new Uint8Array(await answer.arrayBuffer()));
    expect(agreement(labelsOf(await result()), data as Uint8Array)).toBeGreaterThanOrEqual(0.999);
    // Another view and back: the labels are again those of all scales together.
    const picture = await saved('#save-picture');
    for (const view of ['attention', 'labels']) await page.check(`input[value=${view}]`, { force: true });
    expect((await saved('#save-picture')).equals(picture)).toBe(true);
    // By keyboard: the cursor is in the middle, and what is there is read out.
    await page.locator('#canvas').focus();
    await page.keyboard.press('ArrowDown');
    expect(await page.locator('#readout').textContent()).toMatch(
      /^512, 257.+\d+%.+attention of scale 0\.5: \d/,
    );
  });

  test('everything can be reached and done by keyboard, and axe finds nothing, light or dark', async () => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.locator('#canvas').blur();
    await page.keyboard.press('Home');
    // What a tab stop is, and whether it is seen there.
    const stop = () =>
      page.evaluate(() => {
        const { id, name, textContent } = document.activeElement as HTMLInputElement;
        const shown = [document.activeElement!, document.activeElement!.parentElement!];
        const isSeen = shown.some((one) => getComputedStyle(one).outlineStyle !== 'none');
        return { stop: id || name || textContent!.trim(), isSeen };
      });
    const stops = new Map<string, boolean>();
    const tabTo = async (wanted: string) => {
      for (let i = 0; i < 80; i++) {
        await page.keyboard.press('Tab');
        const { stop: at, isSeen } = await stop();
        stops.set(at, isSeen);
        if (at === wanted) return;
      }
      expect([...stops.keys()]).toContain(wanted);
    };
    await tabTo('view');
    await page.keyboard.press('ArrowRight');
    expect(await page.isChecked('input[value=confidence]')).toBe(true);
    await page.keyboard.press('ArrowLeft');
    await tabTo('divider');
    for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight');
    expect(await page.inputValue('#divider')).toBe('3');
    await page.keyboard.press('Home');
    await tabTo('painting');
    await page.keyboard.press('Space');
    await tabTo('open-model');
    expect([...stops].filter(([, isSeen]) => !isSeen)).toEqual([]);
    await tabTo('canvas');
    const strokes = () => saved('#save-picture');
    const before = await strokes();
    await page.locator('#canvas').focus();
    for (const key of ['Space', ...Array<string>(5).fill('Shift+ArrowRight'), 'Space', 'Shift+ArrowDown'])
      await page.keyboard.press(key);
    expect((await strokes()).equals(before)).toBe(false);
    await page.click('#undo-stroke');
    expect((await strokes()).equals(before)).toBe(true);
    await page.evaluate(axe.source);
    for (const _ of ['light', 'dark']) {
      await page.click('#theme');
      const found = await page.evaluate<string[]>(
        `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes[0].target))`,
      );
      expect(found).toEqual([]);
    }
    await page.click('#painting');
  });

  test('what is under way can be cancelled, and what cannot be read is said', async () => {
    const before = await result();
    await page.click('#scales button:text-is("0.25")');
    await page.click('#cancel');
    await says('Cancelled.');
    expect(await page.locator('#scales [aria-pressed=true]').allTextContents()).toEqual(['0.5', '1']);
    expect(await result()).toEqual(before);
    await choose('#open', 'broken.png', Uint8Array.of(137, 80, 78, 71, 1, 2, 3));
    expect(await error()).toMatch(
      /^broken\.png: expected an image that this browser can show.+received .+\./,
    );
    await choose('#open-model', 'broken.safetensors', new Uint8Array(100).fill(7));
    expect(await error()).toMatch(/^broken\.safetensors: expected /);
    await choose('#open-model', 'other.onnx', Uint8Array.of(8, 10, 18, 1, 65, 0, 0, 0, 0, 0, 0));
    expect(await error()).toMatch(/^other\.onnx: expected an ONNX file that hmsa export has written/);
    expect(await result()).toEqual(before);
  });

  test('an exported file labels too', async () => {
    await page.setInputFiles('#open-model', join(folder, 'small.onnx'));
    await says('1024×512 pixels');
    expect(await page.textContent('#model-name')).toBe('small.onnx (exported: its scales are fixed)');
    expect((await result()).classes.map(({ name }) => name)).toEqual(small.classes.names);
  });

  test('painted strokes teach the model, whose file gives the same labels in Node', async () => {
    await page.setInputFiles('#open-model', join(folder, 'small.safetensors'));
    await says('1024×512 pixels');
    const before = labelsOf(await result());
    await page.click('#painting');
    await page.fill('#own-name', 'car');
    await page.click('#own button');
    const box = (await page.locator('#canvas').boundingBox())!;
    const paint = async (label: string, y: number) => {
      await page.selectOption('#paint-class', { label });
      await page.mouse.move(box.x + 0.2 * box.width, box.y + y * box.height);
      await page.mouse.down();
      await page.mouse.move(box.x + 0.8 * box.width, box.y + y * box.height, { steps: 3 });
      await page.mouse.up();
    };
    await paint('sky', 0.1);
    await paint('car', 0.6);
    await paint('road', 0.9);
    const losses = page.evaluate(
      () =>
        new Promise<number[]>((resolve) => {
          const found: number[] = [];
          const output = document.getElementById('loss')!;
          new MutationObserver(() => {
            found.push(Number(/loss ([\d.]+)/.exec(output.textContent!)![1]));
            if (found.length !== 40) return;
            document.getElementById('train')!.click();
            resolve(found);
          }).observe(output, { childList: true, characterData: true, subtree: true });
        }),
    );
    await page.click('#train');
    const found = await losses;
    expect(found.at(-1)!).toBeLessThan(0.5 * found[0]!);
    await says('1024×512 pixels');
    const taught = await result();
    expect(taught.classes.map(({ name }) => name)).toEqual([...small.classes.names, 'car']);
    expect(agreement(labelsOf(taught), before)).toBeLessThan(0.95);
    // Under the strokes, the labels are now those that were painted.
    const share = (label: number, y: number) => {
      const from = y * 1024 + 0.25 * 1024;
      const row = labelsOf(taught).subarray(from, from + 512);
      return row.filter((found) => found === label).length / row.length;
    };
    expect(share(0, 51)).toBeGreaterThan(0.9);
    expect(share(3, 307)).toBeGreaterThan(0.6);
    expect(share(1, 461)).toBeGreaterThan(0.5);
    const model = decodeModel(await saved('#save-model'), 'saved');
    expect(agreement(labelsOf(taught), await inNode(model))).toBeGreaterThanOrEqual(0.999);
    await page.click('#undo-training');
    await says('1024×512 pixels');
    expect(agreement(labelsOf(await result()), before)).toBeGreaterThanOrEqual(0.999);
  });

  test('the face in a page without a bundler, and on the graphics card if there is one', async ({ skip }) => {
    await page.goto(`${site.url}/plain/`);
    await page.waitForFunction(() => document.querySelector('#status')!.textContent!.startsWith('Ready'));
    // As a text, because Vitest would make the import its own.
    const { wasm, others, gpu, adapter } = await page.evaluate<Faces>(`(async () => {
      const { loadModel, HmsaError } = await import('/node_modules/hmsa/dist/app/web/hmsa.mjs');
      const picture = new ImageData(64, 48);
      for (let i = 0; i < picture.data.length; i++) picture.data[i] = i % 4 === 3 ? 255 : (i * 37) % 251;
      const labelled = async (device) => {
        const model = await loadModel('/small.safetensors', { device });
        const { labels, scales } = await model.segment(picture, { scales: [1], combine: 'single', details: true });
        const { reason } = model;
        const facts = { device: model.device, reason, labels: [...labels], scales: scales.length, message: '' };
        model.dispose();
        return facts;
      };
      const canvas = document.createElement('canvas');
      Object.assign(canvas, { width: 64, height: 48 });
      canvas.getContext('2d').putImageData(picture, 0, 0);
      const frame = new VideoFrame(canvas, { timestamp: 0 });
      const kinds = { canvas, frame, bitmap: await createImageBitmap(picture) };
      const model = await loadModel('/small.safetensors', { device: 'wasm' });
      const others = {};
      for (const [kind, source] of Object.entries(kinds))
        others[kind] = [...(await model.segment(source, { scales: [1], combine: 'single' })).labels];
      // The frame is still open; its owner closes it.
      frame.close();
      others.closed = await model.segment(frame).catch((error) => [error.message]);
      model.dispose();
      const int8 = await loadModel('/int8.safetensors', { device: 'wasm' });
      others.int8 = [...(await int8.segment(picture)).labels];
      int8.dispose();
      const given = (error) => ({ labels: [], message: error instanceof HmsaError ? error.message : String(error) });
      return {
        others,
        wasm: await labelled('wasm'),
        adapter: Boolean(await navigator.gpu?.requestAdapter()),
        gpu: await labelled('webgpu').catch(given),
      };
    })()`);
    expect(wasm).toMatchObject({ device: 'wasm', scales: 1 });
    expect(wasm.reason).toMatch(/^asked for; \d+ threads?$/);
    for (const kind of ['canvas', 'frame', 'bitmap']) expect(others[kind]).toEqual(wasm.labels);
    // The layers that stay float are summed in another order here.
    expect(agreement(Uint8Array.from(others.int8!), await inNode(quantized, picture))).toBeGreaterThan(0.99);
    expect(others.closed![0]).toMatch(/^image: expected a picture that is loaded/);
    if (!adapter) {
      expect(gpu.message).toMatch(/^device webgpu: expected a browser with WebGPU/);
      return skip('skipped in part: this Chromium has no WebGPU adapter, not even in software');
    }
    // The sums of a GPU are rounded otherwise.
    expect(gpu).toMatchObject({ device: 'webgpu' });
    expect(agreement(Uint8Array.from(gpu.labels), Uint8Array.from(wasm.labels))).toBeGreaterThanOrEqual(0.99);
  });

  test('the face as Vite builds it', async () => {
    await build({
      root: at('examples/browser/vite'),
      configFile: at('examples/browser/vite/vite.config.js'),
      logLevel: 'error',
      resolve: { alias: { 'hmsa/web': at('dist/web/index.js') } },
      build: { outDir: join(folder, 'vite'), emptyOutDir: true, reportCompressedSize: false },
    });
    await cp(join(folder, 'small.safetensors'), join(folder, 'vite/model.safetensors'));
    await page.goto(`${site.url}/vite/`);
    await page.waitForFunction(() => document.querySelector('#status')!.textContent!.startsWith('Ready'));
    await choose('#file', 'a.png', new Uint8Array(await encodePng(randomPhoto(1, 96, 80))));
    await page.waitForFunction(() =>
      /pixels labelled$/.test(document.querySelector('#status')!.textContent!),
    );
  });

  test('no error reached the console, and no request left the origin', () => {
    expect(faults).toEqual([]);
  });
});

test.runIf(chromiumPath === undefined)('a browser', ({ skip }) => skip(SKIPPED));
