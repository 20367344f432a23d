// How fast the app is: `npm run build && node bench/app.mjs [--data KIND:PATH] [--split val] [--index 0] [--seconds 30]`.
//
// It starts `hmsa serve` and headless Chromium as users do, each with an empty cache, and prints as JSON lines
//  - how long the page takes until its model is ready, and until the sample scene is labelled;
//  - how long a photograph of 1024×512 takes that is dropped once the model is ready, and one that is dropped at once, into a page
//    that has just appeared;
//  - what strokes in the true classes teach within the given seconds: the loss of the first and last steps, how many pixels
//    have changed, how many are right before and after, in the whole picture and under the strokes, and the mean IoU;
//  - the longest gap between two frames of the page, and its longest task.
// Without --data the photograph is a rendered street. Quote times only of a machine that does nothing else.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { renderScene } from '../dist/index.js';
import { openDataset } from '../dist/node/index.js';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    split: { type: 'string', default: 'val' },
    index: { type: 'string', default: '0' },
    seconds: { type: 'string', default: '30' },
    strokes: { type: 'string', default: '12' },
  },
});
const [WIDTH, HEIGHT] = [1024, 512];
/** The classes of rendered streets, which are those of Cityscapes, by the names of the shipped model; none for traffic lights. */
const SCENE_CLASSES = [
  ...['road', 'pavement', 'building', 'fence', 'fence', 'pole', '', 'sign symbol', 'tree', 'tree', 'sky'],
  ...['pedestrian', 'bicyclist', 'car', 'car', 'car', 'car', 'bicyclist', 'bicyclist'],
];
/** Of a stroke, in pixels. */
const [LONG, HIGH] = [48, 6];

const photo = await photograph();
const bin = fileURLToPath(new URL('../bin/hmsa.js', import.meta.url));
const server = spawn(process.execPath, [bin, 'serve', '--port', '0', '--json', '--quiet'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const [line] = await once(server.stdout, 'data');
const { url } = JSON.parse(String(line));
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
);
try {
  await inBrowser(async (page, since) => {
    await says(page, 'ready');
    print('model ready', since());
    const clicked = performance.now();
    await page.click('#sample');
    await says(page, 'pixels');
    print('sample scene labelled', performance.now() - clicked, await text(page, '#status'));
    print('smoothness', undefined, await smoothness(page));
  });
  await inBrowser(async (page, since) => {
    await says(page, 'ready');
    print('model ready', since(), await text(page, '#device'));
    const dropped = performance.now();
    await drop(page);
    await says(page, 'pixels');
    print('photograph dropped into the ready page labelled', performance.now() - dropped);
    await drop(page);
    const again = performance.now();
    await says(page, 'pixels');
    print('the same once more', performance.now() - again);
    await teach(page);
    print('smoothness', undefined, await smoothness(page));
  });
  await inBrowser(async (page, since) => {
    const dropped = performance.now();
    await drop(page);
    await says(page, 'pixels');
    print('photograph dropped at once labelled', performance.now() - dropped);
    print('since the page was asked for', since());
  });
} finally {
  server.kill('SIGTERM');
  await once(server, 'exit');
}

function print(what, ms, more) {
  const seconds = ms === undefined ? {} : { seconds: Number((ms / 1000).toFixed(2)) };
  console.log(JSON.stringify({ what, ...seconds, ...(more === undefined ? {} : { more }) }));
}

/** A picture of 1024×512 as JPEG, with its true classes by name. */
async function photograph() {
  if (options.data === undefined) {
    const scene = renderScene({ seed: 11, index: 3, width: WIDTH, height: HEIGHT });
    return prepared(scene.image, scene.label, WIDTH, HEIGHT, SCENE_CLASSES);
  }
  const data = await openDataset(options.data, { split: options.split });
  const { image, label, width, height } = await data.get(Number(options.index));
  return prepared(image, label, width, height, data.classes.names);
}

async function prepared(image, label, width, height, names) {
  const jpeg = await sharp(image, { raw: { width, height, channels: 3 } })
    .resize(WIDTH, HEIGHT, { fit: 'fill' })
    .jpeg({ quality: 92 })
    .toBuffer();
  const truth = new Uint8Array(WIDTH * HEIGHT);
  for (let y = 0, i = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++, i++)
      truth[i] = label[Math.floor((y * height) / HEIGHT) * width + Math.floor((x * width) / WIDTH)];
  return { jpeg, truth, names };
}

/** A page of an empty browser, with a clock that starts when the page is asked for. */
async function inBrowser(task) {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.setDefaultTimeout(120_000);
    await page.addInitScript(() => {
      const found = { frame: 0, task: 0 };
      globalThis.smoothness = found;
      let last;
      const next = (now) => {
        if (last !== undefined) found.frame = Math.max(found.frame, now - last);
        last = now;
        requestAnimationFrame(next);
      };
      requestAnimationFrame(next);
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) found.task = Math.max(found.task, duration);
      }).observe({ entryTypes: ['longtask'] });
    });
    const started = performance.now();
    await page.goto(url, { waitUntil: 'domcontentloaded' });
    await task(page, () => performance.now() - started);
  } finally {
    await browser.close();
  }
}

/** Waits until the app has nothing to do, and says a text. */
function says(page, wanted) {
  return page.waitForFunction(
    (part) =>
      document.getElementById('status').value.includes(part) && document.getElementById('progress').hidden,
    wanted,
    { polling: 20 },
  );
}

function text(page, selector) {
  return page.textContent(selector);
}

function smoothness(page) {
  return page.evaluate(() => ({
    'longest gap between frames, ms': Math.round(globalThis.smoothness.frame),
    'longest task, ms': Math.round(globalThis.smoothness.task),
  }));
}

async function drop(page) {
  await page.evaluate((base64) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const files = new DataTransfer();
    files.items.add(new File([bytes], 'street.jpg', { type: 'image/jpeg' }));
    document.getElementById('status').value = '';
    document.body.dispatchEvent(
      new DragEvent('drop', { dataTransfer: files, bubbles: true, cancelable: true }),
    );
  }, photo.jpeg.toString('base64'));
}

async function labelsOf(page) {
  const [file] = await Promise.all([page.waitForEvent('download'), page.click('#save-json')]);
  const chunks = [];
  for await (const chunk of await file.createReadStream()) chunks.push(chunk);
  const { runs, classes } = JSON.parse(Buffer.concat(chunks));
  const labels = new Uint8Array(WIDTH * HEIGHT);
  for (let i = 0, from = 0; i < runs.length; i += 2) {
    labels.fill(runs[i], from, from + runs[i + 1]);
    from += runs[i + 1];
  }
  return { labels, names: classes.map(({ name }) => name) };
}

async function teach(page) {
  const before = await labelsOf(page);
  // The truth in the numbers of the model's classes.
  const own = photo.names.map((name) => before.names.indexOf(name));
  const truth = photo.truth.map((id) => (own[id] === undefined || own[id] < 0 ? 255 : own[id]));
  const strokes = strokesOf(before.labels, truth);
  await page.click('#painting');
  await page.fill('#brush', String(HIGH));
  const box = await page.locator('#canvas').boundingBox();
  const at = (x, y) => [box.x + (x / WIDTH) * box.width, box.y + (y / HEIGHT) * box.height];
  for (const { x, y, label } of strokes) {
    await page.selectOption('#paint-class', String(label));
    await page.mouse.move(...at(x + HIGH / 2, y + HIGH / 2));
    await page.mouse.down();
    await page.mouse.move(...at(x + LONG - HIGH / 2, y + HIGH / 2), { steps: 4 });
    await page.mouse.up();
  }
  await page.evaluate(() => {
    const output = document.getElementById('loss');
    globalThis.losses = [];
    new MutationObserver(() => {
      const found = /loss ([\d.]+)/.exec(output.textContent);
      if (found) globalThis.losses.push([performance.now(), Number(found[1])]);
    }).observe(output, { childList: true, characterData: true, subtree: true });
  });
  const started = await page.evaluate(() => performance.now());
  await page.click('#train');
  const wait = Number(options.seconds) * 1000;
  await page.waitForFunction((until) => performance.now() > until, started + wait, { polling: 50 });
  const stopped = performance.now();
  await page.click('#train');
  await says(page, 'pixels');
  const ending = performance.now() - stopped;
  const after = await labelsOf(page);
  const losses = await page.evaluate(() => globalThis.losses);
  const mean = (list) => Number((list.reduce((sum, [, loss]) => sum + loss, 0) / list.length).toFixed(3));
  const share = (labels, which) => {
    let [right, all] = [0, 0];
    for (let i = 0; i < labels.length; i++)
      if (truth[i] !== 255 && which(i)) {
        all++;
        if (labels[i] === truth[i]) right++;
      }
    return Number((right / all).toFixed(4));
  };
  const painted = new Uint8Array(truth.length);
  for (const { x, y } of strokes)
    for (let row = y; row < y + HIGH; row++) painted.fill(1, row * WIDTH + x, row * WIDTH + x + LONG);
  const everywhere = () => true;
  const beside = (i) => painted[i] === 0;
  const underneath = (i) => painted[i] === 1;
  const compared = (which) => [share(before.labels, which), share(after.labels, which)];
  let changed = 0;
  for (let i = 0; i < truth.length; i++) if (before.labels[i] !== after.labels[i]) changed++;
  print(`taught for ${options.seconds} s`, undefined, {
    strokes: strokes.length,
    steps: losses.length,
    'first step after, s': Number(((losses[0][0] - started) / 1000).toFixed(2)),
    'loss, first and last three steps': [mean(losses.slice(0, 3)), mean(losses.slice(-3))],
    'right in the picture, before and after': compared(everywhere),
    'right beside the strokes': compared(beside),
    'right under the strokes': compared(underneath),
    'mean IoU of the true classes': [meanIoU(before.labels, truth), meanIoU(after.labels, truth)],
    'pixels changed': Number((changed / truth.length).toFixed(4)),
    'labelled anew after Stop, s': Number((ending / 1000).toFixed(2)),
  });
}

/** Strokes of one true class each, where most is wrong, no two near each other, one of each class first. */
function strokesOf(labels, truth) {
  const found = [];
  for (let y = 8; y + HIGH + 8 <= HEIGHT; y += HIGH)
    for (let x = 8; x + LONG + 8 <= WIDTH; x += LONG / 2) {
      const label = truth[y * WIDTH + x];
      let wrong = 0;
      let isPure = label !== 255;
      for (let row = y; row < y + HIGH && isPure; row++)
        for (let i = row * WIDTH + x; i < row * WIDTH + x + LONG; i++) {
          if (truth[i] !== label) isPure = false;
          if (labels[i] !== label) wrong++;
        }
      if (isPure) found.push({ x, y, label, wrong });
    }
  found.sort((a, b) => b.wrong - a.wrong || a.y - b.y || a.x - b.x);
  const chosen = [];
  const isNear = (a) => chosen.some((b) => Math.abs(a.x - b.x) < 2 * LONG && Math.abs(a.y - b.y) < 5 * HIGH);
  const firsts = found.filter(({ label }, i) => found.findIndex((one) => one.label === label) === i);
  for (const one of [...firsts, ...found]) {
    if (chosen.length >= Number(options.strokes)) break;
    if (!isNear(one)) chosen.push(one);
  }
  return chosen;
}

function meanIoU(labels, truth) {
  const [both, either] = [new Float64Array(256), new Float64Array(256)];
  const present = new Set();
  for (let i = 0; i < truth.length; i++) {
    if (truth[i] === 255) continue;
    present.add(truth[i]);
    either[truth[i]]++;
    if (labels[i] === truth[i]) both[truth[i]]++;
    else either[labels[i]]++;
  }
  const all = [...present].map((id) => both[id] / either[id]);
  return Number((all.reduce((sum, one) => sum + one, 0) / all.length).toFixed(4));
}
