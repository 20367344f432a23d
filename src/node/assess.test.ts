import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bands, randomPhoto, writeTree } from '../../tests/data/files.js';
import { HmsaError } from '../base/errors/index.js';
import type { Segmenter } from '../prediction/index.js';
import { presets } from '../training/index.js';
import type { TrainEvent } from '../training/run/index.js';
import type { FileDataset } from './datasets/index.js';
import { encodeJpeg, encodePng } from './images/index.js';
import { type Inspection, inspect } from './inspect/inspect.js';
import { openScoringData } from './jobs/scoring-data.js';
import { openTrainingData } from './jobs/training-data.js';
import { openPreviewData } from './preview.js';

const SIDE = 32;
const photo = (name: string) => randomPhoto(name, SIDE, SIDE);
const classes = JSON.stringify({
  classes: [
    { name: 'ground', id: 0 },
    { name: 'thing', id: 1 },
  ],
  void: [{ name: 'void', id: 255 }],
});

/** What can be wrong with one photograph: changes the files of a pair that is well. */
const plants: Readonly<Record<string, (image: string, label: string) => Promise<void>>> = {
  unlabelled: (_, label) => rm(label),
  'label of another size': async (_, label) => writeFile(label, await encodePng(bands([0, 1], SIDE, 40))),
  'photograph that is text': (image) => writeFile(image, 'no picture'),
  'empty photograph': (image) => writeFile(image, ''),
  'photograph cut short': (image) => cut(image),
  'label cut short': (_, label) => cut(label),
  'lossy label': async (_, label) => writeFile(label, await encodeJpeg(photo('lossy'))),
  'too small': async (image, label) => {
    await writeFile(image, await encodePng(randomPhoto(image, 3, 2)));
    await writeFile(label, await encodePng(bands([0], 3, 2)));
  },
  'all void': async (_, label) => writeFile(label, await encodePng(bands([255], SIDE, SIDE))),
  'unknown value': async (_, label) => writeFile(label, await encodePng(bands([0, 1, 77], SIDE, SIDE))),
  'no photograph': (image) => rm(image),
  'two of one name': async (image) => writeFile(image.replace('.png', '.webp'), await readFile(image)),
};

async function cut(path: string): Promise<void> {
  const whole = await readFile(path);
  await writeFile(path, whole.subarray(0, whole.length >> 1));
}

const shapes = {
  'train and val': ['train', 'val'],
  'train alone': ['train'],
  'val alone': ['val'],
  'no splits': [''],
} as const;

const place = fc.record({
  split: fc.nat(1),
  index: fc.nat(2),
  kind: fc.constantFrom(...Object.keys(plants)),
});
const plan = fc.record({
  shape: fc.constantFrom(...(Object.keys(shapes) as (keyof typeof shapes)[])),
  faults: fc.uniqueArray(place, { maxLength: 4, selector: ({ split, index }) => `${split} ${index}` }),
});

/** What a command makes of the tree: what it uses, what it says that it leaves out, or its refusal. */
interface Outcome {
  readonly refusal?: string;
  readonly used: readonly string[];
  readonly said: string;
}

async function outcome(
  work: () => Promise<{ used: readonly string[]; said: readonly string[] }>,
): Promise<Outcome> {
  try {
    const { used, said } = await work();
    return { used, said: said.join('\n') };
  } catch (error) {
    if (!(error instanceof HmsaError)) throw error;
    return { refusal: error.message, used: [], said: '' };
  }
}

const modelClasses = { names: ['ground', 'thing'], colors: [], ignore: 255 };

const imagesOf = (dataset: unknown) =>
  dataset === undefined ? [] : (dataset as FileDataset).parts.items.map(({ image }) => image);

const config = presets.quick;

async function outcomes(data: string, skipBad: boolean): Promise<Record<string, Outcome>> {
  const segmenter = {
    model: { classes: modelClasses, config: config.model },
    classes: modelClasses,
    prepare: async () => ({ scales: config.model.scales }),
  } as unknown as Segmenter;
  return {
    train: await outcome(async () => {
      const said: string[] = [];
      const onEvent = (event: TrainEvent) => event.kind === 'warning' && said.push(event.what);
      const opened = await openTrainingData({ config, data, skipBad }, onEvent);
      const { dataset, validation, leftOut } = await opened.check();
      return { used: [...imagesOf(dataset), ...imagesOf(validation)], said: [...said, ...leftOut] };
    }),
    evaluate: await outcome(async () => {
      const { dataset, leftOut, warnings } = await openScoringData(segmenter, data, {}, { skipBad });
      return { used: imagesOf(dataset), said: [...leftOut, ...warnings] };
    }),
    preview: await outcome(async () => {
      const { dataset, leftOut, warnings } = await openPreviewData(data, {}, { skipBad });
      return { used: imagesOf(dataset), said: [...leftOut, ...warnings] };
    }),
  };
}

test('what inspect calls fine works; what it calls a fault is refused, or left out and named', async () => {
  const property = fc.asyncProperty(plan, async ({ shape, faults }) => {
    const root = await mkdtemp(join(tmpdir(), 'hmsa-promises-'));
    try {
      const splits = shapes[shape];
      const at = (split: string, what: string, index: number) =>
        join(root, split, what, `p${splits.indexOf(split as never)}-${index}.png`);
      await writeTree(root, { 'classes.json': classes });
      for (const split of splits)
        for (const index of [0, 1, 2]) {
          const [image, label] = [at(split, 'images', index), at(split, 'masks', index)];
          await writeTree('/', { [image]: photo(image.slice(-8)), [label]: bands([0, 1], SIDE, SIDE) });
        }
      for (const { split, index, kind } of faults) {
        const name = splits[split % splits.length]!;
        await plants[kind]!(at(name, 'images', index), at(name, 'masks', index)).catch(() => {});
      }
      const data = `folder:${root}`;
      const [strict, lenient] = [await outcomes(data, false), await outcomes(data, true)];
      const inspected = await inspect(data).catch((error: unknown) => error);
      if (inspected instanceof HmsaError) {
        // What cannot be opened at all is refused by every command, with the same words.
        for (const { refusal } of Object.values({ ...strict, ...lenient }))
          expect(refusal).toContain(inspected.received);
        return;
      }
      const { report } = inspected as Inspection;
      const missing = report.faults.some(({ kind }) => kind === 'missing split');
      if (report.faults.length === 0) {
        expect(strict.train!.refusal).toBeUndefined();
        expect(strict.preview!.refusal).toBeUndefined();
        if (splits.includes('val' as never)) expect(strict.evaluate!.refusal).toBeUndefined();
      }
      if (missing) expect(strict.train!.refusal).toMatch(/expected a split train/);
      // Of a name that two photographs have, which one is passed over is named, and the other may be used.
      const faulty = report.faults.filter(({ kind }) => kind !== 'missing split');
      for (const all of [strict, lenient]) {
        for (const [command, { refusal, used, said }] of Object.entries(all)) {
          for (const { kind, file, split } of faulty) {
            const path = join(root, file);
            const twin = path.replace(/masks/, 'images');
            const isAside = kind === 'ambiguous name' || kind === 'missing image';
            expect(used, `${command}: ${kind} ${file}`).not.toContain(path);
            if (!isAside) expect(used, `${command}: ${kind} ${file}`).not.toContain(twin);
            const concerned =
              command === 'train' ? ['train', 'val'] : [command === 'evaluate' ? 'val' : 'train'];
            if (refusal === undefined && split !== undefined && concerned.includes(split))
              expect(said, `${command}: ${kind}`).toMatch(new RegExp(file.replace(/.*\//, '')));
          }
        }
      }
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  });
  await fc.assert(property, { numRuns: 30, seed: 5, endOnFailure: true });
});
