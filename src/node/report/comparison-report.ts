import { z } from 'zod';
import { checkNamed, flag, type Shape } from '../../base/schema/index.js';
import {
  type CompareOptions,
  type Comparison,
  comparedWays,
  usualWay,
} from '../../evaluation/comparison/index.js';
import { scoredClasses } from '../../evaluation/index.js';
import type { Combination } from '../../model/index.js';
import { comparisonPage, type DifferingImage } from '../../report/pages/index.js';
import { safeColors } from '../../report/pictures/index.js';
import { type ComparedOn, type CompareRequest, type ComparisonHooks, compareOn } from '../jobs/index.js';
import { encoded, picturesOf } from './pictures.js';

/** A comparison and its page. */
export interface ComparisonReport {
  readonly comparison: Comparison;
  /** One HTML file, which needs neither scripts nor network. */
  readonly html: string;
}

const IMAGES = 8;
/** Pixels across a picture in the page. */
const WIDTH = 400;

/** What the page of a comparison shows. */
export interface ComparisonReportOptions {
  /** How many of the images in which the models differ most; default 8. */
  readonly images?: number;
  /** Show classes in colours that colour-blind people tell apart, in place of those of the data set. */
  readonly safeColors?: boolean;
}

const showKeys = {
  images: z.int().min(0).optional(),
  safeColors: flag,
} satisfies Shape<ComparisonReportOptions>;

/**
 * Compares models as `compare` does, and shows the images in which they differ most.
 *
 * @throws HmsaError as `compare` does
 */
export async function compareReport(
  request: CompareRequest,
  options: Omit<CompareOptions, 'signal' | 'onProgress'> = {},
  hooks: ComparisonHooks = {},
  show: ComparisonReportOptions = {},
): Promise<ComparisonReport> {
  checkNamed(showKeys, show, 'compareReport');
  const compared = await compareOn(request, options, hooks);
  const { comparison } = compared;
  const colors = show.safeColors ? safeColors(comparison.classes.length) : comparison.colors;
  const shown = { ...compared, comparison: { ...comparison, colors } };
  const differing = await differingImages(shown, options, show.images ?? IMAGES, hooks.signal);
  return { comparison, html: comparisonPage(shown.comparison, differing) };
}

async function differingImages(
  { comparison, contenders, dataset }: ComparedOn,
  { scales, maxSide }: CompareOptions,
  most: number,
  abort: AbortSignal | undefined,
): Promise<DifferingImage[]> {
  const chosen = comparison.imageDifferences.slice(0, most);
  const pictures = new Map<number, DifferingImage['pictures'][number][]>();
  for (const [number, { name, models }] of contenders.entries()) {
    if (chosen.length === 0) break;
    // Of several seeds the first one.
    const segmenter = await models[0]!();
    try {
      const ways = comparedWays(segmenter.model, scales);
      const { combine, scales: used } = ways[usualWay(ways)]!;
      const common = scoredClasses(segmenter.model.classes, dataset.classes);
      for (const { index } of chosen) {
        abort?.throwIfAborted();
        const { image, label, width, height } = await dataset.get(index);
        const photo = { data: image, width, height };
        const found = await segmenter.segment(photo, {
          scales: used,
          combine: combine as Combination,
          ...(maxSide !== undefined && { maxSide }),
          ...(abort && { signal: abort }),
        });
        const colors = { classes: comparison.colors, scales: [] };
        const shown = picturesOf({ photo, label, found }, common, colors, false)
          // The photograph and its truth are the same for all.
          .filter(({ title }) => number === 0 || title === 'prediction' || title === 'errors')
          .map((picture) =>
            picture.title === 'prediction' || picture.title === 'errors'
              ? { ...picture, title: `${name}: ${picture.title}` }
              : picture,
          );
        const own = await Promise.all(
          shown.map(async (picture) => ({ title: picture.title, ...(await encoded(picture, WIDTH)) })),
        );
        pictures.set(index, [...(pictures.get(index) ?? []), ...own]);
      }
    } finally {
      await segmenter.dispose();
    }
  }
  return chosen.map(({ index, id, meanIoU }) => ({
    id,
    scores: contenders.map(({ name }, i) => [name, meanIoU[i]!] as const),
    pictures: pictures.get(index)!,
  }));
}
