import { basename, extname } from 'node:path';
import { z } from 'zod';
import { callback, checkNamed, flag, signal, text } from '../../base/schema/index.js';
import type { SessionOptions } from '../../engine/runtime/index.js';
import { type EvaluateOptions, Scorer, scoredClasses } from '../../evaluation/index.js';
import {
  ADAPTIVE_VERSION,
  type AdaptivePoint,
  type AdaptiveWay,
  decodeModel,
  encodeModel,
  type Gate,
  type Model,
} from '../../model/file/index.js';
import { leastSide } from '../../model/index.js';
import {
  type AdaptiveTruth,
  enlargedLabels,
  pointFor,
  reducedForNetwork,
  Segmenter,
} from '../../prediction/index.js';
import { type OpenOptions, openOptionsShape } from '../datasets/index.js';
import { checkReplaceable, writeFileAtomic } from '../files/index.js';
import { openSession } from '../session/index.js';
import { memoryForPredictions, readModelFile } from './load-model.js';
import { type LabelledImage, readSamples } from './quantize/measure.js';
import { openScoringData } from './scoring-data.js';

/** What {@link calibrateModel} works on. */
export interface CalibrateRequest {
  /** `KIND:PATH`, labelled. */
  readonly data: string;
  /** The split of the calibration images is `split`; default `val`. */
  readonly dataOptions?: OpenOptions;
  /** The file of the model, which the calibration is written into. Default: the shipped model, of which a copy is written. */
  readonly model?: string;
  /**
   * Another file to write, instead of the model's own. Default for the shipped model: its name with the ending
   * `.calibrated.safetensors`, in the current folder.
   */
  readonly out?: string;
  /** Whether to replace a file that is in the place of `out`. */
  readonly overwrite?: boolean;
  readonly session?: Pick<SessionOptions, 'threads' | 'device'>;
}

/** Options of {@link calibrateModel}. */
export interface CalibrateOptions
  extends Pick<EvaluateOptions, 'scales' | 'combine' | 'maxSide' | 'skipBad'> {
  /** Points of mean IoU that may be lost; default 0.1. */
  readonly loss?: number;
  /** Calibration images; default 40. Half of them fit the gates, and all choose the threshold. */
  readonly images?: number;
  /** The side, in pixels at the highest scale, of the blocks that are computed or left out; default 32. */
  readonly block?: number;
  /**
   * `fitted`, the default: a regression on attention, entropy and margin, times what a change is worth to the mean IoU; `margin`:
   * a cell is in doubt unless attention times the lead of its label exceeds what the highest scale can bring.
   */
  readonly gate?: Gate['kind'];
}

/** Callbacks of {@link calibrateModel}. */
export interface CalibrateHooks {
  readonly signal?: AbortSignal;
  readonly onData?: (taken: string, warnings: readonly string[]) => unknown;
  readonly onProgress?: (what: string, done: number, total: number) => unknown;
}

/** What {@link calibrateModel} has found and written. */
export interface CalibrateReport {
  readonly file: string;
  readonly scales: readonly number[];
  readonly combine: string;
  readonly images: number;
  /** Mean IoU of the calibration images with all scales everywhere, 0 … 1. */
  readonly meanIoU: number;
  readonly gate: Gate;
  /** What each threshold loses and takes. */
  readonly curve: readonly AdaptivePoint[];
  /** The point that `adaptive: true` uses. */
  readonly chosen: AdaptivePoint;
  /** One line for each image that was left out. */
  readonly skipped: readonly string[];
}

const requestShape = {
  data: z.string(),
  dataOptions: z.custom<OpenOptions>((value) => typeof value === 'object' && value !== null).optional(),
  model: text,
  out: text,
  overwrite: flag,
  session: z.object({ threads: z.int().min(1).optional(), device: text }).optional(),
};
const optionsShape = {
  scales: z.array(z.number()).optional(),
  combine: text,
  maxSide: z.union([z.number(), z.literal('none')]).optional(),
  skipBad: flag,
  loss: z.number().min(0).max(100).optional(),
  images: z.int().min(1).max(1000).optional(),
  block: z.int().min(8).max(4096).optional(),
  gate: z.enum(['fitted', 'margin']).optional(),
};
const hooksShape = { signal, onData: callback, onProgress: callback };

/**
 * Measures where the highest scale of a model can be left out, and writes this into the model file, for `adaptive` of
 * `segment`. Other calibrations in the file, for other scales, stay.
 *
 * @throws HmsaError when the scales are fewer than two or the data do not fit the model
 */
export async function calibrateModel(
  request: CalibrateRequest,
  options: CalibrateOptions = {},
  hooks: CalibrateHooks = {},
): Promise<CalibrateReport> {
  checkNamed(requestShape, request, 'calibrateModel');
  checkNamed(optionsShape, options, 'calibrateModel, options');
  checkNamed(hooksShape, hooks, 'calibrateModel, hooks');
  const { data, dataOptions = {}, session = {}, overwrite = false } = request;
  checkNamed(openOptionsShape, dataOptions, 'calibrateModel, dataOptions');
  const { images: count = 40, loss = 0.1, block = 32, gate: kind = 'fitted' } = options;
  const { scales: wanted, combine: how, maxSide, skipBad = false } = options;
  const { signal: abort, onData, onProgress } = hooks;
  const way = { ...(wanted && { scales: wanted }), ...(how && { combine: how }) };
  const { file: source, content } = await readModelFile(request.model);
  const out = request.out ?? request.model ?? `${basename(source, extname(source))}.calibrated.safetensors`;
  if (out !== request.model) {
    const own = 'no file that is there';
    await checkReplaceable(out, { overwrite, inputs: [source], isOwn: () => false, own });
  }
  const model = decodeModel(content, source);
  const segmenter = new Segmenter(model, openSession, { memoryLimit: memoryForPredictions(), ...session });
  try {
    const study = await segmenter.adaptiveStudy(way);
    const { scales, combine } = study;
    const reduction = { ...(maxSide !== undefined && { maxSide }), ...(abort && { signal: abort }) };
    const opened = await openScoringData(segmenter, data, dataOptions, {
      ...way,
      ...reduction,
      skipBad,
      onProgress: (done, total) => onProgress?.('Checking', done, total),
    });
    await onData?.(opened.taken, opened.warnings);
    const samples = await readSamples(opened.dataset, count);
    const least = leastSide(model.config, scales);
    const seenOf = ({ image }: LabelledImage) => reducedForNetwork(image, model.imageSize, maxSide, least);
    const each = async (
      what: string,
      list: readonly LabelledImage[],
      task: (one: LabelledImage) => Promise<unknown>,
    ) => {
      for (const [i, sample] of list.entries()) {
        abort?.throwIfAborted();
        await task(sample);
        await onProgress?.(what, i + 1, list.length);
      }
    };
    const classes = scoredClasses(model.classes, opened.dataset.classes);
    const truthOf = truthIn(classes);

    const observed = samples.filter((_, i) => i % 2 === 0);
    await each('Observing', observed, (sample) => study.observe(seenOf(sample), truthOf(sample), abort));
    const measured = { block, gate: study.gate(kind) };
    const whole = new Scorer(classes);
    const found = study.thresholds(measured).map((threshold) => ({
      threshold,
      scorer: new Scorer(classes),
      work: 0,
    }));
    await each('Trying thresholds', samples, async (sample) => {
      const { image, label } = sample;
      whole.add((await segmenter.segment(image, { ...way, ...reduction })).labels, label);
      const seen = seenOf(sample);
      const tries = await study.try(
        seen,
        measured,
        found.map(({ threshold }) => threshold),
        abort,
      );
      tries.forEach(({ labels, work }, i) => {
        found[i]!.scorer.add(enlargedLabels(image, seen, labels), label);
        found[i]!.work += work / samples.length;
      });
    });
    const full = whole.score.meanIoU;
    const curve: AdaptivePoint[] = [
      { threshold: 0, loss: 0, work: 1 },
      ...found.map(({ threshold, work, scorer }) => ({
        threshold,
        loss: 100 * (full - scorer.score.meanIoU),
        work,
      })),
    ];
    const calibrated = withWay(model, {
      ...measured,
      scales: [...scales],
      combine: combine as AdaptiveWay['combine'],
      curve,
      loss,
    });
    await writeFileAtomic(out, encodeModel(calibrated, precisionOf(content)));
    return {
      file: out,
      scales,
      combine,
      images: samples.length,
      meanIoU: full,
      gate: measured.gate,
      curve,
      chosen: pointFor(curve, loss),
      skipped: opened.leftOut,
    };
  } finally {
    await segmenter.dispose();
  }
}

/** The truth of samples, with the tables that take the classes of model and data to those that are scored. */
function truthIn(classes: ReturnType<typeof scoredClasses>): (sample: LabelledImage) => AdaptiveTruth {
  const same = Uint8Array.from({ length: 256 }, (_, i) => i);
  const tables =
    'fromModel' in classes
      ? { ...classes, classes: classes.classes.names.length }
      : { classes: classes.names.length, fromModel: same, fromTruth: same };
  return ({ image: { width, height }, label }) => ({ width, height, labels: label, ...tables });
}

/** The model with a calibration, in the place of one for the same scales. */
function withWay(model: Model, way: AdaptiveWay): Model {
  const others = (model.adaptive?.ways ?? []).filter(
    ({ scales, combine }) => combine !== way.combine || String(scales) !== String(way.scales),
  );
  return { ...model, adaptive: { version: ADAPTIVE_VERSION, ways: [...others, way] } };
}

/** The precision in which a file holds its weights, so that it keeps them bit by bit. */
function precisionOf(content: Uint8Array): 'float32' | 'float16' {
  const length = Number(new DataView(content.buffer, content.byteOffset).getBigUint64(0, true));
  return new TextDecoder().decode(content.subarray(8, 8 + length)).includes('"F16"') ? 'float16' : 'float32';
}
