import { z } from 'zod';
import type { Pixels } from '../../base/pixels.js';
import type { ClassMap } from '../../data/index.js';
import type { Segmentation } from '../../prediction/index.js';
import { classShares, colorize, overlay } from '../../report/pictures/index.js';
import { encodePng } from '../images/index.js';
import type { Choices, Format } from './choices.js';
import { Problem } from './problem.js';

const side = z.int().min(1);
const share = z.number().min(0).max(1);
const color = z.tuple([z.int(), z.int(), z.int()]).describe('Red, green, blue, 0 … 255.');

/** A class of the model. */
export const classSchema = z.strictObject({
  id: z.int().min(0).max(255).describe('Train id: the value of its pixels.'),
  name: z.string(),
  color,
});

/** The answer to `POST /v1/segment?format=json`. */
export const answerSchema = z.strictObject({
  width: side.describe('Pixels of the image, with its EXIF orientation applied.'),
  height: side,
  seen: z
    .strictObject({ width: side, height: side })
    .describe('The size at which the network saw the image at scale 1.'),
  scales: z.array(z.number()).describe('The scales that were combined, highest first.'),
  combine: z.enum(['hierarchical', 'average', 'max', 'single']),
  classes: z
    .array(
      classSchema.extend({
        pixels: z.int().min(1),
        share: share.describe('Of the pixels of the image.'),
        confidence: share
          .optional()
          .describe('With `confidence=true`: the mean probability of these pixels’ labels.'),
      }),
    )
    .describe('The classes of the image, the largest first.'),
  labels: z
    .discriminatedUnion('encoding', [
      z.strictObject({
        encoding: z.literal('png'),
        data: z
          .base64()
          .describe('A PNG file of 8-bit train ids, as indices of a palette of the classes’ colours.'),
      }),
      z.strictObject({
        encoding: z.literal('runs'),
        data: z
          .array(z.int().min(0))
          .describe('Train id and number of pixels in turn, row by row from the top left.'),
      }),
    ])
    .optional()
    .describe('The label of each pixel; missing with `labels=none`.'),
  confidence: z
    .strictObject({
      mean: share,
      png: z.base64().describe('A grey PNG file: the probability of each pixel’s label, 255 for 1.'),
    })
    .optional()
    .describe('With `confidence=true`.'),
});
export type Answer = z.infer<typeof answerSchema>;

interface Labelled {
  readonly image: Pixels;
  readonly found: Segmentation;
  readonly classes: ClassMap;
  readonly scales: readonly number[];
  readonly combine: Answer['combine'];
}

/** The body of an answer. */
export async function answerOf(
  labelled: Labelled,
  choices: Choices & { readonly format: Format },
): Promise<Uint8Array> {
  const { image, found, classes } = labelled;
  const { labels, width, height } = found;
  if (choices.format === 'json')
    return new TextEncoder().encode(JSON.stringify(await jsonOf(labelled, choices)));
  if (choices.format === 'overlay')
    return encodePng(overlay(image, colorize(labels, width, height, classes)));
  return encodePng({ data: labels, width, height }, { palette: classes.colors });
}

async function jsonOf(
  { found, classes, scales, combine }: Labelled,
  { labels = 'png' }: Choices,
): Promise<Answer> {
  const { width, height, seen, confidence } = found;
  const means = confidence && meansOf(found.labels, confidence);
  return {
    width,
    height,
    seen,
    scales: [...scales],
    combine,
    classes: classShares(found.labels, classes).map((one) => ({
      ...one,
      color: [...classes.colors[one.id]!],
      ...(means && { confidence: means[one.id]! }),
    })),
    ...(labels === 'png' && {
      labels: {
        encoding: 'png',
        data: base64(await encodePng({ data: found.labels, width, height }, { palette: classes.colors })),
      },
    }),
    ...(labels === 'runs' && { labels: { encoding: 'runs', data: runsOf(found.labels) } }),
    ...(confidence && {
      confidence: {
        mean: confidence.reduce((sum, value) => sum + value, 0) / confidence.length,
        png: base64(
          await encodePng({
            data: Uint8Array.from(confidence, (value) => Math.round(255 * value)),
            width,
            height,
          }),
        ),
      },
    }),
  };
}

/** The mean confidence of each label. */
function meansOf(labels: Uint8Array, confidence: Float32Array): number[] {
  const sums = new Float64Array(256);
  const counts = new Uint32Array(256);
  for (let i = 0; i < labels.length; i++) {
    sums[labels[i]!]! += confidence[i]!;
    counts[labels[i]!]!++;
  }
  return Array.from(sums, (sum, id) => sum / counts[id]!);
}

/** More runs than this are noise, and take more bytes than a PNG file. */
const MOST_RUNS = 2 ** 20;

/** Label and length of each run, in turn. */
function runsOf(labels: Uint8Array): number[] {
  const runs: number[] = [];
  for (let from = 0; from < labels.length; ) {
    let to = from + 1;
    while (to < labels.length && labels[to] === labels[from]) to++;
    runs.push(labels[from]!, to - from);
    if (runs.length > 2 * MOST_RUNS) {
      const parts = { operation: 'labels=runs', expected: `at most ${MOST_RUNS} runs`, received: 'more' };
      throw new Problem(422, { ...parts, remedy: 'Ask for labels=png.' });
    }
    from = to;
  }
  return runs;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}
