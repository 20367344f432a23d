import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { checkText, HmsaError, program } from '../../base/errors/index.js';
import { callback, checkNamed, flag, type Shape, signal, text } from '../../base/schema/index.js';
import { parseColor, type Rgb } from '../../data/index.js';
import {
  type ChosenImage,
  chooseImages,
  type Diagnosis,
  diagnose,
} from '../../evaluation/diagnosis/index.js';
import { scoredClasses } from '../../evaluation/index.js';
import type { Combination } from '../../model/index.js';
import { checkSegmenterOptions, type MaxSide, type SegmenterOptions } from '../../prediction/index.js';
import { safeColors } from '../../report/pictures/index.js';
import type { Report, ReportedImage, ReportedScores } from '../../report/views/index.js';
import { type OpenOptions, openOptionsShape } from '../datasets/index.js';
import { type LoadedModel, loadModel, openScoringData, type ScoringData } from '../jobs/index.js';
import type { Figure } from './figures.js';
import { encoded, picturesOf } from './pictures.js';
import { modelFacts, reportFacts, runFacts } from './provenance.js';
import { readEvaluation } from './read-evaluation.js';
import { type NodeRunRecord, readRun } from './read-run.js';

/** What to report on. */
export interface ReportRequest {
  /** The folder of a run, the JSON of an evaluation, or a model file. Default: the shipped model, which needs `data`. */
  readonly source?: string;
  /**
   * `KIND:PATH`, the data to score a model on, or `none`. Default for a run: the data that the run itself was scored on, if they
   * are still there.
   */
  readonly data?: string;
  /** Which part of the data; default: the split `val`. */
  readonly dataOptions?: OpenOptions;
  /** The most images to show; default 40. */
  readonly images?: number;
  /** Show classes in colours that colour-blind people tell apart, in place of those of the data set. */
  readonly safeColors?: boolean;
  readonly scales?: readonly number[];
  readonly combine?: Combination;
  readonly maxSide?: MaxSide;
  /** Leave out and list images that cannot be read or scored, instead of failing. */
  readonly skipBad?: boolean;
  readonly session?: SegmenterOptions;
}

export interface ReportHooks {
  readonly signal?: AbortSignal;
  /** Told what is scored, before the first image. */
  readonly onData?: (taken: string, warnings: readonly string[]) => unknown;
  readonly onChecked?: (done: number, total: number) => unknown;
  readonly onProgress?: (done: number, total: number) => unknown;
}

/** A report that is made. */
export interface MadeReport {
  /** One HTML file, which needs neither scripts nor network. */
  readonly html: string;
  /** The numbers of its scores, in the format of `hmsa evaluate --json` with more keys; undefined without scores. */
  readonly scores?: Readonly<Record<string, unknown>>;
  /** Its charts, by name. */
  readonly figures: readonly Figure[];
  /** What is not in it, and how to get it. */
  readonly leftOut: readonly { readonly section: string; readonly why: string }[];
  /** One line for each image that was left out by `skipBad`. */
  readonly skipped: readonly string[];
}

const requestKeys = {
  source: text,
  data: text,
  dataOptions: z.strictObject(openOptionsShape).optional(),
  images: z.int().min(0).max(10_000).optional(),
  safeColors: flag,
  scales: z.array(z.number()).optional(),
  combine: text,
  maxSide: z.union([z.number(), z.literal('none')]).optional(),
  skipBad: flag,
  session: z.looseObject({}).optional(),
} satisfies Shape<ReportRequest>;

const hookKeys = {
  signal,
  onData: callback,
  onChecked: callback,
  onProgress: callback,
} satisfies Shape<ReportHooks>;

const IMAGES = 40;
/** Images of which the pictures of every scale are shown: the worst ones of the set and the median one. */
const WITH_SCALES = 4;
/** Pixels across a picture in the page. */
const WIDTH = 400;

/**
 * Shows how a run went and where its model, or any model, is right and wrong, as one HTML file.
 *
 * @throws HmsaError when the source is no run, evaluation or model, or the data cannot be scored. Data that the run itself named and
 *   that are gone are no error: the report says that it lacks what needs them
 */
export async function makeReport(request: ReportRequest, hooks: ReportHooks = {}): Promise<MadeReport> {
  checkNamed(requestKeys, request, 'makeReport');
  checkNamed(hookKeys, hooks, 'makeReport');
  checkSegmenterOptions(request.session ?? {});
  const { source, data } = request;
  if (source !== undefined)
    checkText(source, 'makeReport, source', 'the path of a run, an evaluation or a model');
  const kind = await kindOf(source);
  if (kind === 'evaluation') return page(await ofEvaluation(source!, data));
  if (kind === 'run') return page(await ofRun(source!, request, hooks));
  if (data === undefined || data === 'none') {
    if (source !== undefined && !/\.safetensors$/i.test(source)) {
      throw new HmsaError({
        operation: source,
        expected: 'the folder of a training run, the JSON of an evaluation or a model file (.safetensors)',
        received: 'another file',
        remedy: 'Check the path. Of a run, name the folder and no file in it.',
      });
    }
    throw new HmsaError({
      operation: '--data',
      expected: 'KIND:PATH, the images to look at with a model',
      received: data ?? 'nothing',
      remedy: `Name the data set: ${program} report ${source ?? ''} --data camvid:data/camvid.`.replace(
        '  ',
        ' ',
      ),
    });
  }
  const scored = await score(source, data, request.dataOptions ?? {}, request, hooks);
  return page({
    title: source ?? 'the shipped model',
    ...scored,
    provenance: [...scored.provenance, ...reportFacts()],
    leftOut: [
      {
        section: 'Training',
        why: 'A model file does not say how it was trained. Report on the folder of its run instead.',
      },
    ],
  });
}

/** A report and the images that it leaves out. */
type Content = Report & {
  readonly skipped: readonly string[];
  readonly taken?: string;
  readonly model?: string;
};

/** The views load a library for plots, which no other command needs. */
async function page({ skipped, taken, model, ...report }: Content): Promise<MadeReport> {
  const { reportCharts, reportPage } = await import('../../report/views/index.js');
  return {
    html: reportPage(report),
    ...(report.scores && { scores: asJson(report.scores, model, taken) }),
    figures: reportCharts(report).map(({ name, svg }) => ({ name, svg })),
    leftOut: report.leftOut,
    skipped,
  };
}

async function kindOf(source: string | undefined): Promise<'run' | 'evaluation' | 'model'> {
  if (source === undefined) return 'model';
  const found = await stat(source).catch(() => undefined);
  if (found === undefined) {
    throw new HmsaError({
      operation: source,
      expected: 'the folder of a training run, the JSON of an evaluation or a model file',
      received: 'no such file or folder',
      remedy: 'Check the path.',
    });
  }
  if (found.isDirectory()) {
    const has = async (name: string) => (await stat(join(source, name)).catch(() => undefined)) !== undefined;
    if (await has('run.json')) return 'run';
    throw new HmsaError({
      operation: source,
      expected: 'the folder of a training run, the JSON of an evaluation or a model file',
      received: (await has('ablation.json')) ? 'the folder of an ablation' : 'a folder without run.json',
      remedy: (await has('ablation.json'))
        ? `Compare its models: ${program} report compare ${source} --data KIND:PATH.`
        : 'Name the folder that hmsa train wrote to.',
    });
  }
  if (basename(source) === 'run.json') {
    throw new HmsaError({
      operation: source,
      expected: 'the folder of a training run',
      received: 'a file in it',
      remedy: `Name the folder: ${program} report ${dirname(source)}.`,
    });
  }
  return /\.json$/i.test(source) ? 'evaluation' : 'model';
}

async function ofEvaluation(file: string, data: string | undefined): Promise<Content> {
  if (data !== undefined) {
    throw new HmsaError({
      operation: '--data',
      expected: 'no data with the JSON of an evaluation, which has its scores already',
      received: data,
      remedy: `Name the model instead of the JSON: ${program} report MODEL --data ${data}.`,
    });
  }
  const { scores, model, data: scoredOn, skipped } = await readEvaluation(file);
  const again = `${program} report ${model ?? 'MODEL'} --data KIND:PATH scores the model anew`;
  const lacks = (has: unknown, section: string, why: string) => (has === undefined ? [{ section, why }] : []);
  return {
    title: file,
    scores,
    images: [],
    imagesAreCut: false,
    provenance: [
      ['evaluation', file],
      ...(model === undefined ? [] : [['model', model] as const]),
      ...(scoredOn === undefined ? [] : [['data', scoredOn] as const]),
      ...reportFacts(),
    ],
    warnings: [],
    leftOut: [
      ...lacks(
        scores.confusion,
        'Confusion matrix',
        'This file of an earlier version lacks it. Write it again: hmsa evaluate --json.',
      ),
      ...lacks(
        scores.scaleFindings,
        'Scales and attention',
        `An evaluation has one prediction for each image; ${again}.`,
      ),
      ...lacks(
        scores.calibration,
        'Calibration',
        `An evaluation does not ask the model how sure it is; ${again}.`,
      ),
      ...lacks(scores.boundary, 'Boundary IoU', `An evaluation does not look at contours; ${again}.`),
      { section: 'Images', why: `The file has no pictures; ${again} and shows them.` },
    ],
    skipped,
  };
}

async function ofRun(folder: string, request: ReportRequest, hooks: ReportHooks): Promise<Content> {
  const { record, view, model, isAttentionTrained } = await readRun(folder);
  const { config } = record;
  const basis = {
    title: folder,
    run: view,
    images: [],
    imagesAreCut: false,
    configuration: config,
    warnings: [],
    skipped: [],
  };
  const facts = [['run', folder] as const, ...runFacts(record)];
  const without = (why: string): Content => ({
    ...basis,
    provenance: [...facts, ...reportFacts()],
    leftOut: [{ section: 'Classes, scales, confusion, calibration, images', why }],
  });
  if (request.data === 'none') return without('No data were asked for: leave out --data none.');
  if (model === undefined) return without('The run has not saved a model yet. Report again when it has.');
  const own = ownData(record);
  const data = request.data ?? own?.data;
  if (data === undefined)
    return without('The run was not scored on files. Name labelled images: --data KIND:PATH.');
  const options =
    request.data === undefined ? { ...own!.options, ...request.dataOptions } : (request.dataOptions ?? {});
  // As the run itself scores it: an attention that is not trained yet must not choose between scales.
  const [only] = config.model.scales.length === 1 ? config.model.scales : [1];
  const isAlone = !isAttentionTrained && request.scales === undefined && request.combine === undefined;
  const way = isAlone ? ({ scales: [only!], combine: 'single' } as const) : {};
  try {
    const { provenance, warnings, ...scored } = await score(
      model,
      data,
      options,
      { ...request, ...way },
      hooks,
    );
    return {
      ...basis,
      ...scored,
      warnings: [
        ...(view.finished
          ? []
          : [
              `The run is not finished: the scores are those of its model so far${isAlone && config.model.scales.length > 1 ? `, at scale ${only} alone, because its attention is not trained yet` : ''}.`,
            ]),
        ...warnings,
      ],
      provenance: [...facts, ...provenance, ...reportFacts()],
      leftOut: [],
    };
  } catch (error) {
    // Data that the user names are expected to be there; those of an old run may be gone.
    if (request.data !== undefined || !(error instanceof HmsaError)) throw error;
    return without(
      `The data on which the run was scored cannot be scored now (${error.message}). Name others: --data KIND:PATH.`,
    );
  }
}

/** The data on which a run was scored, if they are files that anybody can open. */
function ownData({ data, dataOptions, validationSplit = 'val' }: NodeRunRecord) {
  if (typeof data !== 'string' || validationSplit === 'none') return undefined;
  return { data, options: { ...dataOptions, split: validationSplit } as OpenOptions };
}

/** Scores a model on data, and makes the pictures. */
async function score(
  file: string | undefined,
  data: string,
  options: OpenOptions,
  request: ReportRequest,
  hooks: ReportHooks,
) {
  const { signal: abort, onData, onChecked, onProgress } = hooks;
  const { scales, combine, maxSide, skipBad, images: most = IMAGES } = request;
  const facts = await modelFacts(file);
  const segmenter = await loadModel(file, request.session ?? {});
  try {
    const choice = {
      ...(scales && { scales }),
      ...(combine && { combine }),
      ...(maxSide !== undefined && { maxSide }),
      ...(skipBad !== undefined && { skipBad }),
      ...(abort && { signal: abort }),
    };
    const scoring = await openScoringData(segmenter, data, options, {
      ...choice,
      ...(onChecked && { onProgress: onChecked }),
    });
    // Users' photographs cannot be among the training data of the shipped model.
    const doubts = scoring.doubt !== undefined && file !== undefined ? [scoring.doubt] : [];
    const warnings = [...doubts, ...scoring.warnings];
    await onData?.(scoring.taken, warnings);
    const diagnosis = await diagnose(segmenter, scoring.dataset, {
      ...choice,
      ...(onProgress && { onProgress }),
    });
    const chosen = chooseImages(diagnosis, most);
    const colors = request.safeColors ? safeColors(diagnosis.classes.names.length) : diagnosis.classes.colors;
    const images: ReportedImage[] = [];
    for (const [index, image] of chosen.images.entries()) {
      abort?.throwIfAborted();
      images.push(
        await shown(segmenter, scoring, diagnosis, image, colors, index < WITH_SCALES, {
          ...(maxSide !== undefined && { maxSide }),
          ...(abort && { signal: abort }),
        }),
      );
    }
    return {
      scores: scoresOf(diagnosis, colors),
      images,
      imagesAreCut: chosen.isCut,
      warnings,
      provenance: [...facts, ['data', scoring.taken] as const],
      configuration: segmenter.model.config as unknown,
      skipped: [...scoring.leftOut, ...diagnosis.skipped],
      taken: data,
      ...(file !== undefined && { model: file }),
    };
  } finally {
    await segmenter.dispose();
  }
}

async function shown(
  segmenter: LoadedModel,
  { dataset }: ScoringData,
  { scales, combine }: Diagnosis,
  { index, id, meanIoU, reasons }: ChosenImage,
  colors: readonly Rgb[],
  withScales: boolean,
  options: { readonly maxSide?: MaxSide; readonly signal?: AbortSignal },
): Promise<ReportedImage> {
  const { scaleColor } = await import('../../report/plots/index.js');
  const { image, label, width, height } = await dataset.get(index);
  const photo = { data: image, width, height };
  const found = await segmenter.segment(photo, {
    scales,
    combine,
    details: withScales,
    ...options,
  });
  const common = scoredClasses(segmenter.classes, dataset.classes);
  const ofScales = scales.map((_, i) => parseColor(scaleColor(i)));
  const pictures = picturesOf(
    { photo, label, found },
    common,
    { classes: colors, scales: ofScales },
    withScales,
  );
  return {
    id,
    meanIoU,
    reasons,
    pictures: await Promise.all(
      pictures.map(async (picture) => ({ title: picture.title, ...(await encoded(picture, WIDTH)) })),
    ),
  };
}

function scoresOf(diagnosis: Diagnosis, colors: readonly Rgb[]): ReportedScores {
  const { classes, perClass, meanIoU, meanAccuracy, pixelAccuracy, imageMeanIoU, images, scales, combine } =
    diagnosis;
  const { confusion, boundary, calibration, scaleFindings } = diagnosis;
  return {
    classes: { names: classes.names, colors },
    meanIoU,
    meanAccuracy,
    pixelAccuracy,
    imageMeanIoU,
    images,
    scales,
    combine,
    classIoU: perClass.map(({ iou }) => iou),
    classAccuracy: perClass.map(({ accuracy }) => accuracy),
    classPixels: perClass.map(({ pixels }) => pixels),
    confusion,
    boundary,
    calibration,
    scaleFindings,
  };
}

/** As `hmsa evaluate --json` writes it. */
function asJson(
  { classes, classIoU, classAccuracy, classPixels, ...rest }: ReportedScores,
  model: string | undefined,
  data: string | undefined,
): Readonly<Record<string, unknown>> {
  return {
    ...rest,
    perClass: classes.names.map((name, id) => ({
      name,
      iou: classIoU[id],
      accuracy: classAccuracy[id],
      ...(classPixels && { pixels: classPixels[id] }),
    })),
    colors: classes.colors,
    ...(model !== undefined && { model }),
    ...(data !== undefined && { data }),
  };
}
