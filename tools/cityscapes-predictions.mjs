// Writes a small Cityscapes tree with random labels, random predictions of it in submission form, and our scores
// of them: what check-cityscapes-metrics.py compares with the official evaluator. Usage: node … FOLDER [SEED]
import { join } from 'node:path';
import { generator } from '../dist/base/random/index.js';
import { cityscapes, cityscapesLabels, VOID } from '../dist/data/index.js';
import { Scorer } from '../dist/evaluation/index.js';
import {
  encodePng,
  openDataset,
  writeCityscapesSubmission,
  writeFileAtomic,
  writeJsonAtomic,
} from '../dist/node/index.js';

const [folder, seed = '1'] = process.argv.slice(2);
const [width, height] = [256, 128];

// Blocks of labels, all 34 of them but `train`, which is predicted all the same, and `motorcycle`, which is not.
const absent = ['train', 'motorcycle'];
for (let frame = 0; frame < 6; frame++) {
  const random = generator(Number(seed), 'truth', frame);
  const labels = cityscapesLabels.labels.filter(({ name }) => !absent.includes(name));
  const blocks = Array.from({ length: 32 * 16 }, () => random.pick(labels).id);
  const data = new Uint8Array(width * height).map(
    (_, i) => blocks[Math.floor(i / width / 8) * 32 + Math.floor((i % width) / 8)],
  );
  const city = frame < 3 ? 'lindau' : 'munster';
  const name = `${city}_000000_${String(frame).padStart(6, '0')}`;
  const photo = { data: new Uint8Array(width * height * 3), width, height };
  await writeFileAtomic(
    join(folder, `leftImg8bit/val/${city}/${name}_leftImg8bit.png`),
    await encodePng(photo),
  );
  const label = await encodePng({ data, width, height });
  await writeFileAtomic(join(folder, `gtFine/val/${city}/${name}_gtFine_labelIds.png`), label);
}

// Predictions that are right more often than not; some pixels are no class, and `bus` is never found.
const dataset = await openDataset(`cityscapes:${folder}`, { split: 'val' });
const scorer = new Scorer(cityscapes);
const never = ['bus', 'motorcycle'].map((name) => cityscapes.names.indexOf(name));
for (let index = 0; index < dataset.length; index++) {
  const { label, id } = await dataset.get(index);
  const random = generator(Number(seed), 'prediction', index);
  const data = label.map((truth) => {
    const right = truth !== VOID && random.chance(0.7);
    const guess = right ? truth : random.int(cityscapes.names.length);
    return never.includes(guess) || random.chance(0.02) ? VOID : guess;
  });
  await writeCityscapesSubmission(join(folder, 'results'), id, { data, width, height });
  scorer.add(data, label);
}
await writeJsonAtomic(join(folder, 'scores.json'), scorer.score);
