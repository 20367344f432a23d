import { z } from 'zod';
import { callback, checkNamed, flag, signal, text } from '../../base/schema/index.js';
import type { SessionOptions } from '../../engine/runtime/index.js';
import { type EvaluateOptions, Scorer, scoredClasses } from '../../evaluation/index.js';
import {
  type AdaptivePoint,
  type AdaptiveWay,
  decodeModel,
  encodeModel,
  type Gate,
  type Model,
} from '../../model/file/index.js';
import { leastSide } from '../../model/index.js';
import { enlargedLabels, pointFor, reducedForNetwork, Segmenter } from '../../prediction/index.js';
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
  /** The file of the model, which the calibration is written into. */
  readonly model: string;
  /** Another file to write, instead of the model's own. */
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
  /** Pixels, at each scale, that are computed around what is needed; default 32. */
  readonly halo?: number;
  /**
   * `fitted`, the default: a regression on attention, entropy and margin; `margin`: a cell is in doubt unless attention times
   * the lead of its label exceeds what the finer scale can bring.
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
  readonly gates: readonly Gate[];
  /** What each threshold loses and takes; losses that no `segment` has confirmed leave out the effect of halos. */
  readonly curve: readonly AdaptivePoint[];
  /** The point that `adaptive: true` uses, as `segment` has measured it. */
  readonly chosen: AdaptivePoint;
  /** One line for each image that was left out. */
  readonly skipped: readonly string[];
}

/** Shares of doubtful cells from which on a block is computed. With the last, none is. */
const THRESHOLDS = {
  fitted: [0.0005, 0.001, 0.002, 0.004, 0.007, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 2],
  margin: [0.001, 0.01, 0.03, 0.06, 0.12, 0.2, 0.3, 0.45, 0.6, 0.8, 2],
} satisfies Record<Gate['kind'], number[]>;

const requestShape = {
  data: z.string(),
  dataOptions: z.custom<OpenOptions>((value) => typeof value === 'object' && value !== null).optional(),
  model: z.string(),
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
  halo: z.int().min(0).max(4096).optional(),
  gate: z.enum(['fitted', 'margin']).optional(),
};
const hooksShape = { signal, onData: callback, onProgress: callback };

/**
 * Measures where the higher scales of a model can be left out, and writes this into the model file, for `adaptive` of
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
  const { data, dataOptions = {}, model: source, out = source, session = {} } = request;
  const { overwrite = false } = request;
  checkNamed(openOptionsShape, dataOptions, 'calibrateModel, dataOptions');
  const { images: count = 40, loss = 0.1, halo = 32, gate = 'fitted', skipBad = false, ...choice } = options;
  const { signal: abort, onData, onProgress } = hooks;
  const { scales: wanted, combine: how, maxSide } = choice;
  const way = { ...(wanted && { scales: wanted }), ...(how && { combine: how }) };
  const { content } = await readModelFile(source);
  if (out !== source) {
    const own = 'no file that is there';
    await checkReplaceable(out, { overwrite, inputs: [], isOwn: () => false, own });
  }
  const model = decodeModel(content, source);
  const segmenterOf = (of: Model) =>
    new Segmenter(of, openSession, { memoryLimit: memoryForPredictions(), ...session });
  const exact = segmenterOf(model);
  try {
    const study = await exact.adaptiveStudy(way);
    const { scales, combine } = study;
    const opened = await openScoringData(exact, data, dataOptions, {
      ...choice,
      skipBad,
      onProgress: (done, total) => onProgress?.('Checking', done, total),
      ...(abort && { signal: abort }),
    });
    await onData?.(opened.taken, opened.warnings);
    const samples = await readSamples(opened.dataset, count);
    const least = leastSide(model.config, scales);
    const seenOf = ({ image }: LabelledImage) => reducedForNetwork(image, model.imageSize, maxSide, least);
    const each = async (
      what: string,
      list: readonly LabelledImage[],
      task: (one: LabelledImage) => unknown,
    ) => {
      for (const [i, sample] of list.entries()) {
        abort?.throwIfAborted();
        await task(sample);
        await onProgress?.(what, i + 1, list.length);
      }
    };
    const rest = {
      ...way,
      ...(maxSide !== undefined && { maxSide }),
      ...(abort && { signal: abort }),
    };
    const scorer = () => new Scorer(scoredClasses(model.classes, opened.dataset.classes));

    const fitted = samples.filter((_, i) => i % 2 === 0);
    await each('Observing', fitted, (sample) => study.observe(seenOf(sample), abort));
    const gates = study.gates(gate);
    const averages = study.averages();
    const whole = scorer();
    await each('Scoring', samples, async ({ image, label }) =>
      whole.add((await exact.segment(image, rest)).labels, label),
    );
    const full = whole.score.meanIoU;
    const found = THRESHOLDS[gate].map((threshold) => ({ threshold, scorer: scorer(), work: 0 }));
    await each('Trying thresholds', samples, async (sample) => {
      const seen = seenOf(sample);
      const tries = await study.try(
        seen,
        { halo, gates, averages, scales: [...scales] },
        THRESHOLDS[gate],
        abort,
      );
      tries.forEach(({ labels, work }, i) => {
        found[i]!.scorer.add(enlargedLabels(sample.image, seen, labels), sample.label);
        found[i]!.work += work / samples.length;
      });
    });
    const curve: AdaptivePoint[] = [
      { threshold: 0, loss: 0, work: 1 },
      ...found.map((point) => ({
        threshold: point.threshold,
        loss: 100 * (full - point.scorer.score.meanIoU),
        work: point.work,
      })),
    ];

    // The losses of the sweep leave out halos. What is chosen is confirmed by what users will run.
    let chosen = pointFor(curve, loss);
    const calibrated = () =>
      withWay(model, {
        scales: [...scales],
        combine: combine as AdaptiveWay['combine'],
        halo,
        gates,
        averages,
        curve,
        loss,
      });
    while (chosen.threshold > 0) {
      const index = curve.indexOf(chosen);
      const tried = segmenterOf(calibrated());
      const score = scorer();
      let work = 0;
      try {
        await each('Confirming', samples, async ({ image, label }) => {
          const result = await tried.segment(image, { ...rest, adaptive: loss });
          score.add(result.labels, label);
          work += result.work! / samples.length;
        });
      } finally {
        await tried.dispose();
      }
      curve[index] = { threshold: chosen.threshold, loss: 100 * (full - score.score.meanIoU), work };
      chosen = pointFor(curve, loss);
      if (chosen === curve[index]) break;
    }
    const bytes = encodeModel(calibrated(), precisionOf(content));
    await writeFileAtomic(out, bytes);
    return {
      file: out,
      scales,
      combine,
      images: samples.length,
      meanIoU: full,
      gates,
      curve,
      chosen,
      skipped: opened.leftOut,
    };
  } finally {
    await exact.dispose();
  }
}

/** The model with a calibration, in the place of one for the same scales. */
function withWay(model: Model, way: AdaptiveWay): Model {
  const others = (model.adaptive?.ways ?? []).filter(
    ({ scales, combine }) => combine !== way.combine || String(scales) !== String(way.scales),
  );
  return { ...model, adaptive: { version: 1, ways: [...others, way] } };
}

/** The precision in which a file holds its weights, so that it keeps them bit by bit. */
function precisionOf(content: Uint8Array): 'float32' | 'float16' {
  const length = Number(new DataView(content.buffer, content.byteOffset).getBigUint64(0, true));
  return new TextDecoder().decode(content.subarray(8, 8 + length)).includes('"F16"') ? 'float16' : 'float32';
}
