// What computing higher scales only where it matters takes and loses: time, work and mean IoU by threshold.
//
//   node bench/adaptive.mjs --model CALIBRATED [--data camvid:DIR] [--images 20] [--scenes 2] [--scales 0.5,1,2] [--thresholds 0.004,0.02]
//
// The model is one that hmsa calibrate has written. Work is the pixels that the networks compute, as a share of the pixels of
// all scales; multiply-adds are proportional to them, whatever else the machine does. The first line of each set is the fused
// graph of all scales. On rendered scenes, whose classes are others, the share of labels that stay is told instead of IoU.
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
    halo: { type: 'string' },
    block: { type: 'string' },
    thresholds: { type: 'string' },
    threads: { type: 'string', default: '2' },
  },
});
const scales = values.scales.split(',').map(Number);
const model = await readModel(values.model);
const key = String([...scales].sort((a, b) => b - a));
const way = model.adaptive?.ways.find((each) => String(each.scales) === key);
if (way === undefined) throw new Error(`Calibrate the model for the scales ${key} first.`);
const known = way.curve.map(({ threshold }) => threshold);
const thresholds = [0, ...(values.thresholds?.split(',').map(Number) ?? known.slice(1))];

/** A model that uses one threshold alone. */
function segmenterOf(threshold) {
  const curve = [{ threshold: 0, loss: 0, work: 1 }];
  if (threshold > 0) curve.push({ threshold, loss: 0, work: 0 });
  const halo = values.halo === undefined ? way.halo : Number(values.halo);
  const block = values.block === undefined ? way.block : Number(values.block);
  const adaptive = { version: 1, ways: [{ ...way, halo, block, curve, loss: 1 }] };
  return new Segmenter({ ...model, adaptive }, openSession, { threads: Number(values.threads) });
}

/** Labels images with each threshold, in turns, and prints a line for each. */
async function measure(title, images, options) {
  const all = thresholds.map((threshold) => ({
    threshold,
    segmenter: segmenterOf(threshold),
    scorer: new Scorer(model.classes),
    ms: [],
    work: 0,
    same: 0,
    pixels: 0,
  }));
  let isWarm = false;
  for await (const { image, label } of images) {
    let full;
    for (const each of all) {
      const run = () => each.segmenter.segment(image, { scales, adaptive: true, ...options });
      if (!isWarm) await run();
      const started = performance.now();
      const { labels, work } = await run();
      each.ms.push(performance.now() - started);
      full ??= labels;
      each.work += work;
      each.pixels += labels.length;
      for (let i = 0; i < labels.length; i++) if (labels[i] === full[i]) each.same++;
      if (label !== undefined) each.scorer.add(labels, label);
    }
    isWarm = true;
  }
  console.log(`${title}, halo ${values.halo ?? way.halo}, ${all[0].ms.length} images`);
  const before = 100 * all[0].scorer.score.meanIoU;
  for (const { threshold, segmenter, scorer, ms, work, same, pixels } of all) {
    const iou = 100 * scorer.score.meanIoU;
    const median = [...ms].sort((a, b) => a - b)[Math.floor(ms.length / 2)];
    const scored = Number.isNaN(iou) ? '' : `  mean IoU ${iou.toFixed(2)}  lost ${(before - iou).toFixed(2)}`;
    console.log(
      `threshold ${threshold}  work ${((100 * work) / ms.length).toFixed(0)}%  ${median.toFixed(0)} ms  same labels ${((100 * same) / pixels).toFixed(2)}%${scored}`,
    );
    await segmenter.dispose();
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
  await measure(values.data.split(':')[0], images(), {});
}
if (Number(values.scenes) > 0) {
  const [width, height] = values.size.split('x').map(Number);
  const images = async function* () {
    for (let index = 0; index < Number(values.scenes); index++) {
      const { image: data } = renderScene({ seed: 1, index, width, height });
      yield { image: { data, width, height } };
    }
  };
  await measure(`rendered ${values.size}`, images(), { maxSide: 'none' });
}
