import { z } from 'zod';
import { HmsaError, withFile } from '../base/errors/index.js';
import { callback, checkNamed, flag, type Shape, signal, text } from '../base/schema/index.js';
import { readAhead } from '../base/tasks.js';
import {
  type ClassMap,
  checkDataset,
  commonClasses,
  type Dataset,
  type Sample,
  type Size,
} from '../data/index.js';
import { type Combination, leastSide } from '../model/index.js';
import { checkSegmenter, type MaxSide, type Segmenter } from '../prediction/index.js';
import { type Score, Scorer } from './scorer.js';

export interface EvaluateOptions {
  /** Default: the scales of the model. */
  readonly scales?: readonly number[];
  /** Default `hierarchical`. */
  readonly combine?: Combination;
  /** See `adaptive` of SegmentOptions. */
  readonly adaptive?: boolean | number;
  /** See `maxSide` of SegmentOptions. Images are still scored at their own size. */
  readonly maxSide?: MaxSide;
  /** List images that cannot be read or scored and leave them out, instead of failing. */
  readonly skipBad?: boolean;
  readonly signal?: AbortSignal;
  /** Awaited after each image. */
  readonly onProgress?: (done: number, total: number) => unknown;
}

const shape = {
  scales: z.array(z.number()).optional(),
  combine: text,
  adaptive: z.union([z.boolean(), z.number().min(0).max(100)]).optional(),
  maxSide: z.union([z.number(), z.literal('none')]).optional(),
  skipBad: flag,
  signal,
  onProgress: callback,
} satisfies Shape<EvaluateOptions>;

/** @throws HmsaError that names the option */
export function checkEvaluateOptions(options: EvaluateOptions): void {
  checkNamed(shape, options, 'evaluate');
}

/** The result of an evaluation; fractions 0 … 1. */
export interface Evaluation extends Score {
  readonly scales: readonly number[];
  readonly combine: Combination;
  /**
   * How larger images were reduced for the network: to the area of this size, that of the training photographs, or to
   * this number of pixels on the longer side; null if none was reduced.
   */
  readonly reducedTo: Size | number | null;
  /** Number of images that were reduced. */
  readonly reducedImages: number;
  /** With `adaptive`: the multiply-adds of the network, as a share of those of all scales; the mean of the images. */
  readonly work?: number;
  /** One line for each image that was left out. It names the file. */
  readonly skipped: readonly string[];
  /** From the first image to the last, including reading. */
  readonly seconds: number;
}

/**
 * Scores a model on every labelled image of a data set, each at its own size and in the classes that both have in
 * common (see {@link commonClasses}). Images larger than the training photographs of the model are reduced for the
 * network. The next image is read while the current one is computed.
 *
 * @throws HmsaError when the classes have nothing in common, an image has no label or is too small, or a file cannot be
 *   read
 */
export async function evaluate(
  segmenter: Segmenter,
  dataset: Dataset,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  checkSegmenter(segmenter, 'evaluate');
  checkDataset(dataset, 'evaluate');
  checkEvaluateOptions(options);
  const { combine = 'hierarchical', skipBad = false, signal: abort, onProgress, maxSide, ...rest } = options;
  const { adaptive } = rest;
  const scorer = new Scorer(scoredClasses(segmenter.model.classes, dataset.classes));
  const { scales } = await segmenter.prepare({ ...rest, combine });
  const how = { ...(maxSide !== undefined && { maxSide }), ...(adaptive !== undefined && { adaptive }) };
  let reducedImages = 0;
  let work = 0;
  const skipped: string[] = [];
  const started = performance.now();
  const indices = Array.from({ length: dataset.length }, (_, index) => index);
  const least = leastSide(segmenter.model.config, scales);
  const read = async (index: number) => scorable(await dataset.get(index), least);
  for await (const { index, ...result } of readAhead(indices, read)) {
    abort?.throwIfAborted();
    if (result.status === 'fulfilled') {
      const { label, image: data, width, height, id } = result.value;
      const image = { data, width, height };
      const {
        labels,
        seen,
        work: own,
      } = await withFile(id, () => segmenter.segment(image, { scales, combine, ...how }));
      if (seen.width < width || seen.height < height) reducedImages++;
      work += own ?? 0;
      scorer.add(labels, label);
    } else {
      if (!skipBad || !(result.reason instanceof HmsaError)) throw result.reason;
      skipped.push(result.reason.message);
    }
    await onProgress?.(index + 1, dataset.length);
  }
  return {
    ...scorer.score,
    scales,
    combine,
    reducedTo: maxSide === 'none' ? null : (maxSide ?? segmenter.model.imageSize ?? null),
    reducedImages,
    ...(adaptive !== undefined && adaptive !== false && { work: work / scorer.score.images }),
    skipped,
    seconds: (performance.now() - started) / 1000,
  };
}

/** @throws HmsaError when model and data have no classes in common */
export function scoredClasses(model: ClassMap, truth: ClassMap) {
  return hasClassesOf(model, truth) ? truth : commonClasses(model, truth);
}

/** Whether a model has the classes of a set in the same order, so that it may have been trained on the set. */
export function hasClassesOf(model: ClassMap, truth: ClassMap): boolean {
  return model.names.length === truth.names.length && model.names.every((name, i) => name === truth.names[i]);
}

/** @throws HmsaError that names the image when it has no label or is too small for the model */
export function scorable(sample: Sample, least: number): Sample & { readonly label: Uint8Array } {
  const { label, id, width, height } = sample;
  const fail = (expected: string, received: string, remedy: string): never => {
    throw new HmsaError({ operation: id, expected, received, remedy });
  };
  if (label === undefined) return fail('a label map to score against', 'none', 'Evaluate a labelled split.');
  if (Math.min(width, height) < least) {
    const expected = `an image of at least ${least}×${least} pixels`;
    return fail(expected, `${width}×${height}`, 'Enlarge it, or leave out scales below 1 if there are any.');
  }
  return { ...sample, label };
}
