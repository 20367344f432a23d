// What computation that follows attention saves, and what it costs: time, work and mean IoU for each threshold, in turns.
//
//   node bench/adaptive.mjs --model calibrated.safetensors --data camvid:PATH [--images 20] [--scales 0.5,1,2]
//   node bench/adaptive.mjs --model calibrated.safetensors --scenes 2 [--size 2048x1024] [--block 64]
//     [--thresholds 0.004,0.02]
//   node bench/adaptive.mjs --model calibrated.safetensors --scenes 2 --device cuda
//
// The model is one that hmsa calibrate has written. Work is the multiply-adds of the network, as a share of those of all
// scales. Time is that of the processor, as a share of what the ordinary way takes, the fused graph of all scales: with one
// thread, the default, other processes hardly change it. On a GPU it is that of the clock. On rendered scenes, whose classes are
// others, labels are scored against those of the ordinary way.

import { parseArgs } from 'node:util';
import { renderScene, Scorer, Segmenter } from 'hmsa';
import { openDataset, openSession, readModel } from 'hmsa/node';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    data: { type: 'string' },
    images: { type: 'string', default: '20' },
    scenes: { type: 'string', default: '0' },
    size: { type: 'string', default: '2048x1024' },
    scales: { type: 'string', default: '0.5,1,2' },
    block: { type: 'string' },
    thresholds: { type: 'string' },
    threads: { type: 'string', default: '1' },
    device: { type: 'string', default: 'cpu' },
  },
});
const { device } = values;
const isGpu = device === 'cuda' || device === 'webgpu';
const scales = values.scales.split(',').map(Number);
const model = await readModel(values.model);
const key = String([...scales].sort((a, b) => b - a));
const found = model.adaptive?.ways.find((each) => String(each.scales) === key);
if (found === undefined) throw new Error(`Calibrate the model for the scales ${key} first.`);
const way = {
  ...found,
  ...(values.block !== undefined && { block: Number(values.block) }),
};
const known = way.curve.map(({ threshold }) => threshold).slice(1);
const thresholds = values.thresholds?.split(',').map(Number) ?? known;
const segmenter = new Segmenter(model, openSession, { device, threads: Number(values.threads) });
const study = await segmenter.adaptiveStudy({ scales });

/** The result of a task, and the milliseconds of the processor that it took; on a GPU those of the clock. */
async function timed(task) {
  const [before, started] = [process.cpuUsage(), performance.now()];
  const result = await task();
  const { user, system } = process.cpuUsage(before);
  return [result, isGpu ? performance.now() - started : (user + system) / 1000];
}

/** Labels images in the ordinary way and with each threshold, in turns, and prints a line for each. */
async function measure(title, images) {
  const all = [Number.NaN, ...thresholds].map((threshold) => ({
    threshold,
    scorer: new Scorer(model.classes),
    ms: 0,
    work: 0,
    same: 0,
  }));
  let [count, pixels] = [0, 0];
  for await (const { image, label } of images) {
    const ordinary = () => segmenter.segment(image, { scales, maxSide: 'none' });
    const attempt = async (threshold) => (await study.try(image, way, [threshold]))[0];
    if (count === 0) {
      await ordinary();
      await attempt(thresholds[0]);
    }
    const [{ labels: full }, ms] = await timed(ordinary);
    count++;
    pixels += full.length;
    const truth = label ?? full;
    all[0].ms += ms;
    all[0].work++;
    all[0].same += full.length;
    all[0].scorer.add(full, truth);
    for (const each of all.slice(1)) {
      const [{ labels, work }, ms] = await timed(() => attempt(each.threshold));
      each.ms += ms;
      each.work += work;
      each.scorer.add(labels, truth);
      for (let i = 0; i < labels.length; i++) if (labels[i] === full[i]) each.same++;
    }
  }
  console.log(`${title}, blocks of ${way.block}, ${count} images`);
  const [ordinary] = all;
  const percent = (share, digits = 0) => `${(100 * share).toFixed(digits)}%`;
  for (const { threshold, scorer, ms, work, same } of all) {
    const lost = 100 * (ordinary.scorer.score.meanIoU - scorer.score.meanIoU);
    console.log(
      `${Number.isNaN(threshold) ? 'ordinary' : `threshold ${threshold.toPrecision(3)}`}  work ${percent(work / count)}  time ${percent(ms / ordinary.ms)} (${(ms / count).toFixed(0)} ms)  same labels ${percent(same / pixels, 2)}  mean IoU ${percent(scorer.score.meanIoU, 2)}  lost ${lost.toFixed(2)}`,
    );
  }
}

if (values.data !== undefined) {
  const dataset = await openDataset(values.data, { split: 'val' });
  const count = Math.min(Number(values.images), dataset.length);
  const images = async function* () {
    for (let i = 0; i < count; i++) {
      const index = Math.floor(((i + 0.5) * dataset.length) / count);
      const { image: data, width, height, label } = await dataset.get(index);
      yield { image: { data, width, height }, label };
    }
  };
  await measure(values.data.split(':')[0], images());
}
if (Number(values.scenes) > 0) {
  const [width, height] = values.size.split('x').map(Number);
  const images = async function* () {
    for (let index = 0; index < Number(values.scenes); index++) {
      const { image: data } = renderScene({ seed: 1, index, width, height });
      yield { image: { data, width, height } };
    }
  };
  await measure(`rendered ${values.size}`, images());
}
await segmenter.dispose();
