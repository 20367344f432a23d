import { z } from 'zod';
import { HmsaError, isRecord } from '../../base/errors/index.js';
import { checkSchema } from '../../base/schema/index.js';
import type { Dataset } from '../../data/index.js';
import { COMBINATIONS } from '../../model/index.js';
import { formerConfig } from '../config.js';
import { type EarlyEnd, planPhases } from '../plan.js';
import { type Mark, mayEndEarly, type Scored } from './best.js';
import type { Fingerprints, RunPlatform } from './platform.js';
import {
  type RecordedData,
  type RequestShape,
  type RunRequest,
  recordedSchema,
  recordOf,
  runRequestShape,
} from './request.js';
import type { RunFiles } from './run-files.js';

/** A part of a run without interruption. */
export interface RunPart {
  /** Its first step, and the one after its last. */
  readonly from: number;
  readonly to: number;
  /** When it began, ISO 8601. */
  readonly started: string;
  readonly seconds: number;
}

/**
 * The version that this program writes. It also reads every earlier one. Records of version 1 do not contain a version.
 */
const FORMAT_VERSION = 3;

/** The record of a run: its request, and where its numbers come from. A platform may add keys to requests. */
export interface RunRecord extends Omit<RunRequest, 'data' | 'validationData'> {
  readonly data: string | RecordedData;
  readonly validationData?: RecordedData;
  readonly formatVersion?: number;
  /** The mark of the run's checkpoints (see `markOf`) from the earlier version that began the run. */
  readonly formerMark?: string;
  readonly fingerprints: Fingerprints;
  readonly versions: Readonly<Record<string, string>>;
  readonly processor: { readonly model: string; readonly cores: number };
  readonly images: number;
  readonly classes: readonly string[];
  readonly stepsPerEpoch: number;
  /** Steps of the whole run; fewer once a phase has ended early. */
  readonly steps: number;
  /** Steps taken and saved so far. */
  readonly step: number;
  readonly finished: boolean;
  readonly parts: readonly RunPart[];
  /** How the last part ended. */
  readonly loader?: { readonly waitShare: number; readonly skipped: readonly unknown[] };
  readonly peakMemoryBytes?: number;
  /** What was predicted for {@link peakMemoryBytes} before the first step. */
  readonly predictedMemoryBytes?: number;
  /** The last validation. */
  readonly validation?: Readonly<Record<string, unknown>>;
  /** The validation whose model is kept as the best one. */
  readonly best?: Scored;
  /** What the next validations must improve on, so that the phase does not end early. */
  readonly waiting?: Mark;
  /** The phases that ended early. */
  readonly earlyEnds?: readonly EarlyEnd[];
}

const count = z.int().min(0);
const part = z.strictObject({
  from: count,
  to: count,
  started: z.string(),
  seconds: z.number(),
} satisfies Record<keyof RunPart, z.ZodType>);

/** All keys of a record. None has a default, because a missing value was lost and is unknown. */
const recordShape = {
  formatVersion: z.int().min(1).max(FORMAT_VERSION).optional(),
  formerMark: z.string().optional(),
  ...runRequestShape,
  data: z.union([z.string().min(1), recordedSchema]),
  validationData: recordedSchema.optional(),
  fingerprints: z.strictObject({
    train: z.string().optional(),
    validation: z.string().optional(),
    init: z.string().optional(),
  } satisfies Record<keyof Fingerprints, z.ZodType>),
  versions: z.record(z.string(), z.string()),
  processor: z.strictObject({ model: z.string(), cores: z.int() }),
  images: count,
  classes: z.array(z.string()),
  stepsPerEpoch: z.int().positive(),
  steps: z.int().positive(),
  step: count,
  finished: z.boolean(),
  parts: z.array(part),
  loader: z.strictObject({ waitShare: z.number(), skipped: z.array(z.unknown()) }).optional(),
  peakMemoryBytes: z.number().optional(),
  predictedMemoryBytes: z.number().optional(),
  validation: z.looseObject({}).optional(),
  best: z
    .strictObject({
      epoch: count,
      step: count,
      meanIoU: z.number(),
      scales: z.array(z.number()),
      combine: z.enum(COMBINATIONS),
    } satisfies Record<keyof Scored, z.ZodType>)
    .optional(),
  waiting: z
    .strictObject({ phase: count, epoch: count, meanIoU: z.number() } satisfies Record<keyof Mark, z.ZodType>)
    .optional(),
  earlyEnds: z
    .array(
      z.strictObject({ phase: count, epochs: z.int().positive() } satisfies Record<
        keyof EarlyEnd,
        z.ZodType
      >),
    )
    .optional(),
} satisfies Record<keyof RunRecord, z.ZodType>;

/** What the bits of a run depend on beside its request. */
export type Surroundings = Pick<RunPlatform, 'versions' | 'processor'>;

/** A request as the record of its run stores it. */
export function recordedRequest<R extends RunRequest>(
  request: R,
): Omit<R, 'data' | 'validationData'> & Pick<RunRecord, 'data' | 'validationData'> {
  const { data, validationData, ...rest } = request;
  return {
    ...rest,
    data: typeof data === 'string' ? data : recordOf(data),
    ...(validationData !== undefined && { validationData: recordOf(validationData) }),
  };
}

/** The record of a new run. */
export function newRecord(
  request: RunRequest,
  { versions, processor }: Surroundings,
  dataset: Dataset,
  found: Fingerprints,
  stepsPerEpoch: number,
): RunRecord {
  return {
    formatVersion: FORMAT_VERSION,
    ...recordedRequest(request),
    fingerprints: found,
    versions,
    processor,
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
 * Reads the record of a run, of this version or an earlier one.
 *
 * @param more keys of the platform's requests in addition to those of every run
 * @throws HmsaError when the record is missing, is not one, or contradicts itself
 */
export async function readRecord(files: RunFiles, more: RequestShape = {}): Promise<RunRecord> {
  const found = await files.readRecord();
  const name = files.nameOf('record');
  const version = (found as { formatVersion?: unknown } | null)?.formatVersion;
  if (typeof version === 'number' && version > FORMAT_VERSION) {
    throw new HmsaError({
      operation: name,
      expected: `a record of format ${FORMAT_VERSION} or earlier`,
      received: `format ${version}`,
      remedy: 'Install a newer hmsa.',
    });
  }
  const written = typeof version === 'number' && version > 2 ? found : await inTodaysWords(found);
  const schema = z.strictObject({ ...recordShape, ...more });
  const record = checkSchema(schema as unknown as z.ZodType<RunRecord>, written, name);
  checkSteps(record, name);
  return record;
}

/**
 * Translates a record of format 1 or 2. The configuration had other names for its keys then, and so checkpoints had
 * another mark.
 */
async function inTodaysWords(record: unknown): Promise<unknown> {
  if (!isRecord(record) || !isRecord(record.config)) return record;
  const { train, init } = isRecord(record.fingerprints) ? record.fingerprints : {};
  return {
    ...record,
    config: formerConfig(record.config),
    formerMark: await mark(record.config, { train, init }),
  };
}

/** Whether the steps of a record agree with its configuration. @throws HmsaError that names what does not */
function checkSteps(record: RunRecord, file: string): void {
  const { config, stepsPerEpoch, steps, step, finished, parts, earlyEnds = [], best } = record;
  const need = (holds: boolean, expected: string, received: unknown) => {
    if (holds) return;
    throw new HmsaError({
      operation: file,
      expected,
      received: String(received),
      remedy: 'Restore the file, or start a new run.',
    });
  };
  for (const { phase, epochs } of earlyEnds) {
    const most = config.phases[phase]?.epochs ?? 0;
    need(epochs < most, `an early end of phase ${phase} before epoch ${most}`, `one after ${epochs}`);
  }
  const planned = planPhases(config, stepsPerEpoch, earlyEnds).at(-1)!.to;
  need(steps === planned, `${planned} steps, from phases with epochs of ${stepsPerEpoch}`, steps);
  need(step <= steps, `a step of at most ${steps}`, step);
  need(!finished || step === steps, `step ${steps} of a finished run`, step);
  let end = 0;
  for (const { from, to } of parts) {
    need(from >= end && to > from, 'parts in the order of their steps', `one from step ${from} to ${to}`);
    end = to;
  }
  need(end <= step, `parts up to step ${step}`, end);
  need(best === undefined || best.step <= step, `a best model of step ${step} or before`, best?.step);
}

/**
 * The mark of a run, which its checkpoints carry: a hash of everything that decides its bits, which is configuration
 * and data. The number of validations is part of it only if phases may end early. The memory is not: what it decided is
 * part of the configuration itself.
 */
export function markOf({ config, fingerprints: { train, init } }: RunRecord): Promise<string> {
  const { validateEvery } = config;
  return mark(config, { train, init, ...(mayEndEarly(config) && { validateEvery }) });
}

async function mark(
  { validateEvery: _, memory: __, ...decisive }: object & { validateEvery?: unknown; memory?: unknown },
  inputs: object,
): Promise<string> {
  const text = JSON.stringify(sorted({ config: decisive, ...inputs }));
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest, 0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The same value with the keys of its objects sorted. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
