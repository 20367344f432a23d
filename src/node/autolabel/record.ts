import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { HmsaError, shown } from '../../base/errors/index.js';
import { checkSchema } from '../../base/schema/index.js';
import { appendToFile, readIfThere, readJsonFile, writeFileAtomic, writeJsonAtomic } from '../files/index.js';
import type { LabelTally } from './merge-labels.js';

/** The files of an automatic labelling, beside the data set that it makes. */
export const RECORD = 'autolabel.json';
const JOURNAL = 'autolabel-files.jsonl';

/** Everything on which the labels depend. A run that goes on must have the same. */
const decisionsSchema = z.object({
  /** SHA-256 of the model file. */
  modelSha256: z.string(),
  data: z.string(),
  dataOptions: z.record(z.string(), z.unknown()),
  /** The folder below which photographs keep their paths. */
  root: z.string(),
  kind: z.string(),
  classes: z.array(z.string()),
  scales: z.array(z.number()),
  combine: z.string(),
  maxSide: z.union([z.number(), z.literal('none')]).nullable(),
  thresholds: z.array(z.number()),
  /** The share of each class that is to be kept. */
  keep: z.number().optional(),
  photographs: z.string(),
});
export type Decisions = z.infer<typeof decisionsSchema>;

/** What the record calls them, for errors. */
const words: Readonly<Record<keyof Decisions, string>> = {
  modelSha256: 'the model',
  data: '--data',
  dataOptions: 'the part of the data set',
  root: 'the folder of all photographs',
  kind: 'the layout',
  classes: 'the classes',
  scales: '--scales',
  combine: '--combine',
  maxSide: '--max-side',
  thresholds: '--threshold',
  keep: '--keep',
  photographs: '--photographs',
};

const recordSchema = z.looseObject({
  format: z.literal(1),
  hmsa: z.string(),
  model: z.string(),
  /** The thresholds that `keep` has found. */
  lowered: z.array(z.number()).optional(),
  ...decisionsSchema.shape,
});
export type AutolabelRecord = z.infer<typeof recordSchema>;

const stampSchema = z.array(z.number());
const entrySchema = z.object({
  label: z.string(),
  sha256: z.string(),
  /** Size and time of the photograph, and of its label if it had one. */
  stamp: stampSchema,
  photograph: z.enum(['linked', 'copied', 'none']),
  split: z.string(),
  path: z.string(),
  tally: z.object({
    pixels: z.number(),
    truth: z.number(),
    truthPixels: z.array(z.number()),
    predicted: z.array(z.number()),
    kept: z.array(z.number()),
    confidence: z.array(z.number()),
    foreign: z.number(),
  } satisfies Record<keyof LabelTally, z.ZodType>),
});

/** A photograph that is labelled. */
export type Entry = z.infer<typeof entrySchema>;

/**
 * Reads the record of a folder; undefined if it holds none.
 *
 * @throws HmsaError when it is damaged
 */
export async function readRecord(folder: string): Promise<AutolabelRecord | undefined> {
  const path = join(folder, RECORD);
  if ((await readIfThere(path)) === undefined) return undefined;
  return checkSchema(recordSchema, await readJsonFile(path), path);
}

/** @throws HmsaError that names the first decision that differs */
export function checkSame(folder: string, record: AutolabelRecord, now: Decisions): void {
  for (const key of Object.keys(words) as (keyof Decisions)[]) {
    if (isDeepStrictEqual(record[key], now[key])) continue;
    const isModel = key === 'modelSha256';
    throw new HmsaError({
      operation: folder,
      expected: `${words[key]} with which it was begun${isModel ? '' : `, ${shownValue(key, record)}`}`,
      received: isModel ? 'another' : shownValue(key, now),
      remedy: 'Give the same options to go on, or choose another --out.',
    });
  }
}

function shownValue(key: keyof Decisions, decisions: Decisions): string {
  const { thresholds, classes } = decisions;
  const value = key === 'thresholds' ? byClass(thresholds, classes) : decisions[key];
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? shown(value));
}

/** One number if all classes have it. */
function byClass(thresholds: readonly number[], classes: readonly string[]): number | string {
  const [first] = thresholds;
  if (thresholds.every((threshold) => threshold === first)) return first!;
  return thresholds.map((threshold, id) => `${classes[id]}=${threshold}`).join(',');
}

export function writeRecord(folder: string, record: AutolabelRecord): Promise<void> {
  return writeJsonAtomic(join(folder, RECORD), record);
}

/** The photographs that are labelled, by the path of their label file. A line that was cut off is passed over. */
export async function readJournal(folder: string): Promise<Map<string, Entry>> {
  const bytes = await readIfThere(join(folder, JOURNAL), { limit: 2 ** 32 });
  const entries = new Map<string, Entry>();
  for (const line of new TextDecoder().decode(bytes ?? new Uint8Array()).split('\n')) {
    const entry = parsed(line);
    if (entry !== undefined) entries.set(entry.label, entry);
  }
  return entries;
}

function parsed(line: string): Entry | undefined {
  try {
    return entrySchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** Writes the journal anew, so that no line that was cut off stands before the next one. */
export function writeJournal(folder: string, entries: Iterable<Entry>): Promise<void> {
  const text = [...entries].map((entry) => `${JSON.stringify(entry)}\n`).join('');
  return writeFileAtomic(join(folder, JOURNAL), text);
}

export function addToJournal(folder: string, entry: Entry): Promise<void> {
  return appendToFile(join(folder, JOURNAL), `${JSON.stringify(entry)}\n`);
}
