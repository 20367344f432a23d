// Many images through one model: read, computed and used at the same time, with a deadline, polygons, and an overlay of each.
//
//   node examples/predict.mjs [--model FILE] [--out FOLDER] [IMAGE...]      without images: two rendered streets
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { renderScene } from 'hmsa';
import { loadModel } from 'hmsa/node';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { model: { type: 'string' }, out: { type: 'string', default: 'out/predict' } },
});
const size = { width: 480, height: 360 };
const streets = () =>
  [0, 1].map((index) => ({ ...size, data: renderScene({ seed: 7, index, ...size }).image }));
const images = [...positionals, ...(positionals.length > 0 ? [] : streets())];
await mkdir(values.out, { recursive: true });

const model = await loadModel(values.model, { memory: '2GB' });
// A model that hmsa calibrate has written computes its highest scale only where the lower ones leave doubt.
const way = model.model.adaptive?.ways[0];
const options = {
  ...(way ? { scales: way.scales, adaptive: true } : {}),
  confidence: true,
  concurrency: 2,
  signal: AbortSignal.timeout(10 * 60_000),
};
try {
  for await (const { input, index, result, error } of model.segmentMany(images, options)) {
    const name = typeof input === 'string' ? basename(input) : `street-${index}`;
    // One image that cannot be read does not end the others.
    if (error) {
      console.error(error.message);
      process.exitCode = 2;
      continue;
    }
    const [largest] = result.shares();
    const sure = result.confidence.reduce((sum, each) => sum + each, 0) / result.confidence.length;
    // In pixels, simplified by at most 1.5 of them.
    const { features } = result.polygons({ tolerance: 1.5, leastPixels: 100 });
    await writeFile(join(values.out, `${name}.json`), JSON.stringify(features));
    await result.save(join(values.out, `${name}.png`), { as: 'overlay' });
    const percent = (share) => `${(100 * share).toFixed(0)}%`;
    const work = result.work === undefined ? '' : `, ${percent(result.work)} of the work of all scales`;
    console.log(
      `${name}: ${largest.name} ${percent(largest.share)}, ${features.length} regions, sure by ${percent(sure)}${work}`,
    );
  }
} finally {
  await model.dispose();
}
