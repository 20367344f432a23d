// Time for each image when several images of one size are computed in one run, with the shipped model on the CPU.
//
//   node bench/prediction-batch.mjs [--size 320x240] [--threads 2] [--rounds 5]
//
// The batches take turns, so that other work on the machine slows all of them.
import { parseArgs } from 'node:util';
import { Builder, decodeModel, normalizePixels, segmentation } from 'hmsa';
import { compile, input, ops } from 'hmsa/engine';
import { openSession, readShippedModel } from 'hmsa/node';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '320x240' },
    threads: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '5' },
  },
});
const [width, height] = values.size.split('x').map(Number);
const BATCHES = [1, 2, 4];
const IMAGES = Math.max(...BATCHES);

const { content, file } = await readShippedModel();
const { config, weights } = decodeModel(content, file);

function graph(batch, scales) {
  const { root } = new Builder({ inference: true });
  const pixels = normalizePixels(input('image', [batch, height, width, 3], 'uint8'), config);
  const { logits } = segmentation(root, pixels, config, { scales });
  return compile({ outputs: { labels: ops.cast(ops.argmax(logits, 1), 'uint8') }, constants: weights });
}

for (const scales of [[1], [1, 0.5]]) {
  const sessions = [];
  for (const batch of BATCHES)
    sessions.push(await openSession(graph(batch, scales), { threads: Number(values.threads) }));
  const times = BATCHES.map(() => []);
  for (let round = 0; round <= Number(values.rounds); round++) {
    for (const [i, batch] of BATCHES.entries()) {
      const data = new Uint8Array(batch * height * width * 3).fill(99);
      const started = performance.now();
      for (let done = 0; done < IMAGES; done += batch)
        await sessions[i].run({ image: { dtype: 'uint8', shape: [batch, height, width, 3], data } });
      // The first round warms up.
      if (round > 0) times[i].push((performance.now() - started) / IMAGES);
    }
  }
  const texts = times.map((all, i) => {
    const [least, median] = [Math.min(...all), all.sort((a, b) => a - b)[Math.floor(all.length / 2)]];
    return `batch ${BATCHES[i]}: ${least.toFixed(1)} ms an image at best, ${median.toFixed(1)} median`;
  });
  console.log(`${values.size}, scales ${scales.join(', ')}: ${texts.join('; ')}`);
  for (const session of sessions) await session.dispose();
}
