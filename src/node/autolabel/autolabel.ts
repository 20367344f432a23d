import { createHash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { checkText, HmsaError, withFile } from '../../base/errors/index.js';
import { callback, checkNamed, signal, text } from '../../base/schema/index.js';
import { readAhead } from '../../base/tasks.js';
import { few } from '../../data/files/index.js';
import { type Sample, VOID } from '../../data/index.js';
import type { Item } from '../../data/pairs/index.js';
import { openOptionsShape } from '../datasets/index.js';
import {
  FolderLock,
  isTemporary,
  makeFolder,
  readIfThere,
  readRegularFile,
  writeFileAtomic,
} from '../files/index.js';
import { encodePng, softwareOf } from '../images/index.js';
import { type LoadedModel, loadedModel, readModelFile } from '../jobs/index.js';
import { version } from '../version.js';
import type { Place } from './form.js';
import { ConfidenceCounts, MEASURED } from './kept-share.js';
import { mergeLabels, type Prediction } from './merge-labels.js';
import { photographWays, placePhotograph } from './photographs.js';
import { type AutolabelRequest, type Plan, planOf } from './plan.js';
import {
  type AutolabelRecord,
  addToJournal,
  checkSame,
  type Entry,
  RECORD,
  readJournal,
  readRecord,
  writeJournal,
  writeRecord,
} from './record.js';
import { type AutolabelSummary, summaryOf } from './summary.js';

export interface AutolabelHooks {
  /** Called once, before the first photograph, with lines that say what is taken. */
  readonly onFound?: (lines: readonly string[], warnings: readonly string[]) => unknown;
  /** Awaited after each photograph that is labelled only to find thresholds (`keep`), before the first one. */
  readonly onMeasured?: (done: number, total: number) => unknown;
  /** Awaited after each photograph. If it throws, the work ends. */
  readonly onImage?: (done: number, total: number, failed?: FailedPhotograph) => unknown;
  readonly signal?: AbortSignal;
}

/** A photograph that has no label in the result. */
export interface FailedPhotograph {
  readonly file: string;
  /** One line that names it. */
  readonly message: string;
}

export interface AutolabelReport {
  /** `KIND:DIR`, by which the result is opened. */
  readonly data: string;
  /** Photographs that this call labelled, and those that an earlier one had. */
  readonly done: number;
  readonly before: number;
  readonly failed: readonly FailedPhotograph[];
  /** Label files that somebody changed since they were written. They stay as they are. */
  readonly changed: readonly string[];
  /** How the photographs of the result got there. */
  readonly photographs: { readonly linked: number; readonly copied: number };
  readonly summary: AutolabelSummary;
}

const requestShape = {
  data: z.string(),
  dataOptions: z.strictObject(openOptionsShape).optional(),
  model: text,
  threshold: z.union([z.number(), z.record(z.string(), z.number())]).optional(),
  keep: z.number().optional(),
  photographs: z.enum(photographWays).optional(),
};

/** The program name in label files, by which a later run recognises them. */
const OWN_SOFTWARE = 'hmsa data autolabel';

/**
 * Labels the photographs of a data set with a model, where nobody has labelled them, and writes the result as a data set of
 * the same layout (`folder` for folders and lists of people's own) into a folder: label files, the photographs, and what the
 * layout needs. A pixel is void where the probability of its label (see `Segmentation.confidence`) is below the threshold.
 * Labels that are there stay.
 *
 * If the folder holds an interrupted run with the same options, it goes on there, and finished files stay.
 * `autolabel.json` in it says what was done.
 *
 * @throws HmsaError when an option is wrong, the classes of model and data have nothing in common, or the folder holds other
 *   files or a run with other options. Photographs that cannot be labelled are in the report instead
 */
export async function autolabel(
  request: AutolabelRequest,
  out: string,
  hooks: AutolabelHooks = {},
): Promise<AutolabelReport> {
  checkNamed(requestShape, request, 'autolabel');
  checkText(out, 'autolabel', 'the path of a folder');
  checkNamed({ onFound: callback, onMeasured: callback, onImage: callback, signal }, hooks, 'autolabel');
  // Read once, so that the record names the very bytes that label.
  const { file, content } = await readModelFile(request.model);
  const segmenter = loadedModel({ file, content }, request.session ?? {});
  try {
    const plan = await planOf(request, segmenter, sha256(content), out);
    return await new Labelling(plan, segmenter, file, out, hooks).run();
  } finally {
    await segmenter.dispose();
  }
}

/** One call of {@link autolabel}, once everything is decided. */
class Labelling {
  readonly #entries = new Map<string, Entry>();
  readonly #changed: string[] = [];
  readonly #failed: FailedPhotograph[] = [];
  #done = 0;
  #before = 0;
  /** By train id. */
  #thresholds: readonly number[];

  constructor(
    readonly plan: Plan,
    readonly segmenter: LoadedModel,
    readonly model: string,
    readonly out: string,
    readonly hooks: AutolabelHooks,
  ) {
    this.#thresholds = plan.thresholds;
  }

  async run(): Promise<AutolabelReport> {
    const { plan, out, hooks } = this;
    const isFile = (await stat(out).catch(() => undefined))?.isDirectory() === false;
    const found = isFile ? undefined : await readRecord(out);
    if (found === undefined) await this.#requireEmpty();
    else checkSame(out, found, plan.decisions);
    await makeFolder(out);
    const takenOver: string[] = [];
    const lock = await FolderLock.take(out, ({ pid }) =>
      takenOver.push(`took over ${out} from process ${pid}`),
    );
    try {
      const earlier = found === undefined ? new Map<string, Entry>() : await readJournal(out);
      const begun: AutolabelRecord = {
        ...found,
        ...plan.decisions,
        format: 1,
        hmsa: found?.hmsa ?? version,
        model: this.model,
      };
      const others =
        begun.hmsa === version
          ? []
          : [`hmsa ${begun.hmsa} began this, and this is ${version}: labels may differ`];
      await hooks.onFound?.(plan.lines, [...plan.warnings, ...takenOver, ...others]);
      const record = await this.#withThresholds(begun);
      await writeRecord(out, { ...record, finished: false });
      await tidy(out);
      await this.#writeFiles();
      try {
        await this.#labelAll(earlier);
      } finally {
        await this.#writeLists();
      }
      const report = this.#report();
      const { failed, summary, photographs } = report;
      await writeRecord(out, {
        ...record,
        hmsa: version,
        finished: failed.length === 0,
        failed: failed.map(({ message }) => message),
        placed: photographs,
        summary,
      });
      return report;
    } finally {
      await lock.release();
    }
  }

  /** @throws HmsaError when the folder holds files that are not of a run */
  async #requireEmpty(): Promise<void> {
    const names = await readdir(this.out).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      const received = error.code === 'ENOTDIR' ? 'a file' : String(error.code);
      throw new HmsaError({
        operation: this.out,
        expected: 'a folder',
        received,
        remedy: 'Choose another --out.',
      });
    });
    const others = names.filter((name) => !name.startsWith('.'));
    if (others.length === 0) return;
    throw new HmsaError({
      operation: '--out',
      expected: `a new or empty folder, or one with ${RECORD} to go on in`,
      received: `${this.out}, which holds other files (${few(others)})`,
      remedy: 'Choose another folder.',
    });
  }

  async #labelAll(earlier: ReadonlyMap<string, Entry>): Promise<void> {
    const { dataset } = this.plan;
    const total = dataset.length;
    const owners = new Map<string, string>();
    const open: { index: number; place: Place }[] = [];
    let done = 0;
    for (let index = 0; index < total; index++) {
      this.hooks.signal?.throwIfAborted();
      const item = dataset.item(index);
      const place = this.#placeOf(item);
      const owner = owners.get(place.label);
      if (owner !== undefined) {
        await this.#fail(item, sameName(item, owner), ++done, total);
        continue;
      }
      owners.set(place.label, item.image);
      const entry = earlier.get(place.label);
      const state = entry === undefined ? 'open' : await this.#stateOf(item, entry);
      if (state === 'open') {
        open.push({ index, place });
        continue;
      }
      if (state === 'changed') this.#changed.push(place.label);
      this.#entries.set(place.label, entry!);
      this.#before++;
      await this.hooks.onImage?.(++done, total);
    }
    await writeJournal(this.out, this.#entries.values());
    for await (const { item: todo, ...read } of readAhead(open, ({ index }) => dataset.get(index))) {
      this.hooks.signal?.throwIfAborted();
      const item = dataset.item(todo.index);
      try {
        if (read.status === 'rejected') throw read.reason;
        await this.#label(todo.index, item, todo.place, read.value);
        this.#done++;
        await this.hooks.onImage?.(++done, total);
      } catch (error) {
        if (!(error instanceof HmsaError)) throw error;
        await this.#fail(item, error, ++done, total);
      }
    }
  }

  async #fail({ image }: Item, { message }: HmsaError, done: number, total: number): Promise<void> {
    const failed = { file: image, message };
    this.#failed.push(failed);
    await this.hooks.onImage?.(done, total, failed);
  }

  #placeOf(item: Item): Place {
    return this.plan.form.place(item, this.plan.splitOf.get(item.image)!);
  }

  /** Whether an entry of the journal still holds. A label that somebody has changed since is theirs and stays. */
  async #stateOf(item: Item, entry: Entry): Promise<'done' | 'changed' | 'open'> {
    const label = await readIfThere(join(this.out, entry.label)).catch(() => undefined);
    if (label === undefined) return 'open';
    if (sha256(label) !== entry.sha256) return 'changed';
    const isThere =
      entry.photograph === 'none' ||
      (await stat(join(this.out, entry.path)).catch(() => undefined)) !== undefined;
    return isThere && String(entry.stamp) === String(await stampOf(item)) ? 'done' : 'open';
  }

  async #label(index: number, item: Item, place: Place, sample: Sample): Promise<void> {
    const { form, truthOf, table, photographs } = this.plan;
    const stamp = await stampOf(item);
    const stored = await this.#storedOf(index, sample);
    const { width, height } = sample;
    const prediction = await this.#predict(item, sample, stored);
    const { merged, tally } = mergeLabels(stored, prediction, form.codes, truthOf, table, this.#thresholds);
    const target = join(this.out, place.label);
    await checkOwn(target);
    const photograph = await placePhotograph(item.image, join(this.out, place.photograph), photographs);
    const png = await encodePng({ data: merged, width, height }, { software: OWN_SOFTWARE });
    await writeFileAtomic(target, png);
    const entry: Entry = {
      label: place.label,
      sha256: sha256(png),
      stamp,
      photograph,
      split: this.plan.splitOf.get(item.image)!,
      path: place.photograph,
      tally,
    };
    await addToJournal(this.out, entry);
    this.#entries.set(entry.label, entry);
  }

  /** What the model says of a photograph; undefined if all of its pixels have labels. */
  async #predict(item: Item, sample: Sample, stored: Uint8Array): Promise<Prediction | undefined> {
    const { form, options } = this.plan;
    if (!stored.some((value) => form.codes.isOpen[value])) return undefined;
    const { image: data, width, height } = sample;
    const { signal } = this.hooks;
    const { labels, confidence } = await withFile(item.image, () =>
      this.segmenter.segment({ data, width, height }, { ...options, ...(signal && { signal }) }),
    );
    return { labels, confidence: confidence! };
  }

  /**
   * The record with the thresholds that `keep` asks for: those of the run that goes on, or found on photographs at even
   * distances. A photograph that cannot be read is passed over here and reported when it is labelled.
   */
  async #withThresholds(record: AutolabelRecord): Promise<AutolabelRecord> {
    const { dataset, form, keep, table, thresholds } = this.plan;
    if (keep === undefined) return record;
    if (record.lowered === undefined) {
      const counts = new ConfidenceCounts(thresholds.length);
      const total = Math.min(dataset.length, MEASURED);
      for (let i = 0; i < total; i++) {
        this.hooks.signal?.throwIfAborted();
        const index = Math.floor((i * dataset.length) / total);
        try {
          const sample = await dataset.get(index);
          const stored = await this.#storedOf(index, sample);
          const prediction = await this.#predict(dataset.item(index), sample, stored);
          if (prediction !== undefined) counts.add(stored, prediction, form.codes.isOpen, table);
        } catch (error) {
          if (!(error instanceof HmsaError)) throw error;
        }
        await this.hooks.onMeasured?.(i + 1, total);
      }
      record = { ...record, lowered: counts.thresholds(keep, thresholds) };
    }
    this.#thresholds = record.lowered!;
    return record;
  }

  /** The values of the label file before, H·W; all open if there is none. */
  async #storedOf(index: number, { label, width, height }: Sample): Promise<Uint8Array> {
    const { keepsValues, codes } = this.plan.form;
    if (label === undefined) return new Uint8Array(width * height).fill(codes.void);
    if (keepsValues) return (await this.plan.stored.getLabel(index))!.label;
    return label.map((id) => (id === VOID ? codes.void : codes.values[id]!));
  }

  async #writeFiles(): Promise<void> {
    const { form } = this.plan;
    for (const { path, text: content, from } of form.files) {
      const bytes = content ?? (await readRegularFile(join(form.root, from!)));
      await writeFileAtomic(join(this.out, path), bytes);
    }
  }

  /** The photographs of each split, where folders do not tell them apart. */
  async #writeLists(): Promise<void> {
    if (!this.plan.form.hasLists) return;
    const bySplit = new Map<string, string[]>();
    for (const { split, path } of this.#inOrder()) bySplit.set(split, [...(bySplit.get(split) ?? []), path]);
    for (const [split, paths] of bySplit)
      await writeFileAtomic(join(this.out, `${split}.txt`), paths.map((path) => `${path}\n`).join(''));
  }

  /** What is labelled, in the order of the data set. */
  #inOrder(): Entry[] {
    const { dataset } = this.plan;
    return Array.from({ length: dataset.length }, (_, index) => dataset.item(index)).flatMap((item) => {
      const entry = this.#entries.get(this.#placeOf(item).label);
      return entry === undefined ? [] : [entry];
    });
  }

  #report(): AutolabelReport {
    const { form, decisions } = this.plan;
    const entries = this.#inOrder();
    const placed = (way: Entry['photograph']) =>
      entries.filter(({ photograph }) => photograph === way).length;
    return {
      data: `${form.kind}:${this.out}`,
      done: this.#done,
      before: this.#before,
      failed: this.#failed,
      changed: this.#changed,
      photographs: { linked: placed('linked'), copied: placed('copied') },
      summary: summaryOf(
        entries.map(({ tally }) => tally),
        decisions.classes,
        this.#thresholds,
      ),
    };
  }
}

/** @throws HmsaError when somebody else's file has the place of a label */
async function checkOwn(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || (found.isFile() && (await softwareOf(path)) === OWN_SOFTWARE)) return;
  throw new HmsaError({
    operation: path,
    expected: 'a place for a label file',
    received: 'a file that hmsa did not write',
    remedy: 'Remove it, or choose another --out.',
  });
}

function sameName({ image }: Item, owner: string): HmsaError {
  return new HmsaError({
    operation: image,
    expected: 'a name of its own in the result',
    received: `the name of ${owner}`,
    remedy: 'Rename one of them.',
  });
}

/** Size and time of a photograph and of its label, which change when the files do. */
async function stampOf({ image, label }: Item): Promise<number[]> {
  const stamps = await Promise.all(
    [image, label].map((path) => (path === undefined ? undefined : stat(path).catch(() => undefined))),
  );
  return stamps.flatMap((found) => (found === undefined ? [] : [found.size, Math.round(found.mtimeMs)]));
}

/** Removes what a killed process has left unfinished. */
async function tidy(folder: string): Promise<void> {
  const names = await readdir(folder, { recursive: true });
  for (const name of names) if (isTemporary(basename(name))) await rm(join(folder, name), { force: true });
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
