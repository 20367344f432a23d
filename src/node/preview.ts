import { join } from 'node:path';
import { z } from 'zod';
import { checkText } from '../base/errors/index.js';
import { checkNamed, flag, type Shape, signal } from '../base/schema/index.js';
import {
  type AssessOptions,
  defaultSplits,
  openDefaultTraining,
  type TakenData,
  takenData,
} from '../data/assessment/index.js';
import { type AugmentConfig, augmentPresets } from '../data/augmentation/index.js';
import {
  type ClassMap,
  checkDataset,
  classesWithoutPlaces,
  type Dataset,
  type SamplingMode,
  type Size,
} from '../data/index.js';
import { colorize } from '../report/pictures/index.js';
import type { TrainEvent } from '../training/run/index.js';
import { assess, assessOptionsShape, openSource } from './assess.js';
import { type OpenOptions, openOptionsShape } from './datasets/index.js';
import { writeFileAtomic } from './files/index.js';
import { encodePng } from './images/index.js';
import { type MoreRequest, mixed, moreShape, openMoreData } from './jobs/index.js';
import { type LoadedBatch, openLoader, type SkippedSample } from './loader/index.js';

/** The names of the augmentation presets. */
export type AugmentPresetName = keyof typeof augmentPresets;
export const augmentPresetNames = Object.keys(augmentPresets) as AugmentPresetName[];

export interface PreviewOptions {
  readonly preset: AugmentPresetName;
  /** Size of the crops. Default: the size of the first sample, at most 512×256. */
  readonly crop?: Size;
  /** Number of samples to show. */
  readonly count: number;
  readonly sampling: SamplingMode;
  readonly seed: number;
  readonly skipBad?: boolean;
  readonly signal?: AbortSignal;
}

const shape = {
  preset: z.enum(augmentPresetNames),
  crop: z.object({ width: z.int().min(1), height: z.int().min(1) }).optional(),
  count: z.int().min(1),
  sampling: z.enum(['sequential', 'shuffled', 'class-uniform']),
  seed: z.int(),
  skipBad: flag,
  signal,
} satisfies Shape<PreviewOptions>;

/** The content of one augmented sample. */
export interface PreviewedSample {
  readonly id: string;
  readonly sheet: string;
  /** Names of the classes in the crop, the largest first. */
  readonly classes: readonly string[];
}

const ROWS = 4;
const COLUMNS = 3;
const GAP = 4;

/** The content of a preview. */
export interface Preview {
  readonly samples: readonly PreviewedSample[];
  readonly skipped: readonly SkippedSample[];
  readonly crop: Size;
  /** Names of classes that occur nowhere, so that class-uniform sampling cannot choose them. */
  readonly absent: readonly string[];
}

/**
 * Writes what training would see: sheets `preview-01.png`, … of augmented samples, one below the other, each as
 * photograph, coloured labels, and both blended.
 *
 * @returns the samples on the sheets, and those that were skipped
 * @throws HmsaError when an option does not fit, a photograph cannot be read or a sheet cannot be written
 */
export async function writePreview(
  dataset: Dataset,
  folder: string,
  options: PreviewOptions,
): Promise<Preview> {
  checkDataset(dataset, 'writePreview');
  checkText(folder, 'writePreview', 'the path of a folder');
  checkNamed(shape, options, 'writePreview');
  const { preset, count, sampling, seed, skipBad = false, signal: abort } = options;
  abort?.throwIfAborted();
  const crop = options.crop ?? (await defaultCrop(dataset));
  const augment: AugmentConfig = augmentPresets[preset](crop);
  const loader = await openLoader(dataset, {
    batchSize: 1,
    seed,
    augment,
    sampling,
    skipBad,
    ...(abort && { signal: abort }),
  });
  try {
    const samples: PreviewedSample[] = [];
    let rows: LoadedBatch[] = [];
    for await (const batch of loader.stream({ to: count })) {
      rows.push(batch);
      if (rows.length < ROWS && samples.length + rows.length < count) continue;
      const sheet = join(
        folder,
        `preview-${String(Math.floor(samples.length / ROWS) + 1).padStart(2, '0')}.png`,
      );
      await writeFileAtomic(sheet, await encodeSheet(rows, dataset.classes));
      samples.push(
        ...rows.map((row) => ({ id: row.ids[0]!, sheet, classes: classesIn(row, dataset.classes) })),
      );
      rows = [];
    }
    const absent = loader.classIndex === undefined ? [] : classesWithoutPlaces(loader.classIndex);
    return {
      samples,
      skipped: loader.report.skipped,
      crop,
      absent: absent.map((id) => dataset.classes.names[id]!),
    };
  } finally {
    await loader.close();
  }
}

async function defaultCrop(dataset: Dataset): Promise<Size> {
  const { width, height } = await dataset.get(0);
  return { width: Math.min(width, 512), height: Math.min(height, 256) };
}

async function encodeSheet(rows: readonly LoadedBatch[], classes: ClassMap): Promise<Uint8Array> {
  const [, rowHeight, rowWidth] = rows[0]!.size;
  const width = COLUMNS * (rowWidth + GAP) - GAP;
  const height = rows.length * (rowHeight + GAP) - GAP;
  const sheet = new Uint8Array(width * height * 3).fill(255);
  for (const [row, { images, labels }] of rows.entries()) {
    const colors = colorize(labels, rowWidth, rowHeight, classes).data;
    const blended = images.map((value, k) => (value + colors[k]!) >> 1);
    for (const [column, picture] of [images, colors, blended].entries()) {
      for (let y = 0; y < rowHeight; y++) {
        const at = ((row * (rowHeight + GAP) + y) * width + column * (rowWidth + GAP)) * 3;
        sheet.set(picture.subarray(y * rowWidth * 3, (y + 1) * rowWidth * 3), at);
      }
    }
  }
  return encodePng({ data: sheet, width, height });
}

function classesIn({ labels }: LoadedBatch, { names }: ClassMap): string[] {
  const counts = new Uint32Array(256);
  for (const id of labels) counts[id]!++;
  return names
    .map((name, id) => ({ name, count: counts[id]! }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count)
    .map(({ name }) => name);
}

/** Options of {@link openPreviewData}. */
export interface PreviewDataOptions
  extends AssessOptions,
    Pick<MoreRequest, 'moreData' | 'samplesPerEpoch'> {}

/** What training would use of a data set. */
export type PreviewData = TakenData;

/**
 * Opens a split, and further sets, and checks them as training does. Default: `train`.
 *
 * @throws HmsaError as training does
 */
export async function openPreviewData(
  data: string,
  open: OpenOptions,
  options: PreviewDataOptions = {},
): Promise<PreviewData> {
  checkNamed(openOptionsShape, open, 'openPreviewData');
  checkNamed({ ...assessOptionsShape, ...moreShape }, options, 'openPreviewData');
  const { moreData, samplesPerEpoch, ...assessing } = options;
  const source = await openSource(data, open);
  if (open.split === undefined) await openDefaultTraining(source);
  // Crops of small photographs are padded.
  const use = { for: 'training', leastSide: 1 } as const;
  const assessed = await assess(source, open.split ?? defaultSplits.training, use, assessing);
  const first = takenData('showing crops of', source, assessed);
  if (moreData === undefined) return first;
  const { skipBad = false, signal } = assessing;
  const taken = [first.taken];
  const warnings = [...first.warnings];
  const tell = (event: TrainEvent) => {
    if (event.kind === 'preparing') taken.push(event.what);
    if (event.kind === 'warning') warnings.push(event.what);
  };
  const request = { moreData, skipBad, ...(samplesPerEpoch !== undefined && { samplesPerEpoch }) };
  const leftOut = [...first.leftOut];
  const others: Parameters<typeof mixed>[1][number][] = [];
  for (const { name, share, check } of await openMoreData(request, source.classes, tell)) {
    const checked = await check(signal);
    leftOut.push(...checked.leftOut);
    others.push({ name, share, dataset: checked.dataset });
  }
  const dataset = mixed({ name: data, dataset: first.dataset }, others, request, tell);
  return { dataset, taken: taken.join('\n'), warnings, leftOut };
}
