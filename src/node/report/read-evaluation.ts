import { z } from 'zod';
import { HmsaError } from '../../base/errors/index.js';
import { parseJson } from '../../base/json.js';
import { checkSchema } from '../../base/schema/index.js';
import type { Rgb } from '../../data/index.js';
import { safeColors } from '../../report/pictures/index.js';
import type { ReportedScores } from '../../report/views/index.js';
import { readTextFile } from '../files/index.js';

/** NaN is written as null. */
const score = z
  .number()
  .nullish()
  .transform((value) => value ?? Number.NaN);
const scores = z.array(score);
const channel = z.int().min(0).max(255);
const count = z.number().min(0);

/** What `hmsa evaluate --json` and `hmsa report --json` write. Files of earlier versions have less. */
const schema = z.looseObject({
  perClass: z
    .array(z.looseObject({ name: z.string(), iou: score, accuracy: score, pixels: count.optional() }))
    .min(1),
  meanIoU: score,
  meanAccuracy: score,
  pixelAccuracy: score,
  imageMeanIoU: score,
  images: count,
  scales: z.array(z.number()).min(1),
  combine: z.string(),
  colors: z.array(z.tuple([channel, channel, channel])).optional(),
  confusion: z.array(z.array(count)).optional(),
  boundary: z.looseObject({ ratio: z.number(), meanIoU: score, classIoU: scores }).optional(),
  calibration: z
    .looseObject({
      error: score,
      bins: z.array(
        z.looseObject({
          from: z.number(),
          to: z.number(),
          pixels: count,
          confidence: score,
          accuracy: score,
        }),
      ),
    })
    .optional(),
  scaleFindings: z
    .array(
      z.looseObject({
        scale: z.number(),
        alone: z.looseObject({ meanIoU: score, classIoU: scores }),
        without: z.looseObject({ meanIoU: score, classIoU: scores }).optional(),
        share: score.optional(),
        classShare: scores.optional(),
        won: score.optional(),
        classWon: scores.optional(),
      }),
    )
    .optional(),
  model: z.string().optional(),
  data: z.string().optional(),
  skipped: z.array(z.string()).optional(),
});

export interface ReadEvaluation {
  readonly scores: ReportedScores;
  /** The model and the data, if the file names them. */
  readonly model?: string;
  readonly data?: string;
  readonly skipped: readonly string[];
}

/** An evaluation of thousands of classes takes some megabytes. */
const LIMIT = 2 ** 26;

/** @throws HmsaError that names the file and the key when it is no evaluation, or its parts differ in their classes */
export async function readEvaluation(path: string): Promise<ReadEvaluation> {
  const expected = 'the JSON of hmsa evaluate --json';
  const value = parseJson(await readTextFile(path, { expected, limit: LIMIT }), path);
  const found = checkSchema(schema, value, path);
  const { perClass, colors, confusion, boundary, calibration, scaleFindings, skipped = [] } = found;
  const classes = perClass.length;
  const lengths: [string, number | undefined][] = [
    ['colors', colors?.length],
    ['confusion', confusion?.length],
    ['boundary.classIoU', boundary?.classIoU.length],
  ];
  const wrong = lengths.find(([, length]) => length !== undefined && length !== classes);
  const isSquare = confusion?.every((row) => row.length === classes + 1) ?? true;
  if (wrong !== undefined || !isSquare) {
    throw new HmsaError({
      operation: `${path}, ${wrong?.[0] ?? 'confusion'}`,
      expected:
        wrong === undefined ? `${classes + 1} numbers in each row` : `${classes} entries, one for each class`,
      received: wrong === undefined ? 'others' : String(wrong[1]),
      remedy: 'Write the file again: hmsa evaluate --json.',
    });
  }
  const pixels = perClass.map((one) => one.pixels);
  return {
    scores: {
      classes: {
        names: perClass.map(({ name }) => name),
        colors: (colors as Rgb[] | undefined) ?? safeColors(Math.min(255, classes)),
      },
      meanIoU: found.meanIoU,
      meanAccuracy: found.meanAccuracy,
      pixelAccuracy: found.pixelAccuracy,
      ...(Number.isFinite(found.imageMeanIoU) && { imageMeanIoU: found.imageMeanIoU }),
      images: found.images,
      scales: found.scales,
      combine: found.combine,
      classIoU: perClass.map(({ iou }) => iou),
      classAccuracy: perClass.map(({ accuracy }) => accuracy),
      ...(pixels.every((one) => one !== undefined) && { classPixels: pixels }),
      ...(confusion && { confusion }),
      ...(boundary && { boundary }),
      ...(calibration && { calibration }),
      ...(scaleFindings && { scaleFindings: scaleFindings as never }),
    },
    ...(found.model !== undefined && { model: found.model }),
    ...(found.data !== undefined && { data: found.data }),
    skipped,
  };
}
