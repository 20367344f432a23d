// A photograph of 12 megapixels in a page: `npm run build && node bench/page-megapixels.mjs [--photo FILE] [--limit 1.2] [--device wasm]`.
//
// It starts `hmsa serve` and headless Chromium, and labels the photograph by `hmsa/web` with `maxSide: 'none'`, so that the network
// sees all pixels, under `memoryLimit` of --limit GB. It prints as JSON lines: the tiles that were computed, the seconds, the
// longest gap between two frames of the page, the memory of the browser's processes before and at the peak (Linux), and the share
// of labels that are those of Node, computed whole if that fits. Without --photo it is a rendered street of 1000×750, enlarged.
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { renderScene } from '../dist/index.js';
import { decodeImage, loadModel, serve } from '../dist/node/index.js';

const { values: options } = parseArgs({
  options: {
    photo: { type: 'string' },
    limit: { type: 'string', default: '1.2' },
    device: { type: 'string', default: 'wasm' },
    'no-node': { type: 'boolean', default: false },
  },
});
const [WIDTH, HEIGHT] = [4000, 3000];

const photo = await photograph();
const site = await serve({ port: 0 });
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
);
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--enable-precise-memory-info'],
});
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  // The photograph is given to the page as a file, as people do.
  await page.route('**/photo.png', (route) => route.fulfill({ body: photo, contentType: 'image/png' }));
  await page.goto(site.url);
  const before = await browserMemory();
  const memory = { most: before };
  const timer = setInterval(async () => {
    memory.most = Math.max(memory.most, await browserMemory());
  }, 100);
  const found = await page.evaluate(
    `(${inPage})(${JSON.stringify({ device: options.device, memoryLimit: Number(options.limit) * 1e9 })})`,
  );
  clearInterval(timer);
  const { labels, ...facts } = found;
  console.log(JSON.stringify({ limitGB: Number(options.limit), ...facts }));
  console.log(JSON.stringify({ beforeMB: Math.round(before / 1e6), peakMB: Math.round(memory.most / 1e6) }));
  if (!options['no-node']) {
    const inNode = await labelsOfNode();
    const inPageLabels = Buffer.from(labels, 'base64');
    const same = inNode.reduce((sum, label, i) => sum + (label === inPageLabels[i] ? 1 : 0), 0);
    console.log(JSON.stringify({ agreesWithNode: same / inNode.length }));
  }
} finally {
  await browser.close();
  await site.close();
}

/** Runs in the page. */
async function inPage({ device, memoryLimit }) {
  // An address of the page, not a file of this project.
  const face = '/web/hmsa.mjs';
  const { loadModel } = await import(face);
  const blob = await (await fetch('/photo.png')).blob();
  const model = await loadModel('/models/shipped.safetensors', { device, memoryLimit });
  let gap = 0;
  let last = performance.now();
  let isOver = false;
  const frame = () => {
    const now = performance.now();
    gap = Math.max(gap, now - last);
    last = now;
    if (!isOver) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  const progress = new Set();
  const started = performance.now();
  const { labels, width, height } = await model.segment(blob, {
    maxSide: 'none',
    onProgress: (told) => progress.add(JSON.stringify(told)),
  });
  const seconds = (performance.now() - started) / 1000;
  isOver = true;
  const reader = new FileReader();
  const base64 = await new Promise((resolve) => {
    reader.onload = () => resolve(reader.result.split(',')[1]);
    reader.readAsDataURL(new Blob([labels]));
  });
  model.dispose();
  return {
    labels: base64,
    device: model.device,
    reason: model.reason,
    width,
    height,
    seconds: Math.round(seconds * 10) / 10,
    longestGapMs: Math.round(gap),
    progress: [...progress].slice(-1)[0],
  };
}

async function photograph() {
  if (options.photo !== undefined) {
    const whole = sharp(options.photo).autoOrient().removeAlpha();
    return whole.resize(WIDTH, HEIGHT, { fit: 'cover' }).png().toBuffer();
  }
  const { image, width, height } = renderScene({ seed: 7, index: 0, width: WIDTH / 4, height: HEIGHT / 4 });
  return sharp(image, { raw: { width, height, channels: 3 } })
    .resize(WIDTH, HEIGHT)
    .png()
    .toBuffer();
}

async function labelsOfNode() {
  const model = await loadModel(undefined, { memory: '3GB' });
  try {
    return (await model.segment(await decodeImage(photo), { maxSide: 'none' })).labels;
  } finally {
    await model.dispose();
  }
}

/** Bytes that the processes of this browser hold: of its own and shared pages their part (PSS); 0 where `/proc` does not say. */
async function browserMemory() {
  let sum = 0;
  for (const id of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(id)) continue;
    const command = await readFile(`/proc/${id}/cmdline`, 'latin1').catch(() => '');
    if (!/chrom/.test(command.split('\0')[0]) || !command.includes('--type=renderer')) continue;
    const rollup = await readFile(`/proc/${id}/smaps_rollup`, 'latin1').catch(() => '');
    sum += 1024 * Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
  }
  return sum;
}
