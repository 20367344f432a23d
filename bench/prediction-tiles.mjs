// How well tiles agree with the whole image on photographs, and where they differ.
//
//   node bench/prediction-tiles.mjs --photos FOLDER [--count 20] [--enlarge 2] [--tile 512] [--model FILE] [--threads N]
//
// Each photograph is enlarged, so that tiles cut it, and computed by the same graphs whole and in tiles that overlap by the
// measured reach. Of the pixels whose labels differ it prints the distance to the nearest border between tiles of the highest
// scale, and the margin of the two best class scores in the whole image, beside that of all pixels.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { decodeImage, loadModel, openSession } from 'hmsa/node';
import { resizeImage } from '../dist/data/augmentation/index.js';
import { JoinedResults } from '../dist/prediction/joined-results.js';
import { measuredReach } from '../dist/prediction/reach.js';
import { segmentTiles } from '../dist/prediction/segment-tiles.js';
import { SplitNetwork } from '../dist/prediction/split-network.js';
import { pixelSource } from '../dist/prediction/tile-source.js';
import { spansOf } from '../dist/prediction/tile-spans.js';

const { values } = parseArgs({
  options: {
    photos: { type: 'string' },
    count: { type: 'string', default: '20' },
    enlarge: { type: 'string', default: '2' },
    tile: { type: 'string', default: '512' },
    model: { type: 'string' },
    threads: { type: 'string', default: '2' },
  },
});

const loaded = await loadModel(values.model);
const { config, weights, classes } = loaded.model;
await loaded.dispose();
const scales = [...config.scales].sort((a, b) => b - a);
const sessions = new Map();
const use = async (key, compile, task) => {
  if (!sessions.has(key)) sessions.set(key, openSession(compile(), { threads: Number(values.threads) }));
  return task(await sessions.get(key));
};
const network = new SplitNetwork(config, { weights }, { scales, combine: 'hierarchical', logits: true }, use);
const reach = await measuredReach(network, scales.includes(1) ? 1 : scales[0]);
console.log(`overlap ${reach} pixels, tiles of at most ${values.tile}, scales ${scales.join(', ')}`);

const names = (await readdir(values.photos)).filter((name) => /\.(png|jpe?g)$/i.test(name)).sort();
const count = Math.min(names.length, Number(values.count));
const distances = { near: 0, far: 0, total: 0, pixels: 0 };
const margins = { different: [], all: [] };
const agreements = [];
for (let i = 0; i < count; i++) {
  const name = names[Math.floor((i * names.length) / count)];
  const photo = await decodeImage(join(values.photos, name));
  const size = {
    width: Math.round(photo.width * values.enlarge),
    height: Math.round(photo.height * values.enlarge),
  };
  const image = { ...size, data: resizeImage(photo.data, photo, size) };
  const plan = (most) =>
    network.graphs.scales.map(({ scale, stride }) => ({
      scale,
      down: spansOf(Math.floor(size.height * scale), stride, reach, most),
      across: spansOf(Math.floor(size.width * scale), stride, reach, most),
    }));
  const [whole, tiles] = [Number.POSITIVE_INFINITY, Number(values.tile)].map(plan);
  const [exact, found] = [await computed(image, whole), await computed(image, tiles)];
  const [{ down, across }] = tiles;
  const borders = {
    y: down.slice(1).map(({ own }) => own[0] / scales[0]),
    x: across.slice(1).map(({ own }) => own[0] / scales[0]),
  };
  let different = 0;
  const pixels = size.width * size.height;
  for (let at = 0; at < pixels; at++) {
    const [x, y] = [at % size.width, Math.floor(at / size.width)];
    const distance = Math.min(
      ...borders.x.map((border) => Math.abs(border - x)),
      ...borders.y.map((border) => Math.abs(border - y)),
    );
    const isNear = distance <= reach / 2;
    if (isNear) distances.pixels++;
    const isDifferent = exact.labels.data[at] !== found.labels.data[at];
    if (!isDifferent && at % 97 !== 0) continue;
    const margin = marginAt(exact.logits.data, at, pixels);
    if (at % 97 === 0) margins.all.push(margin);
    if (!isDifferent) continue;
    different++;
    margins.different.push(margin);
    if (isNear) distances.near++;
    else distances.far++;
  }
  distances.total += pixels;
  agreements.push(1 - different / pixels);
  console.log(
    `${name}  ${size.width}×${size.height}, ${tiles.map((each) => `${each.down.length}×${each.across.length}`).join(' and ')} tiles: ${(100 * agreements.at(-1)).toFixed(3)}%`,
  );
}
for (const session of sessions.values()) await (await session).dispose();

const percent = (share) => `${(100 * share).toFixed(3)}%`;
const quantile = (list, share) =>
  list.sort((a, b) => a - b)[Math.floor(share * (list.length - 1))]?.toFixed(3);
console.log(
  `${count} photographs, ${classes.names.length} classes: agreement ${percent(agreements.reduce((sum, x) => sum + x, 0) / count)}, lowest ${percent(Math.min(...agreements))}`,
);
console.log(
  `within half the overlap of a border: ${percent(distances.near / (distances.near + distances.far))} of the differences, ${percent(distances.pixels / distances.total)} of the pixels`,
);
console.log(
  `margin of the two best scores: median ${quantile(margins.different, 0.5)}, 95% below ${quantile(margins.different, 0.95)} where labels differ; median ${quantile(margins.all, 0.5)} of all pixels`,
);

async function computed(image, plan) {
  const results = new JoinedResults(image);
  await segmentTiles(
    network,
    pixelSource(image),
    { scales: plan, region: { width: 1024, height: 64 } },
    { onRegion: results.add },
  );
  return results.results;
}

function marginAt(logits, at, pixels) {
  let [first, second] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let c = at; c < logits.length; c += pixels) {
    if (logits[c] > first) [first, second] = [logits[c], first];
    else if (logits[c] > second) second = logits[c];
  }
  return first - second;
}
