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
import { type ShippedModel, shippedModel } from '../../node/shipped-model.js';
import { type ComparedResult, demoPage, type Shown } from '../../report/pages/index.js';
import { presets, type TrainConfig } from '../../training/index.js';
import { compare } from './comparison.js';
import { earlierDemo, resultsFile, writeResults } from './folder.js';
import { segmentSamples } from './samples.js';
import { trainOrGoOn } from './training.js';
import { segmentUnseen } from './unseen.js';

export interface DemoOptions {
  /** The folder to write into: new, empty, or that of an earlier demo, whose results are replaced. */
  readonly out: string;
  /** Image files and folders of images to label in addition. */
  readonly images?: readonly string[];
  /** Label images with the shipped model, without training. */
  readonly fast?: boolean;
  /** Default: the preset `demo`. */
  readonly config?: TrainConfig;
  /** Options of the training's sessions. */
  readonly session?: TrainRequest['session'];
  /** Scenes to train on. Default: 240 of the size that the preset crops. */
  readonly data?: string;
  /** Scenes to score on, never seen in training. Default: 20. */
  readonly unseen?: string;
  readonly signal?: AbortSignal;
  readonly onPart?: (part: 'segmenting' | 'training' | 'scoring') => void;
  /** Called after each image, labelled or failed. */
  readonly onImage?: (result: Shown | FailedFile, done: number, total: number) => void;
  /** Called as soon as the page shows its first pictures. The demo adds to it later. */
  readonly onPage?: (path: string) => void;
  readonly onEvent?: (event: TrainEvent) => void;
  readonly onScoring?: (done: number, total: number) => void;
}

export interface DemoReport {
  readonly shipped: ShippedModel;
  readonly segmented: readonly Shown[];
  readonly failed: readonly FailedFile[];
  /** Scores of the model trained here; empty if none was trained. */
  readonly results: readonly ComparedResult[];
  /** The files that were written and their descriptions, the most important first. */
  readonly files: readonly { readonly path: string; readonly what: string }[];
}

const TRAINING_SCENES = 'synthetic:count=240,size=256x128,seed=1';
const UNSEEN_SCENES = 'synthetic:count=20,size=256x128,seed=1';

/**
 * The whole demo, in a few minutes. The shipped model labels rendered streets and the given images. Then the three
 * steps are trained on rendered scenes, and each scale alone is compared with the combinations on unseen scenes. Writes
 * pictures, `results.json`, `model.safetensors` and `index.html`, which shows all of them and exists from the first
 * labelled image on.
 *
 * An abort throws its reason. A demo in the same folder then resumes the training. After a finished demo it starts
 * again.
 *
 * @throws HmsaError when the folder holds other files, or the package lacks its model
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
    { path: page, what: 'everything on one page, for a browser' },
    { path: join(out, 'scenes'), what: 'rendered streets as the shipped model sees them' },
    ...(given.length > failed.length
      ? [{ path: join(out, 'images'), what: 'your images as the shipped model sees them' }]
      : []),
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
      { path: resultsFile(out), what: 'the table above, and the list of pictures' },
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

/** @throws the reason of the signal when it is aborted; the training is saved then */
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
