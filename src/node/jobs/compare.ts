import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { HmsaError, shown, suggest } from '../../base/errors/index.js';
import { parseJson } from '../../base/json.js';
import { callback, checkNamed, checkSchema, type Shape, signal, text } from '../../base/schema/index.js';
import { asFiles } from '../../data/assessment/index.js';
import type { Dataset } from '../../data/index.js';
import {
  type CompareOptions,
  type Comparison,
  type Contender,
  compareModels,
  compareOptionsShape,
  contiguousBlocks,
  type TrainingFacts,
} from '../../evaluation/comparison/index.js';
import type { Model } from '../../model/file/index.js';
import { checkSegmenterOptions, Segmenter, type SegmenterOptions } from '../../prediction/index.js';
import { joinNetworks } from '../../training/join-networks.js';
import { RunFiles, type RunRecord, readRecord } from '../../training/run/index.js';
import { type OpenOptions, openOptionsShape } from '../datasets/index.js';
import { readIfThere, readTextFile } from '../files/index.js';
import { openSession } from '../session/index.js';
import { ABLATION_FILE, ablationSchema, fileOf } from './ablation/index.js';
import { loadModel, readModel } from './load-model.js';
import { modelPath } from './model-path.js';
import { RunFolder } from './run-folder.js';
import { openScoringData } from './scoring-data.js';
import { requestShape } from './train-request.js';

/** What to compare. */
export interface CompareRequest {
  /** `KIND:PATH` */
  readonly data: string;
  /** Which part of the data set; default: the split `val`. */
  readonly dataOptions?: OpenOptions;
  /**
   * Model files, folders of runs and of ablations, each with or without a name before it: `NAME=PATH`. Models that are given one name
   * differ in their seed; networks of one scale each that share a name are joined. Default: the shipped model.
   */
  readonly models?: readonly string[];
  /** The name whose single scales and whose average all others have to beat, unless an ablation says so itself. */
  readonly reference?: string;
  readonly session?: SegmenterOptions;
}

export interface ComparisonHooks {
  readonly signal?: AbortSignal;
  readonly onData?: (taken: string, warnings: readonly string[]) => unknown;
  readonly onChecked?: (done: number, total: number) => unknown;
  readonly onProgress?: (done: number, total: number) => unknown;
}

const requestKeys = {
  data: z.string(),
  dataOptions: z.strictObject(openOptionsShape).optional(),
  models: z.array(z.string()).optional(),
  reference: text,
  session: z.looseObject({}).optional(),
} satisfies Shape<CompareRequest>;

const hookKeys = {
  signal,
  onData: callback,
  onChecked: callback,
  onProgress: callback,
} satisfies Shape<ComparisonHooks>;

/**
 * Compares trained models on a labelled data set; see `compareModels`.
 *
 * @throws HmsaError when a file is missing or is no model, models of one name do not fit together, or the data cannot be scored
 */
export async function compare(
  request: CompareRequest,
  options: Omit<CompareOptions, 'signal' | 'onProgress'> = {},
  hooks: ComparisonHooks = {},
): Promise<Comparison> {
  return (await compareOn(request, options, hooks)).comparison;
}

/** A comparison, and what it was made of. */
export interface ComparedOn {
  readonly comparison: Comparison;
  readonly contenders: readonly Contender[];
  readonly dataset: Dataset;
}

/** {@link compare}, for whoever needs the models and the images again. */
export async function compareOn(
  request: CompareRequest,
  options: Omit<CompareOptions, 'signal' | 'onProgress'> = {},
  hooks: ComparisonHooks = {},
): Promise<ComparedOn> {
  checkNamed(requestKeys, request, 'compare');
  checkNamed(compareOptionsShape, options, 'compare');
  checkNamed(hookKeys, hooks, 'compare');
  const { data, dataOptions = {}, models = [], reference, session = {} } = request;
  const { signal, onData, onChecked, onProgress } = hooks;
  checkSegmenterOptions(session);
  const warnings: string[] = [];
  const found = await contendersOf(models, session, (what) => warnings.push(what));
  const contenders = withReference(found, reference);
  const segmenter = await contenders[0]!.models[0]!();
  const scored = await openScoringData(segmenter, data, dataOptions, {
    combine: 'average',
    ...(signal && { signal }),
    ...(onChecked && { onProgress: onChecked }),
  }).finally(() => segmenter.dispose());
  const { dataset } = scored;
  const doubts = scored.doubt === undefined ? [] : [scored.doubt];
  await onData?.(scored.taken, [...warnings, ...scored.warnings, ...doubts]);
  const items = asFiles(dataset)?.parts.items ?? Array.from({ length: dataset.length }, () => undefined);
  const known = items.map((item) => item?.block);
  const hasBlocks = options.blockLength === undefined && known.every((block) => block !== undefined);
  const blocks = hasBlocks
    ? (known as number[])
    : contiguousBlocks(
        items.map((item) => item?.group ?? ''),
        options.blockLength,
      );
  const comparison = await compareModels(contenders, dataset, blocks, {
    ...options,
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
  });
  return { comparison, contenders, dataset };
}

/** @throws HmsaError when there is no contender of that name */
function withReference(contenders: readonly Contender[], reference: string | undefined): Contender[] {
  const names = contenders.map(({ name }) => name);
  if (reference !== undefined && !names.includes(reference)) {
    throw new HmsaError({
      operation: '--reference',
      expected: `the name of a model: ${names.join('; ')}`,
      received: shown(reference),
      remedy: suggest(reference, names),
    });
  }
  return contenders.map((contender) => {
    // What an ablation names may have been left out of it.
    const named = contender.reference ?? reference;
    const { reference: _, ...rest } = contender;
    return named !== undefined && names.includes(named) ? { ...rest, reference: named } : rest;
  });
}

/** A model file and what is known of its training. */
interface Found {
  readonly file: string | undefined;
  readonly training?: TrainingFacts;
}

async function contendersOf(
  given: readonly string[],
  session: SegmenterOptions,
  warn: (what: string) => void,
): Promise<Contender[]> {
  if (given.length === 0) {
    return [{ name: 'the shipped model', models: [() => loadModel(undefined, session)] }];
  }
  const named = new Map<string, Found[]>();
  const contenders: Contender[] = [];
  const sources = await Promise.all(given.map(sourceOf));
  for (const { path, ownName, isFolder, isAblation } of sources) {
    if (isAblation) {
      contenders.push(...(await contendersOfAblation(path, ownName, session, warn)));
      continue;
    }
    const name = ownName ?? nameAmong(path, sources);
    const found = isFolder ? { file: await modelPath(path), ...(await factsOf(path)) } : { file: path };
    named.set(name, [...(named.get(name) ?? []), found]);
  }
  for (const [name, found] of named) contenders.push(await contenderOf(name, found, session));
  const names = contenders.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice === undefined) return contenders;
  throw new HmsaError({
    operation: 'compare',
    expected: 'names that differ',
    received: `${twice} twice`,
    remedy: 'Give another name: NAME=MODEL.',
  });
}

/** What an argument names. */
interface ModelSource {
  readonly path: string;
  readonly ownName: string | undefined;
  readonly isFolder: boolean;
  readonly isAblation: boolean;
}

async function sourceOf(text: string): Promise<ModelSource> {
  const [path, ownName] = await pathAndName(text);
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() === true;
  const isAblation = isFolder && (await readIfThere(join(path, ABLATION_FILE))) !== undefined;
  return { path, ownName, isFolder, isAblation };
}

/**
 * The name of a model without one: its last part, or the whole path if others end alike, because models are taken for seeds of
 * one network only if the caller gives them one name.
 */
function nameAmong(path: string, sources: readonly ModelSource[]): string {
  const nameOf = (one: string) => basename(join(one)).replace(/\.safetensors$/, '');
  const name = nameOf(path);
  const alike = sources.filter(
    (one) => !one.isAblation && (one.ownName ?? nameOf(one.path)) === name && join(one.path) !== join(path),
  );
  return alike.length === 0 ? name : join(path).replace(/\.safetensors$/, '');
}

/** `NAME=PATH`; a path that exists as it is has no name. */
async function pathAndName(text: string): Promise<[path: string, name: string | undefined]> {
  const at = text.indexOf('=');
  if (at <= 0 || (await stat(text).catch(() => undefined)) !== undefined) return [text, undefined];
  return [text.slice(at + 1), text.slice(0, at)];
}

/** Models of one name: seeds of one network, or networks of one scale each, which are joined. */
async function contenderOf(
  name: string,
  found: readonly Found[],
  session: SegmenterOptions,
): Promise<Contender> {
  const places = found.map(({ file }) => file && resolve(file));
  const again = places.findIndex((place, i) => places.indexOf(place) < i);
  if (again >= 0) {
    throw new HmsaError({
      operation: `compare, ${name}`,
      expected: 'each model once: those of one name differ in their seed',
      received: `${found[again]!.file} twice`,
      remedy: 'Leave one out.',
    });
  }
  const models = await Promise.all(found.map(({ file }) => readModel(file)));
  const scales = [...new Set(models.flatMap(({ config }) => config.scales))];
  const areSingle = models.every(({ config }) => config.scales.length === 1);
  if (!areSingle || scales.length === 1) {
    return {
      name,
      models: found.map(
        ({ file }) =>
          () =>
            loadModel(file, session),
      ),
      ...(found[0]!.training && { trainingOf: () => found[0]!.training }),
    };
  }
  // The first of each scale, then the second: a seed each.
  const at = (scale: number) => [...models.keys()].filter((i) => models[i]!.config.scales[0] === scale);
  const seeds = at(scales[0]!).length;
  if (scales.some((scale) => at(scale).length !== seeds)) {
    throw new HmsaError({
      operation: `compare, ${name}`,
      expected: 'as many networks of each scale',
      received: scales.map((scale) => `${at(scale).length} of ${scale}`).join(', '),
      remedy: 'Give every seed of every scale, or different names.',
    });
  }
  return {
    name,
    models: Array.from({ length: seeds }, (_, seed) => async () => {
      const joined: Model = joinNetworks(scales.map((scale) => models[at(scale)[seed]!]!));
      return new Segmenter(joined, openSession, session);
    }),
    trainingOf: (scale) => (scale === undefined ? undefined : found[at(scale)[0]!]?.training),
  };
}

async function contendersOfAblation(
  folder: string,
  prefix: string | undefined,
  session: SegmenterOptions,
  warn: (what: string) => void,
): Promise<Contender[]> {
  const file = join(folder, ABLATION_FILE);
  const text = await readTextFile(file, { expected: 'the record of an ablation', limit: 2 ** 24 });
  const record = checkSchema(ablationSchema, parseJson(text, file), file);
  const named = (name: string) => (prefix === undefined ? name : `${prefix}: ${name}`);
  const contenders: Contender[] = [];
  for (const { name, reference, models } of record.contenders) {
    const finished = [];
    for (const model of models) {
      const path = fileOf(folder, model.path);
      if ((await stat(path).catch(() => undefined)) === undefined) continue;
      // A damaged one shows now, not after hours of scoring the others.
      await readModel(path);
      finished.push(model);
    }
    const [first] = finished;
    // An ablation that is not finished is compared as far as it is.
    if (first === undefined) continue;
    const facts = new Map<number | undefined, TrainingFacts>();
    for (const { scale, path } of first.arms) {
      const { training } = await factsOf(join(folder, path));
      const epochs = record.epochs[path];
      facts.set(scale, { ...training, ...(epochs !== undefined && { epochs }) });
    }
    contenders.push({
      name: named(name),
      ...(reference !== undefined && { reference: named(reference) }),
      models: finished.map(
        ({ path }) =>
          () =>
            loadModel(fileOf(folder, path), session),
      ),
      trainingOf: (scale) => facts.get(scale) ?? facts.get(undefined),
    });
  }
  const all = record.contenders.reduce((sum, { models }) => sum + models.length, 0);
  const done = contenders.reduce((sum, { models }) => sum + models.length, 0);
  if (done > 0 && done < all)
    warn(`${folder} is not finished: ${all - done} of its ${all} models are not trained yet and left out`);
  if (contenders.length > 0) return contenders;
  throw new HmsaError({
    operation: folder,
    expected: 'an ablation with a finished model',
    received: 'none yet',
    remedy: 'Run hmsa train --ablation again with the same flags; it goes on.',
  });
}

/** What the record of a run tells of its training. */
async function factsOf(folder: string): Promise<{ training?: TrainingFacts }> {
  const store = new RunFolder(folder);
  if (!(await store.has('record'))) return {};
  const record: RunRecord = await readRecord(new RunFiles(store), requestShape);
  const seconds = record.parts.reduce((sum, part) => sum + part.seconds, 0);
  const epochs = record.step / record.stepsPerEpoch;
  return {
    training: {
      epochs,
      ...(epochs > 0 && { secondsPerEpoch: seconds / epochs }),
      ...(record.peakMemoryBytes !== undefined && { peakMemoryBytes: record.peakMemoryBytes }),
    },
  };
}
