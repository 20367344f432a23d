// What labels of a model are worth, on CamVid: a teacher learns from 90 labelled photographs (contiguous blocks of each video), and
// labels the other 277. Three arms of equally many updates, from the same weights, scored on the split val:
//
//   90      the 90 labelled photographs alone (the teacher itself)
//   90+277  the 90, and the 277 with the teacher's labels, with --share of the samples
//   367     all 367 with their true labels: what could be reached
//
//   npm run build && node bench/semi-supervised.mjs camvid:PATH [--out out/semi-supervised] [--seeds 1,2,3] [--device cpu]
//       [--init mobilenetv2-imagenet.safetensors] [--preset joint-2scale] [--epochs 10] [--batch 8] [--crop 224x288] [--width 1]
//       [--rate 5e-4] [--samples 368] [--class-uniform 0] [--share 0.5] [--threshold 0.9] [--keep 0.5] [--scales 0.5,1,2] [--labelled 90]
//
// An epoch has --samples samples in every arm, so that all take equally many steps. Crops are HEIGHTxWIDTH. It can be ended at any time
// (Ctrl-C saves), and the same command goes on. It writes results.json and results.md into --out after each run.
import { link, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { holdOutBlocks, mergeConfig, presets, VOID } from '../dist/index.js';
import { autolabel, openDataset, resumeTraining, train, writeJsonAtomic } from '../dist/node/index.js';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string', default: 'out/semi-supervised' },
    seeds: { type: 'string', default: '1,2,3' },
    device: { type: 'string', default: 'cpu' },
    threads: { type: 'string' },
    init: { type: 'string' },
    preset: { type: 'string', default: 'joint-2scale' },
    epochs: { type: 'string', default: '10' },
    batch: { type: 'string', default: '8' },
    crop: { type: 'string', default: '224x288' },
    width: { type: 'string', default: '1' },
    rate: { type: 'string', default: '5e-4' },
    samples: { type: 'string', default: '368' },
    'class-uniform': { type: 'string', default: '0' },
    share: { type: 'string', default: '0.5' },
    threshold: { type: 'string', default: '0.9' },
    keep: { type: 'string' },
    scales: { type: 'string', default: '0.5,1,2' },
    labelled: { type: 'string', default: '90' },
  },
});
const [data] = positionals;
if (data === undefined) throw new Error('Name the data set: node bench/semi-supervised.mjs camvid:PATH');
const spec = `camvid:${resolve(data.replace(/^camvid:/, ''))}`;
const out = resolve(options.out);
const at = (...path) => join(out, ...path);
const seeds = options.seeds.split(',').map(Number);
const session = {
  device: options.device,
  ...(options.threads !== undefined && { threads: Number(options.threads) }),
};
const stop = new AbortController();
process.once('SIGINT', () => stop.abort(new Error('interrupted; the same command goes on')));

await mkdir(out, { recursive: true });
await keepSettings();
const { all, labelled } = await divide();
const arms = [`${labelled}`, `${labelled}+${all - labelled}`, `${all}`];
const results = [];
for (const seed of seeds) {
  const teacher = await run(seed, arms[0], { dataOptions: { split: at('labelled.txt') } });
  const labels = await label(seed, teacher.model);
  const student = await run(seed, arms[1], {
    dataOptions: { split: at('labelled.txt') },
    moreData: [{ data: `camvid:${at(`seed-${seed}`, 'labels')}`, share: Number(options.share) }],
  });
  const full = await run(seed, arms[2], { dataOptions: { split: 'train' } });
  results.push({ seed, labels, runs: { [arms[0]]: teacher, [arms[1]]: student, [arms[2]]: full } });
  await report();
}
process.stdout.write(await readFile(at('results.md'), 'utf8'));

/** Refuses to go on with other settings, because runs would then not be comparable. More seeds are welcome. */
async function keepSettings() {
  const { seeds: _, out: __, device: ___, threads: ____, ...decisive } = options;
  const settings = JSON.stringify({ ...decisive, data: spec }, null, 2);
  const before = await readFile(at('settings.json'), 'utf8').catch(() => undefined);
  if (before !== undefined && before !== settings)
    throw new Error(`${out} was begun with other settings: ${before}. Choose another --out.`);
  await writeFile(at('settings.json'), settings);
}

/** The blocks that are labelled, as a list; the other photographs, as a set without labels. The same for all seeds. */
async function divide() {
  const train = await openDataset(spec, { split: 'train' });
  const items = Array.from({ length: train.length }, (_, index) => train.item(index));
  const groups = items.map(({ group }) => group);
  const { held, rest } = holdOutBlocks(groups, {
    count: Number(options.labelled),
    blocks: 2,
    gap: 0,
    seed: 1,
  });
  await writeFile(at('labelled.txt'), held.map((index) => `${items[index].image}\n`).join(''));
  const folder = at('unlabelled', 'train');
  await mkdir(folder, { recursive: true });
  for (const index of rest) {
    const { image } = items[index];
    const to = join(folder, basename(image));
    await link(image, to).catch(async (error) => {
      if (error.code !== 'EEXIST') await writeFile(to, await readFile(image));
    });
  }
  return { all: items.length, labelled: held.length };
}

/** Trains an arm, or goes on with it; the scores of its end. */
async function run(seed, arm, part) {
  const folder = at(`seed-${seed}`, arm.replace('+', '-and-'));
  const epochs = Number(options.epochs);
  const config = mergeConfig(
    presets[options.preset],
    {
      seed,
      batch: Number(options.batch),
      crop: options.crop.split('x').map(Number),
      classUniform: Number(options['class-uniform']),
      validateEvery: epochs,
      model: { trunk: { width: Number(options.width) } },
      phases: [
        {
          kind: 'joint',
          epochs,
          schedule: { kind: 'polynomial', rate: Number(options.rate), power: 0.9 },
        },
      ],
    },
    'bench',
  );
  const request = {
    config,
    data: spec,
    samplesPerEpoch: Number(options.samples),
    session,
    ...(options.init !== undefined && { init: options.init }),
    ...part,
  };
  const record = async () => JSON.parse(await readFile(join(folder, 'run.json'), 'utf8').catch(() => 'null'));
  let last = 0;
  const hooks = {
    signal: stop.signal,
    onEvent(event) {
      if (event.kind === 'preparing' || event.kind === 'warning') console.error(`  ${event.what}`);
      if (event.kind !== 'step' || performance.now() - last < 30_000) return;
      last = performance.now();
      console.error(`  step ${event.step}, loss ${event.loss.toFixed(3)}`);
    },
  };
  const before = await record();
  if (before?.finished !== true) {
    console.error(`seed ${seed}, ${arm}`);
    if (before === null) await train(request, folder, hooks);
    else await resumeTraining(folder, hooks);
    stop.signal.throwIfAborted();
  }
  const { validation, steps, parts } = await record();
  const { meanIoU, meanAccuracy, perClass } = validation;
  return {
    model: join(folder, 'model.safetensors'),
    steps,
    seconds: parts.reduce((sum, { seconds }) => sum + seconds, 0),
    meanIoU,
    meanAccuracy,
    perClass: perClass.map(({ name, iou }) => ({ name, iou })),
  };
}

/** The teacher's labels, and how many of them are right. */
async function label(seed, model) {
  const target = at(`seed-${seed}`, 'labels');
  console.error(`seed ${seed}, labels`);
  const { summary } = await autolabel(
    {
      data: `camvid:${at('unlabelled')}`,
      model,
      threshold: Number(options.threshold),
      ...(options.keep !== undefined && { keep: Number(options.keep) }),
      scales: options.scales.split(',').map(Number),
      session,
    },
    target,
    { signal: stop.signal },
  );
  const truth = await openDataset(spec, { split: 'train' });
  const made = await openDataset(`camvid:${target}`, { split: 'train' });
  const indexOf = new Map(Array.from({ length: truth.length }, (_, i) => [truth.item(i).id, i]));
  let [right, known] = [0, 0];
  for (let i = 0; i < made.length; i++) {
    const own = (await made.getLabel(i)).label;
    const real = (await truth.getLabel(indexOf.get(made.item(i).id))).label;
    for (let pixel = 0; pixel < own.length; pixel++) {
      if (own[pixel] === VOID || real[pixel] === VOID) continue;
      known++;
      if (own[pixel] === real[pixel]) right++;
    }
  }
  return {
    share: summary.kept / summary.pixels,
    right: known === 0 ? null : right / known,
    classes: summary.classes,
  };
}

async function report() {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const percent = (value) => (value === null || value === undefined ? '' : (100 * value).toFixed(1));
  const rows = arms.map((arm) => {
    const runs = results.map(({ runs: of }) => of[arm]);
    const gain = mean(results.map(({ runs: of }) => of[arm].meanIoU - of[arms[0]].meanIoU));
    const each = runs.map(({ meanIoU }) => percent(meanIoU)).join(', ');
    const cells = [mean(runs.map((one) => one.meanIoU)), mean(runs.map((one) => one.meanAccuracy)), gain];
    return [arm, String(runs[0].steps), ...cells.map(percent), each];
  });
  const labels = {
    share: mean(results.map(({ labels: { share } }) => share)),
    right: mean(results.map(({ labels: { right } }) => right)),
  };
  const names = results[0].runs[arms[0]].perClass.map(({ name }) => name);
  const ious = names.map((name, id) => [
    name,
    ...arms.map((arm) => {
      const values = results.map(({ runs }) => runs[arm].perClass[id].iou).filter((iou) => iou !== null);
      return values.length === 0 ? '' : percent(mean(values));
    }),
  ]);
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const table = (head, body) => [line(head), line(head.map(() => '---')), ...body.map(line)].join('\n');
  const text = `${table(['photographs', 'updates', 'mean IoU %', 'mean accuracy %', 'gain', 'mean IoU of each seed'], rows)}

The teachers labelled ${percent(labels.share)}% of the pixels of the ${all - labelled} photographs, ${percent(labels.right)}% of them right. Seeds: ${results.map(({ seed }) => seed).join(', ')}.

${table(['class, IoU %', ...arms], ious)}
`;
  await writeFile(at('results.md'), text);
  await writeJsonAtomic(at('results.json'), { settings: { ...options, data: undefined }, labels, results });
}
