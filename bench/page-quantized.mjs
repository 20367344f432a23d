// A model of `hmsa quantize` in a page: `npm run build && node bench/page-quantized.mjs --model FILE --photo FILE`.
//
// It starts `hmsa serve` with the model and headless Chromium, labels the photograph by `hmsa/web` with WASM in the page and by Node,
// and prints as JSON the seconds in the page and the share of the pixels that have the same label.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { decodeImage, loadModel, serve } from '../dist/node/index.js';

const { values: options } = parseArgs({
  options: { model: { type: 'string' }, photo: { type: 'string' } },
});
const photo = await readFile(options.photo);
const model = await loadModel(options.model);
const { labels: inNode } = await model.segment(await decodeImage(photo));
const site = await serve({ port: 0, model: options.model });
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
);
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  await page.route('**/photo', (route) => route.fulfill({ body: photo, contentType: 'image/png' }));
  await page.goto(site.url);
  const { labels, ...facts } = await page.evaluate(`(${inPage})()`);
  const same = inNode.reduce((sum, label, i) => sum + (label === labels[i] ? 1 : 0), 0);
  console.log(JSON.stringify({ ...facts, agreesWithNode: same / inNode.length }));
} finally {
  await browser.close();
  await site.close();
  await model.dispose();
}

/** Runs in the page. */
async function inPage() {
  // An address of the page, not a file of this project.
  const face = '/web/hmsa.mjs';
  const { loadModel } = await import(face);
  const blob = await (await fetch('/photo')).blob();
  const model = await loadModel('/models/served.safetensors', { device: 'wasm' });
  const started = performance.now();
  const { labels, width, height } = await model.segment(blob);
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  return { device: model.device, width, height, seconds, labels: [...labels] };
}
