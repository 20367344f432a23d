// Remakes the pictures of docs/browser.md: every view of the app, on a desk and on a phone, light and dark. `npm run build &&
// node tools/browser-pictures.mjs [FOLDER]` needs Chromium, and takes a minute. Look at them before they are committed.
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

async function picture(page, name) {
  await page.evaluate(() => scrollTo(0, 0));
  const file = join(folder, `${name}.webp`);
  const { size } = await sharp(await page.screenshot())
    .resize(1024, undefined, { withoutEnlargement: true })
    .webp({ quality: 60 })
    .toFile(file);
  console.log(`${file}, ${(size / 1000).toFixed(0)} kB`);
}

const choose = (page, view) => page.check(`input[value=${view}]`, { force: true });

/** Strokes in shares of the picture: on the truck, on buildings and on the road of the first sample scene. */
const strokes = [
  ['car', [0.43, 0.5], [0.5, 0.5]],
  ['building', [0.05, 0.3], [0.2, 0.3]],
  ['building', [0.8, 0.3], [0.95, 0.3]],
  ['road', [0.3, 0.85], [0.7, 0.85]],
];

for (const [device, scheme] of [
  ['desktop', 'light'],
  ['desktop', 'dark'],
  ['phone', 'light'],
  ['phone', 'dark'],
]) {
  const page = await opened(device, scheme);
  const suffix = scheme === 'dark' ? '-dark' : '';
  for (const view of ['labels', 'confidence', 'attention', 'won']) {
    await choose(page, view);
    await picture(page, `${device}-${view}${suffix}`);
  }
  await choose(page, 'labels');
  await page.fill('#divider', '50');
  await picture(page, `${device}-compare${suffix}`);
  await page.fill('#divider', '0');
  if (scheme === 'light') {
    await page.click('#painting');
    const box = await page.locator('#canvas').boundingBox();
    const at = ([x, y]) => [box.x + x * box.width, box.y + y * box.height];
    for (const [label, from, to] of strokes) {
      await page.evaluate(() => scrollTo(0, 0));
      await page.selectOption('#paint-class', { label });
      await page.evaluate(() => scrollTo(0, 0));
      await page.mouse.move(...at(from));
      await page.mouse.down();
      await page.mouse.move(...at(to), { steps: 8 });
      await page.mouse.up();
    }
    await page.click('#train');
    await page.waitForFunction(() => /^Step 12:/.test(document.getElementById('loss').value));
    await page.click('#train');
    await says(page, 'pixels');
    await page.locator('#train').scrollIntoViewIfNeeded();
    const file = join(folder, `${device}-teaching.webp`);
    await sharp(await page.screenshot())
      .resize(1024, undefined, { withoutEnlargement: true })
      .webp({ quality: 60 })
      .toFile(file);
  }
  await page.close();
}
await browser.close();
await site.close();
