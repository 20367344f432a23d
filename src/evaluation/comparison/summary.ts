import type { ClassMap, Size } from '../../data/index.js';
import { meanOfPresent, metricsOf } from '../metrics.js';
import { Bootstrap, difference, type Estimate, estimate, mean, type Sampled, summed } from './bootstrap.js';
import type {
  ComparedImage,
  ComparedWay,
  MeasuredContender,
  TrainingFacts,
  WayScores,
  Work,
} from './contender.js';

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
   * For a combination: its paired difference to the best single scale of its reference, among the same scales, and to the
   * average of its reference.
   */
  readonly overSingle?: Gain;
  readonly overAverage?: Gain;
  /**
   * For a combination: its gain over the best single scale of the same network, divided by that of the oracle. It is negative if
   * the combination is worse than that scale, and may exceed 1, because a combination can be right where no scale is.
   */
  readonly oracleShare?: number;
  readonly work?: Work;
  readonly training?: TrainingFacts;
}

/** A paired difference of mean IoU to another row, with the contender and the scales of that row. */
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
  /** Each further contender against the first one, each in its usual way (its attention at the scales it was trained on; without one, their average). */
  readonly classDifferences: readonly ClassDifferences[];
  /** The images in which the contenders differ most, in their usual ways, the largest difference first. */
  readonly imageDifferences: readonly ImageDifference[];
}

/** What a contender gains over another one, class by class. */
export interface ClassDifferences {
  readonly contender: string;
  readonly over: string;
  readonly meanIoU: Estimate;
  /** By train id, paired; NaN for a class that neither occurs nor is found. */
  readonly classIoU: readonly Estimate[];
}

export interface ImageDifference extends ComparedImage {
  /** The mean IoU of each contender over the classes in the truth of the image, in the order of the contenders. */
  readonly meanIoU: readonly number[];
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
    readonly compared: readonly ComparedImage[];
  },
): Comparison {
  const { classes, compared, ...rest } = found;
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
  return {
    classes: names,
    colors,
    thinClasses,
    ...rest,
    rows,
    classDifferences: classDifferences(measured, bootstrap),
    imageDifferences: imageDifferences(measured, compared),
  };
}

/**
 * The way in which a contender is used: its attention at the scales that it was trained on or, without one, their average, or its
 * only scale.
 *
 * @returns its index
 */
export function usualWay(ways: readonly ComparedWay[]): number {
  const trained = (combine: ComparedWay['combine']) =>
    ways.findIndex((way) => way.combine === combine && way.trained);
  const [weighed, average] = [trained('hierarchical'), trained('average')];
  return weighed >= 0 ? weighed : average >= 0 ? average : Math.max(0, trained('single'));
}

function usualScores({ ways, scores }: MeasuredContender): WayScores[] {
  const index = usualWay(ways);
  return scores.map((models) => models[index]!);
}

function classDifferences(measured: readonly MeasuredContender[], bootstrap: Bootstrap): ClassDifferences[] {
  const [first, ...others] = measured.map((one) => {
    const matrices = usualScores(one).map((scores) => scores.matrices);
    return {
      name: one.contender.name,
      meanIoU: bootstrap.meanIoU(matrices),
      // One contender alone is not compared.
      classIoU: measured.length > 1 ? bootstrap.classIoU(matrices) : [],
    };
  });
  return others.map(({ name, meanIoU, classIoU }) => ({
    contender: name,
    over: first!.name,
    meanIoU: estimate(difference(meanIoU, first!.meanIoU)),
    classIoU: classIoU.map((iou, id) => estimate(difference(iou, first!.classIoU[id]!))),
  }));
}

/** How many of the images are listed. */
const MOST_IMAGES = 24;

function imageDifferences(
  measured: readonly MeasuredContender[],
  compared: readonly ComparedImage[],
): ImageDifference[] {
  if (measured.length < 2) return [];
  const ious = measured.map((one) => usualScores(one).map(({ imageIoU }) => imageIoU));
  const spread = ({ meanIoU }: ImageDifference) => Math.max(...meanIoU) - Math.min(...meanIoU);
  return compared
    .map(
      (image, i): ImageDifference => ({
        ...image,
        meanIoU: ious.map((seeds) => mean(seeds.map((one) => one[i]!))),
      }),
    )
    .filter((image) => spread(image) > 0)
    .sort((a, b) => spread(b) - spread(a))
    .slice(0, MOST_IMAGES);
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
  const bestAlone = best(name);
  const oracle = entries.find(
    (entry) =>
      entry.name === name &&
      entry.way.combine === 'oracle' &&
      String(entry.way.scales) === String(way.scales),
  );
  const room = bestAlone && oracle ? oracle.sampled.value - bestAlone.sampled.value : 0;
  const isItself = average?.name === name && average.way === way;
  return {
    ...(single && { overSingle: gain(single) }),
    ...(average && !isItself && { overAverage: gain(average) }),
    ...(bestAlone && room >= LEAST_GAIN && { oracleShare: (sampled.value - bestAlone.sampled.value) / room }),
  };
}

/** The rows whose gain is the answer to what attention is worth: those with attention. */
export function headlineRows({ rows }: Pick<Comparison, 'rows'>): ComparisonRow[] {
  return rows.filter(({ combine }) => combine === 'hierarchical');
}
