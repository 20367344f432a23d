import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';
import type { Dataset } from '../../data/index.js';
import { HmsaError } from '../../errors/index.js';
import { mergeConfig, planPhases, presets } from '../../train/index.js';
import { readRegularFile } from '../files/index.js';
import { version } from '../version.js';
import type { RunFolder } from './run-folder.js';
import type { TrainRequest } from './train-request.js';

/** A stretch of a run without interruption. */
export interface RunPart {
  /** The step that it began with, and the one after its last. */
  readonly from: number;
  readonly to: number;
  /** When it began, ISO 8601. */
  readonly started: string;
  readonly seconds: number;
}

/** What `run.json` says of a run: the request, and where its numbers come from. */
export interface RunRecord extends TrainRequest {
  readonly fingerprints: Fingerprints;
  readonly versions: Readonly<Record<string, string>>;
  readonly processor: { readonly model: string; readonly cores: number };
  readonly images: number;
  readonly classes: readonly string[];
  readonly stepsPerEpoch: number;
  /** Steps of the whole run. */
  readonly steps: number;
  /** Steps taken and saved so far. */
  readonly step: number;
  readonly finished: boolean;
  readonly parts: readonly RunPart[];
  /** How the last part ended. */
  readonly loader?: { readonly waitShare: number; readonly skipped: readonly unknown[] };
  readonly peakMemoryBytes?: number;
  readonly validation?: Readonly<Record<string, unknown>>;
}

/** Hashes of what goes in; undefined for what a run has none of. */
export interface Fingerprints {
  readonly train?: string | undefined;
  readonly validation?: string | undefined;
  readonly init?: string | undefined;
}

export async function fingerprints(
  { init }: TrainRequest,
  train: Dataset,
  validation: Dataset | undefined,
): Promise<Fingerprints> {
  return {
    train: await fingerprintOf(train),
    validation: validation && (await fingerprintOf(validation)),
    init:
      init === undefined
        ? undefined
        : createHash('sha256')
            .update(await readRegularFile(init))
            .digest('hex'),
  };
}

async function fingerprintOf(
  dataset: Dataset & { fingerprint?(): Promise<string> },
): Promise<string | undefined> {
  return dataset.fingerprint?.();
}

/** The record of a run that begins. */
export function newRecord(
  request: TrainRequest,
  dataset: Dataset,
  found: Fingerprints,
  stepsPerEpoch: number,
): RunRecord {
  return {
    ...request,
    fingerprints: found,
    ...surroundings(),
    images: dataset.length,
    classes: dataset.classes.names,
    stepsPerEpoch,
    steps: planPhases(request.config, stepsPerEpoch).at(-1)!.to,
    step: 0,
    finished: false,
    parts: [],
  };
}

/**
 * What is no longer as it was when a run was begun and could change its bits or its scores: a line each.
 *
 * @throws HmsaError when the training data or the pretrained weights are others
 */
export function changesSince(before: RunRecord, found: Fingerprints): string[] {
  for (const [name, what] of [
    ['train', `the training data of ${before.data}`],
    ['init', `the pretrained weights ${before.init}`],
  ] as const) {
    if (before.fingerprints?.[name] === found[name]) continue;
    throw new HmsaError({
      operation: '--resume',
      expected: `${what} as they were when the run began`,
      received: 'others',
      remedy: 'Bring them back, or start a new run.',
    });
  }
  const isScoredAlike = before.fingerprints?.validation === found.validation;
  const scores = isScoredAlike ? [] : ['the validation data are others than before: so are the scores'];
  const { versions, processor } = surroundings();
  const then = { ...before.versions, ...before.processor };
  const bits = Object.entries({ ...versions, ...processor }).flatMap(([name, now]) => {
    const was = (then as Record<string, unknown>)[name];
    return was === now ? [] : [`the run began with ${name} ${was}, this is ${now}: its bits may differ`];
  });
  return [...scores, ...bits];
}

function surroundings() {
  const ort: { version: string } = createRequire(import.meta.url)('onnxruntime-node/package.json');
  return {
    versions: { hmsa: version, 'onnxruntime-node': ort.version, node: process.version },
    processor: { model: cpus()[0]?.model ?? process.arch, cores: availableParallelism() },
  };
}

/** The record that a run folder was begun with. @throws HmsaError when `run.json` does not hold one */
export async function readRecord(folder: RunFolder): Promise<RunRecord> {
  const record = (await folder.readRun()) as Partial<RunRecord> | null;
  if (typeof record?.data !== 'string' || record.config === undefined) {
    throw new HmsaError({
      operation: `${folder.path}/run.json`,
      expected: 'config and data of a run',
      received: 'something else',
      remedy: 'Start the run anew.',
    });
  }
  // A whole configuration replaces every key of the preset that it is laid over, and is checked on the way.
  const config = mergeConfig(presets.quick, record.config, `${folder.path}/run.json`);
  return { ...(record as RunRecord), config };
}
