import { resolve } from 'node:path';
import { HmsaError, printable } from '../../base/errors/index.js';
import { few, isBelow } from '../../data/files/index.js';
import { type ClassMap, type RelatedClasses, relateClasses, VOID } from '../../data/index.js';
import { scanPhotographs } from '../../data/layouts/index.js';
import { type FileTree, type Item, partsOf } from '../../data/pairs/index.js';
import type { SegmenterOptions, SegmentOptions } from '../../prediction/index.js';
import { disk, diskFolder } from '../datasets/disk.js';
import {
  FileDataset,
  type FileKind,
  isSplitFile,
  type OpenOptions,
  parseSpec,
  withSlashes,
} from '../datasets/index.js';
import type { LoadedModel } from '../jobs/index.js';
import { type Form, formOf } from './form.js';
import { checkKeep } from './kept-share.js';
import type { PhotographWay } from './photographs.js';
import type { Decisions } from './record.js';
import { DEFAULT_THRESHOLD, type Threshold, thresholdsOf } from './thresholds.js';

/** What to label, with which model, and how. Plain data. */
export interface AutolabelRequest extends Pick<SegmentOptions, 'scales' | 'combine' | 'maxSide'> {
  /** `KIND:PATH` of a data set in files. A folder need not hold any label. */
  readonly data: string;
  /** Which part of it, and how it is read. Default: the split `train` if the set has one, otherwise all photographs. */
  readonly dataOptions?: OpenOptions;
  /** A model file; default: the model of the package. */
  readonly model?: string;
  /** Default 0.9. By class with the names of the data set, and `*` for all others. */
  readonly threshold?: Threshold;
  /**
   * Lowers the threshold of each class until this share of the pixels that the model gives to it is kept, above 0 … 1. Found on
   * at most 200 photographs of the set, which are labelled for it once more. Default: thresholds stay.
   */
  readonly keep?: number;
  /** How photographs get into the result; default `link`. */
  readonly photographs?: PhotographWay;
  /** Where the model runs. A run may go on with another. */
  readonly session?: SegmenterOptions;
}

/** What a call of `autolabel` does, once everything is decided. */
export interface Plan {
  readonly form: Form;
  readonly dataset: FileDataset;
  /** The same files, whose labels are stored values instead of train ids. */
  readonly stored: FileDataset;
  readonly truthOf: Uint8Array;
  readonly table: Uint8Array;
  readonly thresholds: readonly number[];
  readonly keep?: number;
  readonly decisions: Decisions;
  readonly options: SegmentOptions;
  readonly photographs: PhotographWay;
  readonly splitOf: ReadonlyMap<string, string>;
  readonly lines: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Opens the data and decides what is done.
 *
 * @throws HmsaError when an option is wrong, or the classes of model and data have nothing in common
 */
export async function planOf(
  request: AutolabelRequest,
  segmenter: LoadedModel,
  modelSha256: string,
  out: string,
): Promise<Plan> {
  const { data, scales, combine = 'hierarchical', maxSide, threshold = DEFAULT_THRESHOLD, keep } = request;
  if (keep !== undefined) checkKeep(keep);
  const { photographs = 'link' } = request;
  const segmentOptions: SegmentOptions = {
    combine,
    confidence: true,
    ...(scales && { scales }),
    ...(maxSide !== undefined && { maxSide }),
  };
  const { kind, location } = parseSpec(data);
  if (!('scan' in kind)) {
    throw new HmsaError({
      operation: 'autolabel',
      expected: 'a data set in files',
      received: data,
      remedy: 'Generated scenes have labels.',
    });
  }
  const given = absoluteOptions(request.dataOptions ?? {});
  const tree = await scan(kind, location, given, segmenter.classes);
  const split = given.split ?? (Object.hasOwn(tree.splits, 'train') ? 'train' : undefined);
  const options = { ...given, ...(split !== undefined && { split }) };
  const parts = await partsOf(tree, options, disk);
  const splitOf = new Map(
    Object.entries(tree.splits).flatMap(([name, items]) => items.map(({ image }) => [image, name] as const)),
  );
  // A list names its files, whatever else lies beside it.
  if (kind.name !== 'list' && isBelow(tree.root, withSlashes(resolve(out)))) {
    throw new HmsaError({
      operation: '--out',
      expected: 'a folder outside of the data set',
      received: out,
      remedy: 'Choose one beside it, so that the set itself does not change.',
    });
  }
  const form = await formOf(kind.name, tree);
  const related = relateClasses(segmenter.classes, tree.classes);
  const thresholds = thresholdsOf(threshold, tree.classes.names);
  const prepared = await segmenter.prepare(segmentOptions);
  const root = resolve(location);
  return {
    form,
    dataset: new FileDataset(parts),
    stored: new FileDataset({ ...parts, rule: storedRule(tree) }),
    truthOf: truthTable(form, tree),
    table: related.table,
    thresholds,
    ...(keep !== undefined && { keep }),
    photographs,
    splitOf,
    options: { ...segmentOptions, scales: prepared.scales },
    decisions: {
      modelSha256,
      data: `${kind.name}:${root}`,
      dataOptions: { ...options },
      root: form.root,
      kind: form.kind,
      classes: [...tree.classes.names],
      scales: [...prepared.scales],
      combine,
      maxSide: maxSide ?? null,
      thresholds,
      ...(keep !== undefined && { keep }),
      photographs,
    },
    ...wordsAbout(data, split, parts.items, segmenter, related, tree),
  };
}

/** A folder or list without any label is one to be labelled with the classes of the model. */
async function scan(
  kind: FileKind,
  location: string,
  options: OpenOptions,
  classes: ClassMap,
): Promise<FileTree> {
  try {
    const tree = await kind.scan(location, options);
    // A list without any label.
    return tree.classes.names.length === 0 ? { ...tree, classes } : tree;
  } catch (error) {
    if (kind.name !== 'folder' || !(error instanceof HmsaError)) throw error;
    const found = await scanPhotographs(await diskFolder(location), options, classes);
    if (found === undefined) throw error;
    return found;
  }
}

function absoluteOptions(options: OpenOptions): OpenOptions {
  const { split, classes } = options;
  return {
    ...options,
    ...(split !== undefined && { split: isSplitFile(split) ? resolve(split) : split }),
    ...(classes !== undefined && { classes: resolve(classes) }),
  };
}

/** Reads the stored values of a set instead of its classes. */
function storedRule({ rule }: FileTree): FileTree['rule'] {
  if (rule.by === 'color') return rule;
  const values = rule.trainIds.filter(([value]) => value <= VOID);
  return { ...rule, trainIds: values.map(([value]) => [value, value] as const) };
}

/** Stored value → train id. */
function truthTable({ keepsValues, codes }: Form, { rule }: FileTree): Uint8Array {
  const table = new Uint8Array(VOID + 1).fill(VOID);
  if (!keepsValues) {
    codes.values.forEach((value, id) => {
      table[value] = id;
    });
  } else if (rule.by === 'value') {
    for (const [value, id] of rule.trainIds) table[value] = id;
  }
  return table;
}

function wordsAbout(
  data: string,
  split: string | undefined,
  items: readonly Item[],
  { classes, model }: LoadedModel,
  { dropped }: RelatedClasses,
  tree: FileTree,
): Pick<Plan, 'lines' | 'warnings'> {
  const labelled = items.filter(({ label }) => label !== undefined).length;
  const where = split === undefined ? '' : `, split ${split}`;
  const noun = items.length === 1 ? 'photograph' : 'photographs';
  const coarse = labelled === 0 ? 'none with labels' : `${labelled} with labels, which stay`;
  const lines = [`labelling ${items.length} ${noun}${where} of ${data}, ${coarse}`, ...tree.notes];
  const others = Object.keys(tree.splits).filter((name) => name !== split);
  if (split === 'train' && others.length > 0) lines.push(`other splits, by --split: ${others.join(', ')}`);
  const warnings: string[] = [];
  if (dropped.length > 0) {
    warnings.push(
      `the data set has no class for ${few(dropped, 8)} of the model: such pixels stay void; there are ${few(tree.classes.names, 8)}`,
    );
  }
  const known = new Set(relateClasses(classes, tree.classes).table);
  const absent = tree.classes.names.filter((_, id) => !known.has(id));
  if (absent.length > 0)
    warnings.push(`the model does not know ${few(absent, 8)}: no pixel gets such a label`);
  if (model.imageSize === undefined)
    warnings.push(
      'the model does not record the size of its training photographs: photographs are labelled at full size; --max-side reduces them',
    );
  return { lines: lines.map((line) => printable(line, 2000)), warnings };
}
