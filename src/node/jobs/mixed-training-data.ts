import { HmsaError, printable } from '../../base/errors/index.js';
import {
  type Assessment,
  asFiles,
  defaultSplits,
  describeIdle,
  describeTaken,
  namesPassedOver,
  type Source,
} from '../../data/assessment/index.js';
import { few } from '../../data/files/index.js';
import { type ClassMap, type Dataset, relateClasses } from '../../data/index.js';
import { nameOfData, type TrainEvent } from '../../training/run/index.js';
import { assess, openSource } from '../assess.js';
import { fileHash } from '../datasets/file-hash.js';
import { mixDatasets, openDatasetModule } from '../datasets/index.js';
import { runningOf } from './own-training-data.js';
import type { TrainRequest } from './train-request.js';

/** The keys of a request about further sets. */
export type MoreRequest = Pick<TrainRequest, 'moreData' | 'samplesPerEpoch' | 'skipBad'>;

type MoreData = NonNullable<TrainRequest['moreData']>[number];

/** A further set whose file names are known. */
interface Opened {
  readonly name: string;
  readonly share: number | undefined;
  readonly classes: ClassMap;
  /** Reads its files, as those of the first set are read. */
  check(signal?: AbortSignal): Promise<{ readonly dataset: Dataset; readonly leftOut: readonly string[] }>;
}

/**
 * Opens the further sets of a request.
 *
 * @param classes of the first set
 * @throws HmsaError when one does not exist, or has no class in common with the first
 */
export async function openMoreData(
  { moreData = [], skipBad = false }: MoreRequest,
  classes: ClassMap,
  onEvent: (event: TrainEvent) => void,
): Promise<readonly Opened[]> {
  const opened: Opened[] = [];
  for (const more of moreData) {
    const set =
      typeof more.data === 'string'
        ? await openFiles(more.data, more, skipBad, onEvent)
        : await openOwn(more, onEvent);
    relateClasses(set.classes, classes);
    opened.push(set);
  }
  return opened;
}

async function openFiles(
  data: string,
  { share, dataOptions = {} }: MoreData,
  skipBad: boolean,
  onEvent: (event: TrainEvent) => void,
): Promise<Opened> {
  const source = await openSource(data, dataOptions);
  const split = dataOptions.split ?? usualSplit(source);
  const { classes } = await source.open(split);
  return {
    name: data,
    share,
    classes,
    async check(signal) {
      // Crops of small photographs are padded.
      const use = { for: 'training', leastSide: 1 } as const;
      const assessed = await assess(source, split, use, { skipBad, ...(signal && { signal }) });
      onEvent({ kind: 'preparing', what: describeTaken('also training on', source, assessed) });
      tellIdle(source, assessed, onEvent);
      return assessed;
    },
  };
}

/**
 * The split of a further set: `train`, if the set has it itself; otherwise its only one; otherwise all, if the set has no splits,
 * because none of it is held out for scores.
 *
 * @throws HmsaError when it has several others
 */
function usualSplit({ spec, splits }: Source): string | undefined {
  if (splits.includes(defaultSplits.training)) return defaultSplits.training;
  if (splits.length <= 1) return splits[0];
  throw new HmsaError({
    operation: `split of ${spec}`,
    expected: 'a split train',
    received: splits.join(', '),
    remedy: `Name the split to train on, such as --data ${spec}#${splits[0]}.`,
  });
}

function tellIdle(source: Source, assessed: Assessment, onEvent: (event: TrainEvent) => void): void {
  const passedOver = namesPassedOver(source, assessed.split, true);
  for (const what of describeIdle(assessed, passedOver)) onEvent({ kind: 'warning', what });
}

async function openOwn({ data, share }: MoreData, onEvent: (event: TrainEvent) => void): Promise<Opened> {
  if (typeof data === 'string') throw new TypeError('a module');
  onEvent({ kind: 'preparing', what: runningOf(data) });
  const dataset = await openDatasetModule(data);
  const name = nameOfData(data);
  return {
    name,
    share,
    classes: dataset.classes,
    async check() {
      onEvent({
        kind: 'preparing',
        what: `also training on ${dataset.length} images of ${printable(name)}.`,
      });
      return { dataset, leftOut: [] };
    },
  };
}

/**
 * Joins the further sets to the first one, and says with what shares and classes.
 *
 * @throws HmsaError when the shares leave nothing for a set
 */
export function mixed(
  first: { readonly name: string; readonly dataset: Dataset },
  more: readonly { readonly name: string; readonly share: number | undefined; readonly dataset: Dataset }[],
  { samplesPerEpoch }: MoreRequest,
  onEvent: (event: TrainEvent) => void,
): Dataset {
  const dataset = mixDatasets(
    [
      { dataset: first.dataset },
      ...more.map(({ dataset, share }) => ({ dataset, ...(share !== undefined && { share }) })),
    ],
    samplesPerEpoch === undefined ? {} : { samplesPerEpoch },
  );
  const { parts, samples } = dataset.mixture!;
  const shares = [first, ...more].map(
    ({ name }, i) => `${(100 * parts[i]!.share).toFixed(1)}% of ${printable(name)}`,
  );
  onEvent({
    kind: 'preparing',
    what: `an epoch has ${samples} samples: ${shares.join(', ')}${more.length === 0 ? '' : `; the classes are those of ${printable(first.name)}`}.`,
  });
  for (const { name, dataset: set } of more) {
    const what = describeRelation(name, set.classes, dataset.classes);
    if (what !== undefined) onEvent({ kind: 'warning', what });
  }
  return dataset;
}

/** What a set loses and lacks by taking the classes of the first; undefined if nothing. */
function describeRelation(name: string, from: ClassMap, to: ClassMap): string | undefined {
  const { dropped, absent } = relateClasses(from, to);
  const parts = [
    ...(dropped.length > 0
      ? [`pixels of ${few(dropped, 8)} are void, because the first set has no such class`]
      : []),
    ...(absent.length > 0 ? [`it has no ${few(absent, 8)}`] : []),
  ];
  return parts.length === 0 ? undefined : `${printable(name)}: ${parts.join('; ')}`;
}

/**
 * Photographs to score that a further set trains on, which their contents tell: a set that a model has labelled holds the same
 * photographs in another place.
 *
 * @returns a warning if the split to score was named
 * @throws HmsaError if it was not
 */
export async function overlapWith(
  validation: Dataset,
  more: readonly { readonly name: string; readonly dataset: Dataset }[],
  isNamed: boolean,
): Promise<string | undefined> {
  const scored = asFiles(validation);
  if (scored === undefined) return undefined;
  const known = new Set<string>();
  for (const { image } of scored.parts.items) known.add(await fileHash(image));
  for (const { name, dataset } of more) {
    let count = 0;
    for (const { image } of asFiles(dataset)?.parts.items ?? [])
      if (known.has(await fileHash(image))) count++;
    if (count === 0) continue;
    const received = `${count} photographs of ${printable(name)} that are scored too`;
    if (isNamed) return `${received}; scores on training photographs say nothing about others`;
    throw new HmsaError({
      operation: 'photographs to train on',
      expected: 'none of those that are scored',
      received,
      remedy:
        'Name a split without them (--data KIND:PATH#SPLIT), or train without scores: --validation none.',
    });
  }
  return undefined;
}
