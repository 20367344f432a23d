import { availableParallelism } from 'node:os';
import { ClassCounter, type Fingerprint, fingerprintOf, formatColor } from '../../data/index.js';
import { type Fault, mapBounded, type OpenOptions } from '../datasets/index.js';
import { Gallery, type GalleryPicture } from './gallery.js';
import { nearDuplicates } from './near-duplicates.js';
import type { InspectReport, SizeCount, SplitReport } from './report.js';
import { openSource, type Reading, type Source, type SourceSplit } from './source.js';

export interface InspectOptions extends OpenOptions {
  /** Keep small pictures for the HTML page. */
  readonly pictures?: boolean;
  /** Called after each photograph. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface Inspection {
  readonly report: InspectReport;
  /** Empty unless asked for. */
  readonly pictures: readonly GalleryPicture[];
}

/** What is kept of a photograph once it is read: little, so that memory does not grow with the pixels. */
interface Seen {
  readonly file: string;
  readonly fingerprint: Fingerprint;
}

/**
 * Reads every photograph and label of a data set and reports what is in it and what would break training or
 * evaluation: unreadable files, sizes that differ, labels outside the class map, missing counterparts and
 * near-duplicates across splits.
 *
 * @throws HmsaError when the kind, the folder or the split is not there; what is wrong with single files is in
 *   the report instead
 */
export async function inspect(spec: string, options: InspectOptions = {}): Promise<Inspection> {
  const source = await openSource(spec, options);
  const gallery = new Gallery(source.classes, options.pictures ?? false);
  const total = source.splits.reduce((sum, { length }) => sum + length, 0);
  let done = 0;
  const progress = () => options.onProgress?.(++done, total);

  const faults: Fault[] = [...source.faults];
  const splits: SplitReport[] = [];
  const seen = new Map<string, Seen[]>();
  for (const split of source.splits) {
    const result = await inspectSplit(source, split, gallery, progress, options.signal);
    splits.push(result.report);
    for (const fault of result.faults) faults.push(fault);
    seen.set(split.name, result.seen);
  }
  for (const fault of nearDuplicates(seen)) faults.push(fault);

  const { names, colors } = source.classes;
  const isLabelled = splits.some(({ labelled }) => labelled > 0);
  const neverOccurring = names.filter(
    (_, id) => isLabelled && splits.every(({ labels }) => labels.classPixels[id] === 0),
  );
  const report: InspectReport = {
    format: 1,
    set: spec,
    classes: names.map((name, id) => ({ name, color: formatColor(colors[id]!) })),
    splits,
    neverOccurring,
    faults,
    notes: [...source.notes, ...unlabelledNotes(splits)],
  };
  return { report, pictures: gallery.pictures };
}

async function inspectSplit(
  { classes }: Source,
  split: SourceSplit,
  gallery: Gallery,
  progress: () => void,
  signal?: AbortSignal,
) {
  const counter = new ClassCounter(classes);
  const sizes = new Map<string, SizeCount>();
  const examine = async (index: number) => {
    const reading = await split.read(index);
    const faults = [...reading.faults];
    const { photo, label } = reading;
    if (photo !== undefined) countSize(sizes, photo.width, photo.height);
    if (label !== undefined && !counter.add(label) && reading.faults.length === 0) {
      faults.push({
        kind: 'void label',
        file: reading.file,
        detail: 'no pixel of its label is of any class',
      });
    }
    await gallery.offer(split, index, { ...reading, faults });
    progress();
    return { ...summaryOf(reading), faults: faults.map((fault): Fault => ({ ...fault, split: split.name })) };
  };
  const read = await mapBounded(split.length, availableParallelism(), examine, signal);
  const report: SplitReport = {
    name: split.name,
    photographs: split.length,
    labelled: read.filter(({ hasLabel }) => hasLabel).length,
    sizes: [...sizes.values()].sort((a, b) => b.photographs - a.photographs || b.width - a.width),
    labels: counter.statistics,
  };
  return {
    report,
    faults: read.flatMap(({ faults }) => faults),
    seen: read.flatMap(({ file, fingerprint }) => (fingerprint === undefined ? [] : [{ file, fingerprint }])),
  };
}

function summaryOf({ file, hasLabel, photo }: Reading) {
  return { file, hasLabel, fingerprint: photo && fingerprintOf(photo.data, photo.width, photo.height) };
}

function countSize(sizes: Map<string, SizeCount>, width: number, height: number): void {
  const key = `${width}×${height}`;
  sizes.set(key, { width, height, photographs: (sizes.get(key)?.photographs ?? 0) + 1 });
}

function unlabelledNotes(splits: readonly SplitReport[]): string[] {
  return splits
    .filter(({ labelled, photographs }) => labelled === 0 && photographs > 0)
    .map(({ name }) => `The split ${name} has no labels: it can be segmented, not trained or scored on.`);
}
