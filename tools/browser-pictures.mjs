// Remakes the pictures of docs/browser.md: every view of the app, on a desk and on a phone, light and dark. `npm run build &&
// node tools/browser-pictures.mjs [FOLDER]` needs Chromium, and takes a minute. Each picture holds the five views and the teaching. Look at them before they are committed.
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { serve } from '../dist/node/index.js';

const folder = process.argv[2] ?? fileURLToPath(new URL('../docs/browser', import.meta.url));
await mkdir(folder, { recursive: true });
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
);
const site = await serve({ port: 0 });
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
const sizes = { desktop: { width: 1280, height: 860 }, phone: { width: 390, height: 844 } };

/** A page with the sample scene, labelled. */
async function opened(device, colorScheme) {
  const page = await browser.newPage({ viewport: sizes[device], colorScheme, reducedMotion: 'reduce' });
  page.setDefaultTimeout(120_000);
  await page.goto(site.url);
  await says(page, 'ready');
  await page.click('#sample');
  await says(page, 'pixels');
  return page;
}

function says(page, wanted) {
  return page.waitForFunction(
    (text) =>
      document.getElementById('status').value.includes(text) && document.getElementById('progress').hidden,
    wanted,
  );
}

async function shot(page, width) {
  return sharp(await page.screenshot())
    .resize(width)
    .toBuffer({ resolveWithObject: true });
}

async function write(picture, name) {
  const file = join(folder, `${name}.webp`);
  const { size } = await picture.webp({ quality: 60 }).toFile(file);
  console.log(`${file}, ${(size / 1000).toFixed(0)} kB`);
}

/** Pictures of equal size side by side. */
async function writeSheet(parts, columns, name) {
  const { width, height } = parts[0].info;
  const sheet = { width: columns * width, height: Math.ceil(parts.length / columns) * height };
  const placed = parts.map(({ data }, i) => ({
    input: data,
    left: (i % columns) * width,
    top: Math.floor(i / columns) * height,
  }));
  await write(
    sharp({ create: { ...sheet, channels: 3, background: '#808080' } })
      .composite(placed)
      .png(),
    name,
  );
}

const choose = (page, view) => page.check(`input[value=${view}]`, { force: true });

/** Strokes in shares of the picture: on the truck, on buildings and on the road of the first sample scene. */
const strokes = [
  ['car', [0.72, 0.55], [0.9, 0.66]],
  ['building', [0.05, 0.3], [0.2, 0.3]],
  ['building', [0.85, 0.1], [0.95, 0.1]],
  ['road', [0.3, 0.85], [0.7, 0.85]],
];

async function teach(page) {
  await page.click('#painting');
  for (const [label, from, to] of strokes) {
    await page.selectOption('#paint-class', { label });
    // On a phone the picture moves when the page is scrolled.
    const box = await page.locator('#canvas').boundingBox();
    const at = ([x, y]) => [box.x + x * box.width, box.y + y * box.height];
    await page.mouse.move(...at(from));
    await page.mouse.down();
    await page.mouse.move(...at(to), { steps: 8 });
    await page.mouse.up();
  }
  await page.click('#train');
  await page.waitForFunction(() => /^Step 12:/.test(document.getElementById('loss').value));
  await page.click('#train');
  await says(page, 'pixels');
  await page.locator('#save-model').scrollIntoViewIfNeeded();
}

for (const [device, columns, width] of [
  ['phone', 6, 300],
  ['desktop', 2, 700],
])
  for (const scheme of ['light', 'dark']) {
    const page = await opened(device, scheme);
    const parts = [];
    for (const view of ['labels', 'confidence', 'attention', 'won']) {
      await choose(page, view);
      await page.evaluate(() => scrollTo(0, 0));
      parts.push(await shot(page, width));
    }
    await choose(page, 'labels');
    await page.fill('#divider', '50');
    await page.evaluate(() => scrollTo(0, 0));
    parts.push(await shot(page, width));
    await page.fill('#divider', '0');
    await teach(page);
    parts.push(await shot(page, width));
    await writeSheet(parts, columns, `${device}-${scheme}`);
    await page.close();
  }
await browser.close();
await site.close();
