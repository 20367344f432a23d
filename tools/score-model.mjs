// Scores a model on a labelled split in every combination that its documents report, each scale alone first, and draws
// ten images evenly taken from it. Usage: node tools/score-model.mjs MODEL KIND:PATH OUT [SPLIT] (`npm run build` first)
//
// Writes OUT/results.json and OUT/NAME.jpg (from left to right: the labels over the photograph, the labels, the true
// labels, the attention of the lower scale) and prints the table in Markdown.
import { join } from 'node:path';
import sharp from 'sharp';
import {
  colorize,
  evaluate,
  heatmap,
  loadModel,
  openDataset,
  overlay,
  writeFileAtomic,
  writeJsonAtomic,
} from '../dist/node/index.js';

const [file, data, out, split = 'val'] = process.argv.slice(2);
const PICTURES = 10;
const PANEL = { width: 320, height: 240 };

const dataset = await openDataset(data, { split });
const model = await loadModel(file);
const { classes } = model;

const runs = [
  ...[0.5, 1, 2].map((scale) => ({ combine: 'single', scales: [scale] })),
  ...['average', 'max', 'hierarchical'].map((combine) => ({ combine, scales: [0.5, 1] })),
  ...[1.5, 2].flatMap((scale) =>
    ['average', 'hierarchical'].map((combine) => ({ combine, scales: [0.5, 1, scale] })),
  ),
];
const results = [];
for (const run of runs) {
  const { skipped: _, peakMemoryBytes: __, ...score } = await evaluate(model, dataset, run);
  results.push(score);
  process.stderr.write(`${run.combine} ${run.scales.join(', ')}: ${(100 * score.meanIoU).toFixed(2)}%\n`);
}
await writeJsonAtomic(join(out, 'results.json'), { split, images: dataset.length, results });

const percent = (value) => (100 * value).toFixed(1);
console.log('| combination | scales | mean IoU % | mean accuracy % | pixel accuracy % | seconds |');
console.log('| --- | --- | --- | --- | --- | --- |');
for (const { combine, scales, meanIoU, meanAccuracy, pixelAccuracy, seconds } of results) {
  const cells = [
    combine,
    scales.toSorted((a, b) => a - b).join(', '),
    percent(meanIoU),
    percent(meanAccuracy),
  ];
  console.log(`| ${[...cells, percent(pixelAccuracy), seconds.toFixed(1)].join(' | ')} |`);
}

for (let i = 0; i < Math.min(PICTURES, dataset.length); i++) {
  const index = Math.round((i * (dataset.length - 1)) / (PICTURES - 1));
  const { image, label, width, height, id } = await dataset.get(index);
  const photo = { data: image, width, height };
  const { labels, scales } = await model.segment(photo, { details: true });
  const colored = colorize(labels, width, height, classes);
  const panels = [
    overlay(photo, colored),
    colored,
    colorize(label, width, height, classes),
    heatmap(scales.at(-1).attention, width, height),
  ];
  const composed = await Promise.all(
    panels.map(async (panel, column) => ({
      input: await sharp(panel.data, { raw: { width, height, channels: 3 } })
        .resize(PANEL.width, PANEL.height, { fit: 'fill' })
        .png()
        .toBuffer(),
      left: column * PANEL.width,
      top: 0,
    })),
  );
  const strip = sharp({
    create: { ...PANEL, width: PANEL.width * panels.length, channels: 3, background: 'black' },
  });
  const name = id
    .split('/')
    .at(-1)
    .replace(/\.\w+$/, '');
  await writeFileAtomic(
    join(out, `${name}.jpg`),
    await strip.composite(composed).jpeg({ quality: 85 }).toBuffer(),
  );
}
await model.dispose();
