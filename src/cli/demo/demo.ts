import { join } from 'node:path';
import type { ClassMap, Dataset } from '../../data/index.js';
import { encodeModel } from '../../model/file/index.js';
import { openDataset } from '../../node/datasets/index.js';
import { writeFileAtomic } from '../../node/files/index.js';
import {
  type FailedFile,
  listImages,
  loadModel,
  removeRun,
  type TrainEvent,
  type TrainRequest,
} from '../../node/jobs/index.js';
import { type ShippedModel, shippedModel } from '../../node/shipped-model/index.js';
import { type ComparedResult, demoPage, type Shown } from '../../report/pages/index.js';
import { presets, type TrainConfig } from '../../training/index.js';
import { compare } from './comparison.js';
import { earlierDemo, resultsFile, writeResults } from './folder.js';
import { segmentSamples } from './samples.js';
import { trainOrGoOn } from './training.js';
import { segmentUnseen } from './unseen.js';

export interface DemoOptions {
  /** Folder for everything: new, empty, or of an earlier demo, whose results are replaced. */
  readonly out: string;
  /** Image files, and folders of them, to be labelled too. */
  readonly images?: readonly string[];
  /** Label images with the shipped model and train nothing. */
  readonly fast?: boolean;
  /** The preset `demo` where left out. */
  readonly config?: TrainConfig;
  /** How the sessions of the training are opened. */
  readonly session?: TrainRequest['session'];
  /** Scenes to learn from; 240 of the size that the preset crops where left out. */
  readonly data?: string;
  /** Scenes, never seen in training, to score on; 20 where left out. */
  readonly unseen?: string;
  readonly signal?: AbortSignal;
  readonly onPart?: (part: 'segmenting' | 'training' | 'scoring') => void;
  /** After each image that is labelled, or cannot be. */
  readonly onImage?: (result: Shown | FailedFile, done: number, total: number) => void;
  /** As soon as the page shows its first pictures; it grows while the demo goes on. */
  readonly onPage?: (path: string) => void;
  readonly onEvent?: (event: TrainEvent) => void;
  readonly onScoring?: (done: number, total: number) => void;
}

export interface DemoReport {
  readonly shipped: ShippedModel;
  readonly segmented: readonly Shown[];
  readonly failed: readonly FailedFile[];
  /** Of the model trained here; empty where none was. */
  readonly results: readonly ComparedResult[];
  /** What was written, and what it is, the most telling first. */
  readonly files: readonly { readonly path: string; readonly what: string }[];
}

const TRAINING_SCENES = 'synthetic:count=240,size=256x128,seed=1';
const UNSEEN_SCENES = 'synthetic:count=20,size=256x128,seed=1';

/**
 * All of it in a few minutes. The shipped model labels rendered streets and the images given; then the three steps are
 * trained on scenes that the project renders itself, and every scale alone is compared with their combinations on
 * unseen ones. Writes pictures, `results.json`, `model.safetensors` and `index.html`, which shows them all and is there
 * from the first labelled image on.
 *
 * An abort throws its reason; a demo of the same folder then goes on where training was. After one that came to its end
 * it begins anew.
 *
 * @throws HmsaError when the folder holds other files, or the package its model no longer
 */
export async function demo(options: DemoOptions): Promise<DemoReport> {
  const { out, images = [], fast = false, signal: abort, onPart, onPage, onImage } = options;
  const given = images.length === 0 ? [] : await listImages(images);
  const earlier = await earlierDemo(out);
  if (!fast && earlier?.results !== undefined) await removeRun(runFolder(out));
  const kept =
    fast && earlier?.results !== undefined
      ? { images: earlier.images!, results: earlier.results, unseen: earlier.unseen ?? [] }
      : {};

  await onPart?.('segmenting');
  const [shipped, segmenter] = [await shippedModel(), await loadModel()];
  const { classes } = segmenter.model;
  const page = join(out, 'index.html');
  const scored = await openDataset(options.unseen ?? UNSEEN_SCENES, { split: 'val' });
  const tell = async (segmented: readonly Shown[], trained: Trained | typeof kept) => {
    await writeResults(out, { segmented, ...trained });
    const content = {
      shipped,
      classes,
      trainedClasses: scored.classes,
      segmented,
      willTrain: !fast,
      ...trained,
    };
    await writeFileAtomic(page, demoPage(content));
  };
  await writeResults(out, { segmented: [], ...kept });
  const { segmented, failed } = await segmentSamples(segmenter, given, out, {
    ...(abort && { signal: abort }),
    async onImage(result, labelled, done, total) {
      if (!('message' in result)) await tell(labelled, kept);
      if (labelled.length === 1 && labelled[0] === result) await onPage?.(page);
      await onImage?.(result, done, total);
    },
  }).finally(() => segmenter.dispose());
  const shown = [
    { path: page, what: 'all of it on one page, for a browser' },
    { path: join(out, 'scenes'), what: 'rendered streets as the shipped model sees them' },
    ...(given.length > failed.length ? [{ path: join(out, 'images'), what: 'your images likewise' }] : []),
  ];
  if (fast) return { shipped, segmented, failed, results: [], files: shown };

  const trained = await trainAndCompare(options, scored);
  await tell(segmented, trained);
  return {
    shipped,
    segmented,
    failed,
    results: trained.results,
    files: [
      ...shown,
      { path: join(out, 'unseen'), what: 'unseen scenes as the model trained here sees them' },
      { path: resultsFile(out), what: 'the table above, and what lies where' },
      { path: modelFile(out), what: 'the model trained here' },
      { path: runFolder(out), what: 'its training: losses, checkpoint, configuration' },
    ],
  };
}

const runFolder = (out: string) => join(out, 'train');
const modelFile = (out: string) => join(out, 'model.safetensors');

interface Trained {
  readonly images: number;
  readonly results: readonly ComparedResult[];
  readonly unseen: readonly Shown[];
}

/** @throws the signal's reason when it is aborted, with the training saved */
async function trainAndCompare(
  {
    out,
    config = presets.demo,
    session,
    data = TRAINING_SCENES,
    signal,
    onPart,
    onEvent,
    onScoring,
  }: DemoOptions,
  scored: Dataset & { readonly classes: ClassMap },
): Promise<Trained> {
  await onPart?.('training');
  const hooks = { ...(signal && { signal }), ...(onEvent && { onEvent }) };
  const { model } = await trainOrGoOn(
    { config, data, validationSplit: 'none', ...(session && { session }) },
    runFolder(out),
    hooks,
  );
  signal?.throwIfAborted();
  await writeFileAtomic(modelFile(out), encodeModel(model));
  await onPart?.('scoring');
  const segmenter = await loadModel(modelFile(out));
  try {
    const learned = await openDataset(data, { split: 'train' });
    const results = await compare(segmenter, learned, scored, {
      ...(signal && { signal }),
      ...(onScoring && { onProgress: onScoring }),
    });
    return { images: scored.length, results, unseen: await segmentUnseen(segmenter, scored, out) };
  } finally {
    await segmenter.dispose();
  }
}
