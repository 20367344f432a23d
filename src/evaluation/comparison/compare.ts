import { z } from 'zod';
import { checkArgument, HmsaError, isRecord, withFile } from '../../base/errors/index.js';
import { callback, checkNamed, type Shape, signal } from '../../base/schema/index.js';
import { readAhead } from '../../base/tasks.js';
import {
  type ClassMap,
  type CommonClasses,
  checkDataset,
  type Dataset,
  type Size,
} from '../../data/index.js';
import { leastSide } from '../../model/index.js';
import { inferenceWork, type MaxSide, type Segmenter, type Way } from '../../prediction/index.js';
import { ConfusionMatrix } from '../confusion-matrix.js';
import { scorable, scoredClasses } from '../evaluate.js';
import { imageMeanIoU } from '../metrics.js';
import { BOUNDARY_RATIO, BoundaryCounts, trueBoundary } from './boundary.js';
import {
  type ComparedImage,
  type ComparedWay,
  type Contender,
  comparedWays,
  type MeasuredContender,
  type WayScores,
  type Work,
} from './contender.js';
import { type Comparison, summarize } from './summary.js';

export interface CompareOptions {
  /** Sets of scales beside those that a model was trained on; default: those of `usualScales`. */
  readonly scales?: readonly (readonly number[])[];
  /** Frames in a block of contiguous frames. */
  readonly blockLength?: number;
  /** Width of boundaries as a share of the diagonal; default 0.005. */
  readonly boundaryRatio?: number;
  /** Images on which each way of each architecture is timed alone; default 3, 0 for none. */
  readonly timedImages?: number;
  readonly maxSide?: MaxSide;
  readonly signal?: AbortSignal;
  /** @param done images done, of all models together */
  readonly onProgress?: (done: number, total: number) => unknown;
}

const count = z.int().min(0);

/** The options by name, for whoever passes them on. */
export const compareOptionsShape = {
  scales: z.array(z.array(z.number())).optional(),
  blockLength: count.min(1).optional(),
  boundaryRatio: z.number().positive().optional(),
  timedImages: count.optional(),
  maxSide: z.union([z.number(), z.literal('none')]).optional(),
  signal,
  onProgress: callback,
} satisfies Shape<CompareOptions>;

/**
 * Compares models, each in all ways in which it can label (see {@link comparedWays}), on every image of a data set. Each scale of
 * a model is computed once for an image, whatever the number of ways that use it.
 *
 * @param blocks the block of each image, see {@link contiguousBlocks}
 * @throws HmsaError when the models and the data have no classes in common, contenders differ in their classes, or an image has no
 *   label or is too small
 */
export async function compareModels(
  contenders: readonly Contender[],
  dataset: Dataset,
  blocks: readonly number[],
  options: CompareOptions = {},
): Promise<Comparison> {
  const areContenders =
    Array.isArray(contenders) &&
    contenders.every(
      (one: unknown) => isRecord(one) && typeof one.name === 'string' && Array.isArray(one.models),
    );
  checkArgument(areContenders, 'compare', 'a list of contenders, each with name and models', contenders);
  checkDataset(dataset, 'compare');
  checkArgument(Array.isArray(blocks), 'compare, blocks', 'a list of numbers', blocks);
  checkNamed(compareOptionsShape, options, 'compare');
  checkArgument(contenders.length > 0, 'compare', 'one model or more', contenders.length);
  checkArgument(
    blocks.length === dataset.length,
    'compare, blocks',
    `${dataset.length} numbers`,
    blocks.length,
  );
  const { onProgress } = options;
  const models = contenders.reduce((sum, { models: { length } }) => sum + length, 0);
  const total = models * dataset.length;
  let done = 0;
  const tick = () => onProgress?.(++done, total);
  const timings = new Map<string, Work>();
  const measured: MeasuredContender[] = [];
  let scored: { classes: ClassMap; size: Size | undefined; compared: ComparedImage[] } | undefined;
  for (const contender of contenders) {
    const scores: WayScores[][] = [];
    let first: Pick<MeasuredContender, 'config' | 'ways' | 'work'> | undefined;
    for (const open of contender.models) {
      const segmenter = await open();
      try {
        const { config } = segmenter.model;
        const ways = first?.ways ?? comparedWays(segmenter.model, options.scales);
        if (first !== undefined) checkAlike(contender.name, first.config, config);
        const classes = scoredClasses(segmenter.model.classes, dataset.classes);
        const names = 'fromModel' in classes ? classes.classes : classes;
        checkSameClasses(contender.name, scored?.classes, names);
        const image = await measure(segmenter, ways, dataset, { classes, blocks, ...options, tick });
        scores.push(image.scores);
        scored = { classes: names, size: scored?.size ?? image.size, compared: image.compared };
        first ??= {
          config,
          ways,
          work: await workOf(segmenter, ways, image.size, image.samples, timings, options),
        };
      } finally {
        await segmenter.dispose();
      }
    }
    measured.push({ contender, ...first!, scores });
  }
  return summarize(measured, {
    classes: scored!.classes,
    blocks: Math.max(...blocks) + 1,
    images: dataset.length,
    compared: scored!.compared,
    size: scored!.size,
    boundaryRatio: options.boundaryRatio ?? BOUNDARY_RATIO,
  });
}

interface Measuring extends CompareOptions {
  readonly classes: ClassMap | CommonClasses;
  readonly blocks: readonly number[];
  tick(): unknown;
}

async function measure(
  segmenter: Segmenter,
  ways: readonly ComparedWay[],
  dataset: Dataset,
  { classes, blocks, boundaryRatio, timedImages = 3, maxSide, signal, tick }: Measuring,
) {
  const names = ('fromModel' in classes ? classes.classes : classes).names.length;
  const count = Math.max(...blocks) + 1;
  const scores = ways.map((way): WayScores => {
    const matrices = Array.from({ length: count }, () => new ConfusionMatrix(names));
    return { way, matrices, boundary: new BoundaryCounts(names), imageIoU: [] };
  });
  const asked = ways.filter((way): way is ComparedWay & Way => way.combine !== 'oracle');
  const reduction = { ...(maxSide !== undefined && { maxSide }), ...(signal && { signal }) };
  const least = leastSide(
    segmenter.model.config,
    asked.flatMap(({ scales }) => scales),
  );
  const compared: ComparedImage[] = [];
  const samples: { data: Uint8Array; width: number; height: number }[] = [];
  const indices = Array.from({ length: dataset.length }, (_, index) => index);
  const read = async (index: number) => scorable(await dataset.get(index), least);
  for await (const { index, ...result } of readAhead(indices, read)) {
    signal?.throwIfAborted();
    if (result.status !== 'fulfilled') throw result.reason;
    const { label, image: data, width, height, id } = result.value;
    const image = { data, width, height };
    compared.push({ index, id });
    if (samples.length < timedImages || samples.length === 0) samples.push(image);
    const found = await withFile(id, () =>
      segmenter.segmentWays(
        image,
        asked.map(({ scales, combine }) => ({ scales, combine })),
        reduction,
      ),
    );
    const translate = (labels: Uint8Array, table: 'fromModel' | 'fromTruth') =>
      'fromModel' in classes ? labels.map((value) => classes[table][value]!) : labels;
    const truth = translate(label, 'fromTruth');
    const boundary = trueBoundary(truth, width, height, boundaryRatio);
    const byScale = new Map<number, Uint8Array>();
    const predictions = new Map<ComparedWay, Uint8Array>();
    asked.forEach((way, i) => {
      const labels = translate(found[i]!, 'fromModel');
      predictions.set(way, labels);
      if (way.combine === 'single') byScale.set(way.scales[0]!, labels);
    });
    for (const score of scores) {
      const labels = predictions.get(score.way) ?? oracle(score.way.scales, byScale, truth);
      const matrix = new ConfusionMatrix(names);
      matrix.add(labels, truth);
      score.matrices[blocks[index]!]!.merge(matrix);
      score.imageIoU.push(imageMeanIoU(matrix));
      score.boundary.add(labels, boundary);
    }
    await tick();
  }
  return {
    scores,
    samples,
    compared,
    size: samples[0] && { width: samples[0].width, height: samples[0].height },
  };
}

/**
 * The labels of an oracle that knows at each pixel which scale is right. Where none is, it takes that of the
 * highest.
 */
export function oracle(
  scales: readonly number[],
  byScale: ReadonlyMap<number, Uint8Array>,
  truth: Uint8Array,
): Uint8Array {
  const all = scales.map((scale) => byScale.get(scale)!);
  const fallback = byScale.get(Math.max(...scales))!;
  return truth.map((label, i) => (all.some((labels) => labels[i] === label) ? label : fallback[i]!));
}

/** Multiply-adds of each way, and its seconds alone, which are measured once for each architecture. */
async function workOf(
  segmenter: Segmenter,
  ways: readonly ComparedWay[],
  size: Size | undefined,
  images: readonly { data: Uint8Array; width: number; height: number }[],
  known: Map<string, Work>,
  { timedImages = 3, maxSide, signal }: CompareOptions,
): Promise<(Work | undefined)[]> {
  const { config } = segmenter.model;
  const result: (Work | undefined)[] = [];
  for (const { combine, scales } of ways) {
    if (combine === 'oracle' || size === undefined) {
      result.push(undefined);
      continue;
    }
    // At one scale every network of an architecture does the same.
    const { attention, scales: _, ...rest } = config;
    const key = JSON.stringify([combine, scales, rest, combine === 'hierarchical' ? attention : null]);
    let work = known.get(key);
    if (work === undefined) {
      const multiplyAdds = inferenceWork(config, { combine, scales }, [size.height, size.width]);
      const times: number[] = [];
      if (timedImages > 0) {
        const options = { combine, scales, ...(maxSide !== undefined && { maxSide }) };
        // The first run opens the session.
        for (const [i, image] of [images[0]!, ...images].entries()) {
          signal?.throwIfAborted();
          const began = performance.now();
          await segmenter.segment(image, options);
          if (i > 0) times.push((performance.now() - began) / 1000);
        }
      }
      const middle = times.sort((a, b) => a - b)[times.length >> 1];
      work = { multiplyAdds, ...(middle !== undefined && { seconds: middle }) };
      known.set(key, work);
    }
    result.push(work);
  }
  return result;
}

function checkAlike(name: string, first: object, other: object): void {
  if (JSON.stringify(first) === JSON.stringify(other)) return;
  throw new HmsaError({
    operation: `compare, ${name}`,
    expected: 'models that differ only in their seed',
    received: 'models of different configurations',
    remedy: 'Give them different names: NAME=FILE.',
  });
}

function checkSameClasses(name: string, first: ClassMap | undefined, other: ClassMap): void {
  if (first === undefined || String(first.names) === String(other.names)) return;
  throw new HmsaError({
    operation: `compare, ${name}`,
    expected: `the classes in which the first model is scored: ${first.names.join(', ')}`,
    received: other.names.join(', '),
    remedy: 'Compare models of the same classes.',
  });
}
