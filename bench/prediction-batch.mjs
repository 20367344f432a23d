// Time for each image when several images of one size are computed in one run, with the shipped model: what --batch does.
//
//   node bench/prediction-batch.mjs [--device cuda] [--precision float16] [--sizes 480x360,1024x512] [--scales 1/0.5,1,2]
//     [--batches 1,4,8] [--threads 2] [--rounds 5]
//
// The batches take turns, so that other work on the machine slows all of them. Labels are compared with those of single images.
// A batch that does not fit into the memory is computed in parts.
import { parseArgs } from 'node:util';
import { renderScene } from 'hmsa';
import { loadModel } from 'hmsa/node';

const { values } = parseArgs({
  options: {
    device: { type: 'string', default: 'cpu' },
    precision: { type: 'string', default: 'float32' },
    sizes: { type: 'string', default: '480x360' },
    scales: { type: 'string', default: '1/0.5,1,2' },
    batches: { type: 'string', default: '1,4,8' },
    threads: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '5' },
  },
});
const { device, precision } = values;
const batches = values.batches.split(',').map(Number);
const count = Math.max(...batches);
const model = await loadModel(undefined, { device, precision, threads: Number(values.threads) });
const median = (times) => [...times].sort((a, b) => a - b)[times.length >> 1];

for (const size of values.sizes.split(',')) {
  const [width, height] = size.split('x').map(Number);
  const images = Array.from({ length: count }, (_, index) => {
    const { image: data } = renderScene({ seed: 1, split: 'val', index, width, height });
    return { data, width, height };
  });
  for (const list of values.scales.split('/')) {
    const options = { scales: list.split(',').map(Number), maxSide: 'none' };
    const run = async (batch) => {
      const results = [];
      for (let at = 0; at < count; at += batch)
        results.push(...(await model.segmentBatch(images.slice(at, at + batch), options)));
      return results.map(({ labels }) => labels);
    };
    const single = await run(1);
    const times = batches.map(() => []);
    const differing = batches.map(() => 0);
    for (let round = 0; round <= Number(values.rounds); round++) {
      for (const [i, batch] of batches.entries()) {
        const started = performance.now();
        const labels = await run(batch);
        // The first round warms up.
        if (round > 0) times[i].push((performance.now() - started) / count);
        else
          for (const [at, one] of labels.entries())
            differing[i] += one.reduce((sum, label, pixel) => sum + (label === single[at][pixel] ? 0 : 1), 0);
      }
    }
    const texts = batches.map((batch, i) => {
      const same = 100 * (1 - differing[i] / (count * width * height));
      const share = (median(times[i]) / median(times[0])).toFixed(2);
      return `batch ${batch}: ${share} (${median(times[i]).toFixed(1)} ms an image, at best ${Math.min(...times[i]).toFixed(1)}), same labels ${same.toFixed(3)}%`;
    });
    console.log(`${device}, ${precision}, ${size}, {${list}}: ${texts.join('; ')}`);
  }
}
await model.dispose();
