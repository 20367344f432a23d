import type { ClassMap, Size } from '../../data/index.js';
import { meanOfPresent, metricsOf } from '../metrics.js';
import { Bootstrap, difference, type Estimate, estimate, mean, type Sampled, summed } from './bootstrap.js';
import type { MeasuredContender, TrainingFacts, WayScores, Work } from './contender.js';
import type { ComparedWay } from './ways.js';

/** A class counts as thin if at least this share of its true pixels lies on its boundary. */
const THIN = 0.75;

/** Shares of a smaller gain of the oracle would be noise. */
const LEAST_GAIN = 0.001;

/** One way of one contender. Fractions 0 … 1, means over its seeds; NaN where there is nothing to score. */
export interface ComparisonRow extends ComparedWay {
  readonly contender: string;
  readonly trunk: string;
  readonly head: string;
  readonly attention: string;
  readonly weights: 'shared' | 'perScale';
  /** The number of models. */
  readonly seeds: number;
  /** With its interval over blocks and seeds. */
  readonly meanIoU: Estimate;
  readonly meanIoUBySeed: readonly number[];
  readonly meanAccuracy: number;
  readonly pixelAccuracy: number;
  readonly classIoU: readonly number[];
  /** Mean of {@link classBoundaryIoU}. */
  readonly boundaryIoU: number;
  readonly classBoundaryIoU: readonly number[];
  /** Mean boundary IoU of the thin classes. */
  readonly thinBoundaryIoU: number;
  /**
   * Of a combination: what it gains over the best single scale of its reference, among its own scales, and over the average of
   * its reference. Paired.
   */
  readonly overSingle?: Gain;
  readonly overAverage?: Gain;
  /**
   * Of a combination: the share that it reaches of what the oracle gains over the best single scale of the same network. It can be
   * negative, and above 1 where a combination is right and no scale is.
   */
  readonly oracleShare?: number;
  readonly work?: Work;
  readonly training?: TrainingFacts;
}

/** A paired difference of mean IoU, and what it is to. */
export interface Gain extends Estimate {
  readonly contender: string;
  readonly scales: readonly number[];
}

/** The result of a comparison. */
export interface Comparison {
  readonly classes: readonly string[];
  readonly colors: ClassMap['colors'];
  /** Train ids of the thin classes. */
  readonly thinClasses: readonly number[];
  readonly images: number;
  readonly blocks: number;
  /** Of the first image, for which the multiply-adds are. */
  readonly size?: Size | undefined;
  readonly boundaryRatio: number;
  readonly rows: readonly ComparisonRow[];
}

interface Entry {
  readonly name: string;
  readonly way: ComparedWay;
  readonly sampled: Sampled;
}

export function summarize(
  measured: readonly MeasuredContender[],
  found: {
    readonly classes: ClassMap;
    readonly blocks: number;
    readonly images: number;
    readonly size: Size | undefined;
    readonly boundaryRatio: number;
  },
): Comparison {
  const { classes, ...rest } = found;
  const { names, colors } = classes;
  const thinness = measured[0]!.scores[0]![0]!.boundary.thinness;
  const thinClasses = [...names.keys()].filter((id) => thinness[id]! >= THIN);
  const bootstrap = new Bootstrap(found.blocks);
  const of = (contender: MeasuredContender, index: number) =>
    contender.scores.map((models) => models[index]!);
  const entries = measured.flatMap((contender) =>
    contender.ways.map((way, index): Entry => {
      const scores = of(contender, index);
      return {
        name: contender.contender.name,
        way,
        sampled: bootstrap.meanIoU(scores.map(({ matrices }) => matrices)),
      };
    }),
  );
  const rows = measured.flatMap((contender) =>
    contender.ways.map((way, index): ComparisonRow => {
      const { name } = contender.contender;
      const { sampled } = entries.find((entry) => entry.name === name && entry.way === way)!;
      const work = contender.work[index];
      const training = contender.contender.trainingOf?.(
        way.combine === 'single' && contender.config.weights === 'perScale' ? way.scales[0] : undefined,
      );
      const { trunk, head, attention, weights } = contender.config;
      return {
        ...way,
        contender: name,
        trunk: trunk.name,
        head: head.name,
        attention: attention.name,
        weights,
        seeds: contender.scores.length,
        meanIoU: estimate(sampled),
        ...scoresOf(of(contender, index), thinClasses),
        ...(way.combine === 'single'
          ? {}
          : gains({ name, way, sampled }, contender.contender.reference ?? name, entries)),
        ...(work && { work }),
        ...(training && { training }),
      };
    }),
  );
  return { classes: names, colors, thinClasses, ...rest, rows };
}

function scoresOf(scores: readonly WayScores[], thin: readonly number[]) {
  const metrics = scores.map(({ matrices }) => metricsOf(summed(matrices), { names: [] }));
  const classes = metrics[0]!.perClass.length;
  const perClass = (value: (model: number, id: number) => number) =>
    Array.from({ length: classes }, (_, id) => mean(scores.map((_, model) => value(model, id))));
  const boundaries = scores.map(({ boundary }) => boundary.iou);
  const classBoundaryIoU = perClass((model, id) => boundaries[model]![id]!);
  return {
    meanIoUBySeed: metrics.map(({ meanIoU }) => meanIoU),
    meanAccuracy: mean(metrics.map(({ meanAccuracy }) => meanAccuracy)),
    pixelAccuracy: mean(metrics.map(({ pixelAccuracy }) => pixelAccuracy)),
    classIoU: perClass((model, id) => metrics[model]!.perClass[id]!.iou),
    boundaryIoU: meanOfPresent(classBoundaryIoU),
    classBoundaryIoU,
    thinBoundaryIoU: meanOfPresent(thin.map((id) => classBoundaryIoU[id]!)),
  };
}

function gains({ name, way, sampled }: Entry, reference: string, entries: readonly Entry[]) {
  const best = (whose: string) =>
    entries
      .filter(
        (entry) =>
          entry.name === whose && entry.way.combine === 'single' && way.scales.includes(entry.way.scales[0]!),
      )
      .reduce<Entry | undefined>(
        (a, b) => (a === undefined || b.sampled.value > a.sampled.value ? b : a),
        undefined,
      );
  const averages = entries.filter((entry) => entry.name === reference && entry.way.combine === 'average');
  const average =
    averages.find((entry) => String(entry.way.scales) === String(way.scales)) ??
    averages.find((entry) => entry.way.trained);
  const single = best(reference);
  const gain = (rival: Entry): Gain => ({
    ...estimate(difference(sampled, rival.sampled)),
    contender: rival.name,
    scales: rival.way.scales,
  });
  const own = best(name);
  const oracle = entries.find(
    (entry) =>
      entry.name === name &&
      entry.way.combine === 'oracle' &&
      String(entry.way.scales) === String(way.scales),
  );
  const room = own && oracle ? oracle.sampled.value - own.sampled.value : 0;
  const isItself = average?.name === name && average.way === way;
  return {
    ...(single && { overSingle: gain(single) }),
    ...(average && !isItself && { overAverage: gain(average) }),
    ...(own && room >= LEAST_GAIN && { oracleShare: (sampled.value - own.sampled.value) / room }),
  };
}

/** The rows whose gain is the answer to what attention is worth: those with attention. */
export function headlineRows({ rows }: Pick<Comparison, 'rows'>): ComparisonRow[] {
  return rows.filter(({ combine }) => combine === 'hierarchical');
}
