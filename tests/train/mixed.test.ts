import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { resumeTraining, type TrainEvent, type TrainRequest, train } from '../../dist/node/index.js';
import { bands, randomPhoto, writeTree } from '../data/files.js';
import { fast, phase, smallConfig } from './tiny.js';

let folder: string;
const at = (...path: string[]) => join(folder, ...path);
const model = (run: string) => readFile(at(run, 'model.safetensors'));

/** A set of three classes, of which the other set has two, in another order. */
async function writeFurther(name: string): Promise<string> {
  await writeTree(at(name), {
    'classes.json': '{"classes": ["sky", "goat", "road"]}',
    ...Object.fromEntries(
      ['a', 'b', 'c'].flatMap((photo) => [
        [`images/${photo}.png`, randomPhoto(photo, 48, 48)],
        [`masks/${photo}.png`, bands([0, 1, 2], 48, 48)],
      ]),
    ),
  });
  return `folder:${at(name)}`;
}

const request = (further: string, changes: Partial<TrainRequest> = {}): TrainRequest => ({
  config: smallConfig({
    classUniform: 0.5,
    model: { scales: [1], attention: { name: 'none' } },
    phases: [phase('joint', 2, 4e-3)],
  }),
  data: 'synthetic:count=8,size=48x48',
  moreData: [{ data: further, share: 0.5 }],
  samplesPerEpoch: 6,
  validationSplit: 'none',
  session: fast,
  workers: 0,
  ...changes,
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-mixed-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('training on a mixture says what it takes, records all sets, and resumes bit for bit', async () => {
  const further = await writeFurther('further');
  const said: string[] = [];
  const onEvent = (event: TrainEvent) => {
    if ('what' in event) said.push(event.what);
  };
  await train(request(further), at('undisturbed'), { onEvent });
  const told = said.join('\n');
  expect(told).toMatch(
    /also training on 3 photographs, split all of folder:.*further; 3 classes \(sky, goat, road\);/,
  );
  expect(told).toMatch(
    /an epoch has 6 samples: 50\.0% of synthetic:.*, 50\.0% of folder:.*; the classes are those of synthetic/,
  );
  expect(told).toMatch(
    /folder:.*: pixels of goat are void, because the first set has no such class; it has no sidewalk/,
  );
  const controller = new AbortController();
  const first = await train(request(further, { workers: 1 }), at('halting'), {
    signal: controller.signal,
    onEvent: (event) => event.kind === 'step' && controller.abort(),
  });
  expect(first).toMatchObject({ interrupted: true, step: 1, steps: 6 });

  await cp(at('halting'), at('changed'), { recursive: true });
  await resumeTraining(at('halting'));
  expect(Buffer.compare(await model('halting'), await model('undisturbed'))).toBe(0);
  const record = JSON.parse(await readFile(at('halting', 'run.json'), 'utf8'));
  expect(record).toMatchObject({
    moreData: [{ data: further, share: 0.5 }],
    samplesPerEpoch: 6,
    images: 11,
    fingerprints: { train: expect.stringMatching(/^sha256:/) },
  });
  // The run does not go on with another label in the further set.
  await writeTree(at('further'), { 'masks/a.png': bands([2, 1, 0], 48, 48) });
  await expect(resumeTraining(at('changed'))).rejects.toThrow('the training data');
});

test('photographs that are scored are not trained on through a further set, wherever they lie', async () => {
  const photographs = (names: string[], below: string) =>
    Object.fromEntries(
      names.flatMap((name) => [
        [`${below}/${name}.png`, randomPhoto(name, 48, 48)],
        [`${below}annot/${name}.png`, bands([0, 1, 2], 48, 48)],
      ]),
    );
  await writeTree(at('first'), { ...photographs(['a', 'b'], 'train'), ...photographs(['c'], 'val') });
  await writeTree(at('leak'), photographs(['c', 'd'], 'train'));
  const leak = (changes: Partial<TrainRequest>) =>
    request(`camvid:${at('leak')}`, { data: `camvid:${at('first')}`, samplesPerEpoch: 2, ...changes });
  const { validationSplit: _, ...unnamed } = leak({});
  await expect(train(unnamed, at('refused'))).rejects.toThrow(
    /received 1 photographs of camvid:.*leak that are scored too\. Name a split without them/,
  );
});

test('sets without a class in common are refused', async () => {
  await writeTree(at('goats'), {
    'images/a.png': randomPhoto('a', 48, 48),
    'masks/a.png': bands([0, 1], 48, 48),
    'classes.json': '{"classes": ["goat", "sheep"]}',
  });
  await expect(train(request(`folder:${at('goats')}`), at('none'))).rejects.toThrow(
    /received only others: goat, sheep\. Give equal classes equal names/,
  );
  await expect(train(request('folder:x', { moreData: [] }), at('none'))).rejects.toThrow('moreData');
});
