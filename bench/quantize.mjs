// node bench/quantize.mjs KIND:PATH [MODEL]: what 8 bits cost and gain. Quantises a model into a temporary folder and prints, as
// a table in Markdown, IoU by class before and after, sizes, and times for one image with one thread and with all. Each pair of
// times is of one run, in turns. Needs `npm run build`. Options by environment: SPLIT (default val), IMAGES (24 calibration
// images), SCALES (default: the model's), AIM (points).
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel, openScoringData, quantizeModel } from '../dist/node/index.js';

const [data, model] = process.argv.slice(2);
if (data === undefined) {
  console.error('Usage: node bench/quantize.mjs KIND:PATH [MODEL]');
  process.exit(2);
}
// Data that are not there and the like are told in a line.
const fail = async (error) => {
  await rm(folder, { recursive: true, force: true });
  console.error(error.message);
  process.exit(1);
};
process.on('uncaughtException', fail);
const { SPLIT, IMAGES, SCALES, AIM } = process.env;
const scales = SCALES?.split(',').map(Number);
const folder = await mkdtemp(join(tmpdir(), 'hmsa-quantize-'));
const out = join(folder, 'int8.safetensors');
const load = () => loadavg()[0].toFixed(1);
console.log(`${cpus().length} cores, ${cpus()[0]?.model}, load ${load()} at the start`);

const report = await quantizeModel(
  { data, out, ...(model && { model }), dataOptions: SPLIT ? { split: SPLIT } : {} },
  {
    ...(IMAGES && { images: Number(IMAGES) }),
    ...(AIM && { aim: Number(AIM) }),
    ...(scales && { scales }),
    allowLoss: 100,
  },
  { onProgress: (what, done, total) => done === total && console.error(what, total) },
);
const percent = (value) => (Number.isNaN(value) ? '–' : (100 * value).toFixed(2));
console.log('\n| class | float % | int8 % | lost |\n| --- | ---: | ---: | ---: |');
for (const { name, float, quantized, lost } of report.perClass)
  console.log(`| ${name} | ${percent(float)} | ${percent(quantized)} | ${lost.toFixed(2)} |`);
const { float, quantized, lost } = report.meanIoU;
console.log(`| **mean** | ${percent(float)} | ${percent(quantized)} | ${lost.toFixed(2)} |`);
console.log(
  `\nscales ${report.scales.join(', ')}; ${report.images} images; labels changed: ${percent(report.changedLabels)}%`,
);
console.log(`layers in 8 bits ${report.quantizedLayers}, float ${report.float.length}`);
for (const { layer, error } of report.float) console.log(`  ${layer}: error ${error.toFixed(4)} alone`);
console.log('error of the scores by rule', report.ruleErrors, 'chosen', report.rule);
console.log(`bytes ${report.model.bytes} -> ${report.bytes}`);

// Times, with one thread and with all.
const exact = await loadModel(model);
const { dataset } = await openScoringData(exact, data, SPLIT ? { split: SPLIT } : {});
const { image: pixels, width, height } = await dataset.get(0);
const image = { data: pixels, width, height };
await exact.dispose();
console.log(
  '\n| scales | threads | float ms | int8 ms | times as fast | load |\n| --- | ---: | ---: | ---: | ---: | ---: |',
);
for (const choice of [[1], [0.5, 1], [0.5, 1, 2]])
  for (const threads of new Set([1, cpus().length])) {
    const models = [await loadModel(model, { threads }), await loadModel(out, { threads })];
    const times = [[], []];
    for (let turn = 0; turn < 12; turn++)
      for (const [i, each] of models.entries()) {
        const started = performance.now();
        await each.segment(
          image,
          choice.length === 1 ? { scales: choice, combine: 'single' } : { scales: choice },
        );
        if (turn >= 2) times[i].push(performance.now() - started);
      }
    const [before, after] = times.map((list) => list.sort((a, b) => a - b)[list.length >> 1]);
    console.log(
      `| ${choice.join(', ')} | ${threads} | ${before.toFixed(0)} | ${after.toFixed(0)} | ${(before / after).toFixed(2)} | ${load()} |`,
    );
    for (const each of models) await each.dispose();
  }
await rm(folder, { recursive: true });
