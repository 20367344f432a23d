import { createHash } from 'node:crypto';
import { basename, dirname, extname, join } from 'node:path';
import { z } from 'zod';
import { HmsaError } from '../../../base/errors/index.js';
import { callback, checkNamed, flag, signal, text } from '../../../base/schema/index.js';
import type { SessionOptions } from '../../../engine/runtime/index.js';
import { type EvaluateOptions, type Evaluation, evaluate } from '../../../evaluation/index.js';
import { decodeModel, encodeModel, type Model } from '../../../model/file/index.js';
import { checkedScales, leastSide } from '../../../model/index.js';
import { reducedForNetwork, Segmenter } from '../../../prediction/index.js';
import { quantizedModel } from '../../../prediction/quantization/index.js';
import { type OpenOptions, openOptionsShape } from '../../datasets/index.js';
import { checkReplaceable, makeFolder, writeFileAtomic } from '../../files/index.js';
import { openSession } from '../../session/index.js';
import { memoryForPredictions, readModelFile } from '../load-model.js';
import { openScoringData } from '../scoring-data.js';
import { type ChosenPlan, choosePlan } from './choose-plan.js';
import { meanIoU, readSamples, type Timing, timed, type Way } from './measure.js';

/** What {@link quantizeModel} works on. */
export interface QuantizeRequest {
  /** `KIND:PATH`, labelled. */
  readonly data: string;
  /** The split to score on is `split`; default `val`. */
  readonly dataOptions?: OpenOptions;
  /** The split whose images calibrate; default `train`. */
  readonly calibrateOn?: string;
  /** Default: the shipped model. */
  readonly model?: string;
  /** Default: the name of the model with the ending `.int8.safetensors`, beside it, or here for the shipped model. */
  readonly out?: string;
  /** Whether to replace a file that is no quantised model. */
  readonly overwrite?: boolean;
  readonly session?: Pick<SessionOptions, 'threads'>;
}

/** Options of {@link quantizeModel}. */
export interface QuantizeOptions extends Pick<EvaluateOptions, 'scales' | 'combine' | 'maxSide' | 'skipBad'> {
  /** Calibration images; default 24. */
  readonly images?: number;
  /** Points of mean IoU that may be lost on the calibration images before layers are kept float; default 0.3. */
  readonly aim?: number;
  /** Points of mean IoU that may be lost on the scored images; a model that loses more is not written. Default 1. */
  readonly allowLoss?: number;
}

/** Callbacks of {@link quantizeModel}. */
export interface QuantizeHooks {
  readonly signal?: AbortSignal;
  /** A line that says what data are used, and warnings about them. */
  readonly onData?: (taken: string, warnings: readonly string[]) => unknown;
  readonly onProgress?: (what: string, done: number, total: number) => unknown;
}

/** IoU of a class, 0 … 1, and the points that it loses. */
export interface ClassLoss {
  readonly name: string;
  readonly float: number;
  readonly quantized: number;
  readonly lost: number;
}

/** What {@link quantizeModel} has found and written. */
export interface QuantizeReport extends Pick<ChosenPlan, 'rule' | 'ruleErrors' | 'float'>, Timing {
  /** Missing if the model loses too much. */
  readonly file?: string;
  readonly sha256?: string;
  readonly bytes: number;
  readonly model: { readonly file: string; readonly sha256: string; readonly bytes: number };
  readonly calibrationImages: number;
  /** Points of mean IoU lost on them. */
  readonly calibrationLoss: number;
  readonly quantizedLayers: number;
  /** Scored images. */
  readonly images: number;
  readonly scales: readonly number[];
  readonly meanIoU: { readonly float: number; readonly quantized: number; readonly lost: number };
  readonly perClass: readonly ClassLoss[];
  /** One line for each image that was left out. */
  readonly skipped: readonly string[];
}

const requestShape = {
  data: z.string(),
  dataOptions: z.custom<OpenOptions>((value) => typeof value === 'object' && value !== null).optional(),
  calibrateOn: text,
  model: text,
  out: text,
  overwrite: flag,
  session: z.object({ threads: z.int().min(1).optional() }).optional(),
};
const optionsShape = {
  scales: z.array(z.number()).optional(),
  combine: text,
  maxSide: z.union([z.number(), z.literal('none')]).optional(),
  skipBad: flag,
  images: z.int().min(1).max(1000).optional(),
  aim: z.number().min(0).max(100).optional(),
  allowLoss: z.number().min(0).max(100).optional(),
};
const hooksShape = { signal, onData: callback, onProgress: callback };

/**
 * Quantises a model for the CPU: computes as many of its convolutions with integers of 8 bits as its accuracy allows, and
 * writes a model file that every command takes. Ranges come from calibration images; what stays float is measured on them;
 * both models are then scored on another split.
 *
 * @throws HmsaError when the model is quantised already, the data do not fit it, or the place holds a file of another kind
 */
export async function quantizeModel(
  request: QuantizeRequest,
  options: QuantizeOptions = {},
  hooks: QuantizeHooks = {},
): Promise<QuantizeReport> {
  checkNamed(requestShape, request, 'quantizeModel');
  checkNamed(optionsShape, options, 'quantizeModel, options');
  checkNamed(hooksShape, hooks, 'quantizeModel, hooks');
  const { data, dataOptions = {}, calibrateOn = 'train', session = {}, overwrite = false } = request;
  checkNamed(openOptionsShape, dataOptions, 'quantizeModel, dataOptions');
  const { images: count = 24, aim = 0.3, allowLoss = 1, skipBad = false, ...choice } = options;
  const { signal: abort, onData, onProgress } = hooks;
  const way: Way = { ...choice, ...(abort && { signal: abort }) };
  const { file: source, content } = await readModelFile(request.model);
  const model = decodeModel(content, source);
  refuseQuantized(model, source);
  const file = request.out ?? outPath(request.model, source);
  const own = 'a quantised model';
  await checkReplaceable(file, { overwrite, inputs: [source], isOwn: isQuantizedFile, own });
  // A place that cannot be written is found before the work.
  await makeFolder(dirname(file));

  const segmenterOf = (of: Model) =>
    new Segmenter(of, openSession, { device: 'cpu', memoryLimit: memoryForPredictions(), ...session });
  const exact = segmenterOf(model);
  try {
    const open = async (split: string | undefined, what: string) => {
      const opened = await openScoringData(
        exact,
        data,
        { ...dataOptions, ...(split !== undefined && { split }) },
        {
          ...way,
          skipBad,
          onProgress: (done, total) => onProgress?.(what, done, total),
        },
      );
      await onData?.(opened.taken, opened.warnings);
      return opened;
    };
    const calibration = await open(calibrateOn, 'Checking');
    const scoring = await open(undefined, 'Checking');
    const { combine = 'hierarchical', maxSide } = way;
    const scales = checkedScales(model.config, { scales: way.scales ?? model.config.scales, combine });
    const samples = await readSamples(calibration.dataset, count);
    const least = leastSide(model.config, scales);
    const seen = samples.map(({ image }) => reducedForNetwork(image, model.imageSize, maxSide, least));

    const iouOf = (segmenter: Segmenter) => meanIoU(segmenter, samples, calibration.dataset, way);
    const exactIoU = await iouOf(exact);
    const lossOf = async (plan: ChosenPlan['plan']) => {
      const segmenter = segmenterOf(quantizedModel(model, plan));
      try {
        return 100 * (exactIoU - (await iouOf(segmenter)));
      } finally {
        await segmenter.dispose();
      }
    };
    const chosen = await choosePlan(
      model,
      seen,
      {
        open: openSession,
        session: { device: 'cpu', ...session },
        scales,
        combine,
        ...(abort && { signal: abort }),
      },
      { aim, lossOf, ...(onProgress && { onProgress }) },
    );

    // What is scored is what the file holds.
    const bytes = encodeModel(quantizedModel(model, chosen.plan), 'float16');
    const quantized = segmenterOf(decodeModel(bytes, file));
    try {
      const evaluated = (segmenter: Segmenter, what: string) =>
        evaluate(segmenter, scoring.dataset, {
          ...way,
          skipBad,
          onProgress: (done, total) => onProgress?.(what, done, total),
        });
      const before = await evaluated(exact, 'Scoring float');
      const after = await evaluated(quantized, 'Scoring int8');
      const { speed, changedLabels } = await timed(exact, quantized, scoring.dataset, way);
      const lost = 100 * (before.meanIoU - after.meanIoU);
      const isWritten = lost <= allowLoss;
      if (isWritten) await writeFileAtomic(file, bytes);
      return {
        ...(isWritten ? { file, sha256: sha256(bytes) } : {}),
        bytes: bytes.length,
        model: { file: source, sha256: sha256(content), bytes: content.length },
        calibrationImages: samples.length,
        calibrationLoss: chosen.loss,
        rule: chosen.rule,
        ruleErrors: chosen.ruleErrors,
        float: chosen.float,
        quantizedLayers: chosen.plan.layers.size,
        images: before.images,
        scales: before.scales,
        meanIoU: { float: before.meanIoU, quantized: after.meanIoU, lost },
        perClass: classLosses(before, after),
        changedLabels,
        speed,
        skipped: [...calibration.leftOut, ...scoring.leftOut, ...before.skipped],
      };
    } finally {
      await quantized.dispose();
    }
  } finally {
    await exact.dispose();
  }
}

function refuseQuantized(model: Model, source: string): void {
  if (model.quantization === undefined) return;
  throw new HmsaError({
    operation: source,
    expected: 'a model that is not quantised',
    received: 'a quantised one',
    remedy: 'Quantise the model that it was made from.',
  });
}

function classLosses(before: Evaluation, after: Evaluation): ClassLoss[] {
  return before.perClass.map(({ name, iou }, i) => {
    const quantized = after.perClass[i]!.iou;
    return { name, float: iou, quantized, lost: 100 * (iou - quantized) };
  });
}

/** The name of the model with another ending: beside it, or here for the shipped model. */
function outPath(model: string | undefined, source: string): string {
  const name = `${basename(source, extname(source))}.int8.safetensors`;
  return model === undefined ? name : join(dirname(model), name);
}

/** Format 3 is that of quantised models. */
function isQuantizedFile(beginning: Uint8Array): boolean {
  const header = new TextDecoder().decode(beginning.subarray(8));
  return header.includes('"format":"hmsa"') && header.includes('"formatVersion":"3"');
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
