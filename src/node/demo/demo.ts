import { join } from 'node:path';
import type { Dataset } from '../../data/index.js';
import type { Segmenter } from '../../predict/index.js';
import { presets, type TrainConfig } from '../../train/index.js';
import { openDataset } from '../datasets/index.js';
import { writeFileAtomic, writeJsonAtomic } from '../files/index.js';
import { encodePng } from '../images/index.js';
import { loadModel, type TrainEvent, train } from '../jobs/index.js';
import { type ComparedResult, compare } from './comparison.js';
import { comparisonPicture } from './picture.js';

export interface DemoOptions {
  /** Folder for everything; it may not hold an earlier demo. */
  readonly out: string;
  /** The preset `demo` where left out. */
  readonly config?: TrainConfig;
  /** Scenes to learn from; 240 of the size that the preset crops where left out. */
  readonly data?: string;
  /** Scenes, never seen in training, to score on; 20 where left out. */
  readonly unseen?: string;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainEvent) => void;
  readonly onScoring?: (done: number, total: number) => void;
}

export interface DemoReport {
  readonly results: readonly ComparedResult[];
  /** Everything that was written, most interesting first. */
  readonly files: readonly string[];
  readonly interrupted: boolean;
}

const TRAINING_SCENES = 'synthetic:count=240,size=256x128,seed=1';
const UNSEEN_SCENES = 'synthetic:count=20,size=256x128,seed=1';

/** Unseen scenes that a picture is made of. */
const PICTURES = 4;

/**
 * The main job on scenes that the project renders itself: trains the three steps, compares every scale alone with their
 * combinations on unseen scenes, and writes pictures, `results.json` and `model.safetensors`.
 */
export async function demo(options: DemoOptions): Promise<DemoReport> {
  const { out, config = presets.demo, signal, onEvent, onScoring } = options;
  const { data = TRAINING_SCENES, unseen = UNSEEN_SCENES } = options;
  const folder = join(out, 'train');
  const hooks = { ...(signal && { signal }), ...(onEvent && { onEvent }) };
  const trained = await train({ config, data, validationSplit: 'none' }, folder, hooks);
  if (trained.interrupted) return { results: [], files: [folder], interrupted: true };
  const [learned, scored] = [
    await openDataset(data, { split: 'train' }),
    await openDataset(unseen, { split: 'val' }),
  ];
  const segmenter = await loadModel(trained.file);
  try {
    const results = await compare(segmenter, learned, scored, {
      ...(signal && { signal }),
      ...(onScoring && { onProgress: onScoring }),
    });
    const pictures = await writePictures(segmenter, scored, out);
    const resultFile = join(out, 'results.json');
    await writeJsonAtomic(resultFile, { images: scored.length, results });
    return { results, files: [...pictures, resultFile, trained.file], interrupted: false };
  } finally {
    await segmenter.dispose();
  }
}

async function writePictures(segmenter: Segmenter, scenes: Dataset, out: string): Promise<string[]> {
  const files: string[] = [];
  for (let i = 0; i < Math.min(PICTURES, scenes.length); i++) {
    const file = join(out, `scene-${i + 1}.png`);
    await writeFileAtomic(file, await encodePng(await comparisonPicture(segmenter, await scenes.get(i))));
    files.push(file);
  }
  return files;
}
