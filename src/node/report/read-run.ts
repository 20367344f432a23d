import { HmsaError } from '../../base/errors/index.js';
import type { RunView, StepPoint, ValidationPoint } from '../../report/views/index.js';
import { planPhases } from '../../training/index.js';
import { isValidation, RunFiles, type RunRecord, readRecord } from '../../training/run/index.js';
import { RunFolder } from '../jobs/run-folder.js';
import { requestShape, type TrainRequest } from '../jobs/train-request.js';

/** The record of a run, with the keys that only Node knows. */
export type NodeRunRecord = RunRecord &
  Partial<Pick<TrainRequest, 'dataOptions' | 'validationSplit' | 'moreData'>>;

export interface ReadRun {
  readonly record: NodeRunRecord;
  readonly view: RunView;
  /** The model to look at: of the last step, or of an interrupted run so far; undefined if it has saved none. */
  readonly model?: string;
}

/**
 * Reads the folder of a run, without locking it: the run may be going on.
 *
 * @throws HmsaError when there is no run in the folder, or its record is damaged
 */
export async function readRun(path: string): Promise<ReadRun> {
  const folder = new RunFolder(path);
  const files = new RunFiles(folder);
  const record = (await readRecord(files, requestShape)) as NodeRunRecord;
  const lines = await files.readMetrics();
  const points = lines.flatMap((line) => (isValidation(line) ? [] : pointOf(line)));
  const validations = lines.flatMap((line) => (isValidation(line) ? validationOf(line) : []));
  const { stepsPerEpoch, steps, finished, best, parts, earlyEnds } = record;
  const view: RunView = {
    finished,
    step: Math.min(steps, Math.max(record.step, ...points.slice(-1).map(({ step }) => step + 1))),
    steps,
    stepsPerEpoch,
    phases: planPhases(record.config, stepsPerEpoch, earlyEnds).map(({ kind, from, to }) => ({
      kind,
      from,
      to,
    })),
    points,
    validations,
    ...(best && { best }),
    seconds: parts.reduce((sum, { seconds }) => sum + seconds, 0),
  };
  for (const file of ['model', 'interim', 'best'] as const) {
    if (await folder.has(file)) return { record, view, model: folder.nameOf(file) };
  }
  return { record, view };
}

/** @throws HmsaError when the path is not the folder of a run */
export async function checkRunFolder(path: string): Promise<void> {
  if (await new RunFolder(path).has('record')) return;
  throw new HmsaError({
    operation: path,
    expected: 'the folder of a training run, which holds run.json',
    received: 'none',
    remedy: 'Name the folder that hmsa train wrote to.',
  });
}

function pointOf(line: Readonly<Record<string, unknown>>): StepPoint[] {
  const metrics = Object.fromEntries(
    Object.entries(line).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );
  const { step, loss = Number.NaN, learningRate = Number.NaN } = metrics;
  return step === undefined ? [] : [{ step, loss, learningRate, metrics }];
}

function validationOf({
  step,
  epoch,
  validation,
}: {
  readonly step: number;
  readonly epoch: number;
  readonly validation: unknown;
}): ValidationPoint[] {
  const { meanIoU, pixelAccuracy, combine, scales } = Object(validation) as Record<string, unknown>;
  const number = (value: unknown) => (typeof value === 'number' ? value : Number.NaN);
  return [
    {
      step,
      epoch: number(epoch),
      meanIoU: number(meanIoU),
      pixelAccuracy: number(pixelAccuracy),
      combine: String(combine),
      scales: Array.isArray(scales) ? scales.filter((scale) => typeof scale === 'number') : [],
    },
  ];
}
