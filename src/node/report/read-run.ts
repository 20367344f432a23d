import { HmsaError } from '../../base/errors/index.js';
import type { RunView } from '../../report/views/index.js';
import { planPhases } from '../../training/index.js';
import { RunFiles, type RunRecord, readRecord } from '../../training/run/index.js';
import { RunFolder } from '../jobs/run-folder.js';
import { requestShape, type TrainRequest } from '../jobs/train-request.js';
import { MetricsFile } from './metrics-file.js';

/** The record of a run, with the keys that only Node knows. */
export type NodeRunRecord = RunRecord &
  Partial<Pick<TrainRequest, 'dataOptions' | 'validationSplit' | 'moreData'>>;

export interface ReadRun {
  readonly record: NodeRunRecord;
  readonly view: RunView;
  /** The model to look at: of the last step, or of an interrupted run so far; undefined if it has saved none. */
  readonly model?: string;
  /** Whether that model has taken a step of a phase that trains the attention. */
  readonly isAttentionTrained: boolean;
}

/**
 * Reads the folder of a run, without locking it: the run may be going on.
 *
 * @param metrics what an earlier look at the same run has read
 * @throws HmsaError when there is no run in the folder, or its record is damaged
 */
export async function readRun(path: string, metrics?: MetricsFile): Promise<ReadRun> {
  const folder = new RunFolder(path);
  const files = new RunFiles(folder);
  const record = (await readRecord(files, requestShape)) as NodeRunRecord;
  const file = metrics ?? new MetricsFile(folder.nameOf('metrics'));
  const { points, validations } = await file.look();
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
  const trained = view.phases.find(({ kind, from, to }) => kind !== 'scales' && from < to)?.from;
  const isTrainedAt = (taken: number) => trained !== undefined && taken > trained;
  for (const one of ['model', 'interim', 'best'] as const) {
    if (!(await folder.has(one))) continue;
    const taken = one === 'best' ? (best?.step ?? 0) : record.step;
    return { record, view, model: folder.nameOf(one), isAttentionTrained: isTrainedAt(taken) };
  }
  return { record, view, isAttentionTrained: false };
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
