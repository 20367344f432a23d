import { z } from 'zod';
import { HmsaError } from '../../base/errors/index.js';
import { callback, checkNamed, flag, type Shape, signal } from '../../base/schema/index.js';
import {
  asFiles,
  defaultSplits,
  type Examination,
  faultOf,
  flawsFor,
  openDefaultTraining,
  type Source,
  type Use,
} from '../../data/assessment/index.js';
import {
  type ClassMap,
  classStatistics,
  type Dataset,
  type Fingerprint,
  fingerprintOf,
  formatColor,
  nearDuplicates,
} from '../../data/index.js';
import { leastSide } from '../../model/index.js';
import type { GalleryPicture, InspectReport, SizeCount, SplitReport } from '../../report/pages/index.js';
import { presets } from '../../training/index.js';
import { examineAll, openSource } from '../assess.js';
import { type Fault, type OpenOptions, openOptionsShape } from '../datasets/index.js';
import { type PhotoDoubt, photoDoubts } from '../images/index.js';
import { Gallery } from './gallery.js';

/** The least side of a photograph that a model of any preset can score: 32 pixels. */
const DEFAULT_LEAST_SIDE = leastSide(presets.quick.model, presets.quick.model.scales);

export interface InspectOptions extends OpenOptions {
  /** Least side of photographs to score, in pixels; default: the least side of the preset `quick`. */
  readonly leastSide?: number;
  /** Whether to make small pictures for the HTML page. */
  readonly pictures?: boolean;
  /** Awaited after each photograph. */
  readonly onProgress?: (done: number, total: number) => unknown;
  readonly signal?: AbortSignal;
}

const shape = {
  ...openOptionsShape,
  leastSide: z.number().min(1).optional(),
  pictures: flag,
  onProgress: callback,
  signal,
} satisfies Shape<InspectOptions>;

export interface Inspection {
  readonly report: InspectReport;
  /** Empty unless requested. */
  readonly pictures: readonly GalleryPicture[];
}

/** A split to inspect. */
interface Split {
  readonly name: string;
  readonly dataset: Dataset;
  readonly use: Use;
}

const TRAIN_ON_ALL = 'To train on all: --split all --validation none.';

/** What is kept of a photograph after it is read. It is small, so that memory does not grow with the pixels. */
interface Seen {
  readonly file: string;
  readonly fingerprint: Fingerprint;
}

/**
 * Reads every photograph and label of a data set, and reports its content and everything that training and evaluation
 * would refuse or leave out: unreadable files, sizes that differ, labels outside the class map, missing counterparts,
 * photographs that are too small, missing splits, and near-duplicates across splits.
 *
 * @throws HmsaError when there is no such kind, folder or split. Faults of single files are in the report instead
 */
export async function inspect(spec: string, options: InspectOptions = {}): Promise<Inspection> {
  checkNamed(shape, options, 'inspect');
  const source = await openSource(spec, options);
  const splits = await openSplits(source, options);
  const gallery = new Gallery(source.classes, options.pictures ?? false);
  const total = splits.reduce((sum, { dataset }) => sum + dataset.length, 0);
  let done = 0;
  const progress = () => options.onProgress?.(++done, total);

  const names = splits.map(({ name }) => name);
  const faults: Fault[] = source.faults.filter(({ split }) => split === undefined || names.includes(split));
  const reports: SplitReport[] = [];
  const seen = new Map<string, Seen[]>();
  const doubted: Doubted[] = [];
  for (const split of splits) {
    const result = await inspectSplit(source, split, gallery, progress, options.signal);
    reports.push(result.report);
    for (const fault of result.faults) faults.push(fault);
    seen.set(split.name, result.seen);
    for (const one of result.doubted) doubted.push(one);
  }
  for (const { file, split, twin, twinSplit, how } of nearDuplicates(seen)) {
    const likeness = how === 'same' ? 'the same picture as' : 'nearly equal to';
    faults.push({ kind: 'near-duplicate', file, split, detail: `${likeness} ${twin} of ${twinSplit}` });
  }
  const defaults =
    options.split === undefined ? await defaultsOf(source, reports) : { faults: [], notes: [] };
  const report: InspectReport = {
    format: 1,
    set: spec,
    classes: classesOf(source.classes),
    splits: reports,
    neverOccurring: neverOccurring(source.classes, reports),
    faults: [...faults, ...defaults.faults],
    notes: [
      ...source.notes,
      ...(source.holdOut === undefined ? [] : [`${source.holdOut.note} ${TRAIN_ON_ALL}`]),
      ...unlabelledNotes(reports),
      ...doubtNotes(doubted),
      ...defaults.notes,
    ],
  };
  return { report, pictures: gallery.pictures };
}

function openSplits(
  source: Source,
  { split, leastSide: least = DEFAULT_LEAST_SIDE }: InspectOptions,
): Promise<Split[]> {
  const names = split === undefined ? source.splits : [split];
  return Promise.all(
    names.map(async (name): Promise<Split> => {
      // Crops of small photographs are padded, so only scoring needs a minimum size.
      const use: Use = { for: /^(train|dev-train)/.test(name) ? 'training' : 'scoring', leastSide: least };
      return { name, dataset: await source.view(name), use };
    }),
  );
}

async function inspectSplit(
  source: Source,
  { name, dataset, use }: Split,
  gallery: Gallery,
  progress: () => unknown,
  signal?: AbortSignal,
) {
  const files = asFiles(dataset);
  const prints: (Fingerprint | undefined)[] = new Array(dataset.length);
  const doubted: Doubted[] = [];
  const pathOf = (index: number) => files?.item(index).image ?? `${index}`;
  const faultsOf = (examination: Examination, index: number): Fault[] =>
    files === undefined
      ? []
      : flawsFor(use, examination, pathOf(index))
          .filter(({ kind }) => kind !== 'missing label')
          .map((flaw) => faultOf(source, flaw, name));
  const { items } = await examineAll(dataset, {
    depth: 'whole',
    async onReading(index, reading) {
      const { photo, label } = reading;
      prints[index] = photo && fingerprintOf(photo.data, photo.width, photo.height);
      const faults = faultsOf(reading, index);
      const split = { name, length: dataset.length };
      const file = source.nameOf(pathOf(index));
      if (files !== undefined && photo !== undefined) {
        const { pixelLimit } = files.parts;
        const doubts = await photoDoubts(
          pathOf(index),
          photo,
          pixelLimit === undefined ? {} : { pixelLimit },
        );
        if (doubts.length > 0) doubted.push({ file, hasLabel: reading.hasLabel, doubts });
      }
      await gallery.offer(split, index, { file, faults, ...(photo && { photo }), ...(label && { label }) });
      await progress();
    },
    ...(signal && { signal }),
  });
  const report: SplitReport = {
    name,
    photographs: dataset.length,
    labelled: items.filter(({ hasLabel }) => hasLabel).length,
    sizes: sizesOf(items),
    labels: classStatistics(
      items.flatMap(({ counts }) => (counts === undefined ? [] : [counts])),
      source.classes,
    ),
  };
  const unlabelled = [...items.keys()].filter((index) => !items[index]!.hasLabel).map(pathOf);
  return {
    report,
    doubted: doubted.sort((a, b) => (a.file < b.file ? -1 : 1)),
    faults: [...items.flatMap(faultsOf), ...missingLabels(source, report, unlabelled)],
    seen: [...items.keys()].flatMap((index) => {
      const fingerprint = prints[index];
      return fingerprint === undefined ? [] : [{ file: source.nameOf(pathOf(index)), fingerprint }];
    }),
  };
}

/**
 * Photographs without a label, except those that the file names have already shown and those of splits without any
 * label.
 */
function missingLabels(
  source: Source,
  { name, labelled }: SplitReport,
  unlabelled: readonly string[],
): Fault[] {
  const told = source.faults.filter(({ kind, split }) => kind === 'missing label' && split === name);
  if (labelled === 0 || told.length >= unlabelled.length) return [];
  const files = new Set(told.map(({ file }) => file));
  return unlabelled
    .map((image) => source.nameOf(image))
    .filter((file) => !files.has(file))
    .map((file) => ({ kind: 'missing label', file, split: name, detail: 'no label for this photograph' }));
}

/** What training does with a set if no split is named. */
async function defaultsOf(
  source: Source,
  reports: readonly SplitReport[],
): Promise<{ faults: Fault[]; notes: string[] }> {
  const isReported = source.faults.some(({ kind }) => kind === 'outside link');
  // Nothing in it can be trained on, and another note already says that it is for segmenting.
  if (isReported || reports.every(({ labelled }) => labelled === 0)) return { faults: [], notes: [] };
  const { training, scoring } = defaultSplits;
  const noTraining = await refusal(() => openDefaultTraining(source));
  if (noTraining !== undefined) {
    const { expected, received, remedy = '' } = noTraining;
    const detail = `training refuses it: expected ${expected}, received ${received}. ${remedy}`.trim();
    return { faults: [{ kind: 'missing split', file: training, detail }], notes: [] };
  }
  const noScores = await refusal(() => source.open(scoring));
  return {
    faults: reports
      .filter(({ name, labelled, photographs }) => labelled === 0 && photographs > 0 && isDefault(name))
      .map(({ name }) => ({
        kind: 'missing label',
        file: name,
        split: name,
        detail: 'none of its photographs has a label, so training refuses it',
      })),
    notes: noScores === undefined ? [] : [`Training gives no scores: ${noScores.message}`],
  };
}

function isDefault(split: string): boolean {
  return split === defaultSplits.training || split === defaultSplits.scoring;
}

async function refusal(open: () => Promise<unknown>): Promise<HmsaError | undefined> {
  try {
    await open();
    return undefined;
  } catch (error) {
    if (error instanceof HmsaError) return error;
    throw error;
  }
}

function classesOf({ names, colors }: ClassMap) {
  return names.map((name, id) => ({ name, color: formatColor(colors[id]!) }));
}

function neverOccurring({ names }: ClassMap, reports: readonly SplitReport[]): string[] {
  const isLabelled = reports.some(({ labelled }) => labelled > 0);
  return names.filter((_, id) => isLabelled && reports.every(({ labels }) => labels.classPixels[id] === 0));
}

function sizesOf(items: readonly Examination[]): SizeCount[] {
  const sizes = new Map<string, SizeCount>();
  for (const { size } of items) {
    if (size === undefined) continue;
    const key = `${size.width}×${size.height}`;
    sizes.set(key, { ...size, photographs: (sizes.get(key)?.photographs ?? 0) + 1 });
  }
  return [...sizes.values()].sort((a, b) => b.photographs - a.photographs || b.width - a.width);
}

function unlabelledNotes(splits: readonly SplitReport[]): string[] {
  return splits
    .filter(({ labelled, photographs }) => labelled === 0 && photographs > 0)
    .map(
      ({ name }) =>
        `The split ${name} has no labels, so it can be segmented, but not used for training or scoring.`,
    );
}

/** A photograph and a doubt about it. */
export interface Doubted {
  /** Path below the root. */
  readonly file: string;
  readonly hasLabel: boolean;
  readonly doubts: readonly PhotoDoubt[];
}

const meanings: Readonly<Record<PhotoDoubt['kind'], (count: string) => string>> = {
  constant: (count) => `${count} nearly one colour throughout`,
  dark: (count) => `${count} nearly black, perhaps of fewer bits than its file`,
  turned: (count) =>
    `${count} stored turned: a mask drawn without the EXIF orientation has the right size but does not match`,
};

/** A sentence for each kind of doubt, with the number of photographs and the first of them. */
function doubtNotes(doubted: readonly Doubted[]): string[] {
  return (Object.keys(meanings) as PhotoDoubt['kind'][]).flatMap((kind) => {
    const found = doubted.flatMap(({ file, hasLabel, doubts }) => {
      const doubt = doubts.find((entry) => entry.kind === kind);
      // The orientation of a photograph matters only if it has a mask.
      return doubt === undefined || (kind === 'turned' && !hasLabel) ? [] : [{ file, detail: doubt.detail }];
    });
    const [first] = found;
    if (first === undefined) return [];
    const count = found.length === 1 ? '1 photograph is' : `${found.length} photographs are`;
    return [`${meanings[kind](count)}; such as ${first.file} (${first.detail}).`];
  });
}
