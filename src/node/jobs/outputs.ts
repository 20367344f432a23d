import { basename } from 'node:path';
import { HmsaError } from '../../base/errors/index.js';
import type { Pixels } from '../../base/pixels.js';
import type { ClassMap } from '../../data/index.js';
import type { Segmentation, SegmentOptions } from '../../prediction/index.js';
import { classShares, colorize, heatmap, outline, overlay, safeColors } from '../../report/pictures/index.js';
import { cocoFile, type PolygonOptions, polygons } from '../../report/shapes/index.js';
import {
  encodeDepth,
  encodedPyramid,
  encodePng,
  withLegend,
  withScaleBar,
  withSoftware,
} from '../images/index.js';
import { OWN_SOFTWARE } from './picture-files.js';
import { checkShapeMemory } from './shape-memory.js';

/** What can be written for each image, by its name for `--save`. */
export const pictureKinds = [
  'labels',
  'color',
  'overlay',
  'outline',
  'legend',
  'attention',
  'scales',
  'confidence',
  'polygons',
  'rle',
  'figure',
] as const;
export type PictureKind = (typeof pictureKinds)[number];

/** The kinds that are one file, whatever the scales are. */
export type SingleKind = Exclude<PictureKind, 'attention' | 'scales' | 'figure'>;

/** The classes as pictures show them: in their own colours, or in those that colour-blind people tell apart. */
export function shownClasses(classes: ClassMap, isSafe: boolean): ClassMap {
  return isSafe ? { ...classes, colors: safeColors(classes.names.length) } : classes;
}

/** A labelled image, with all that its pictures need. */
export interface Labelled {
  readonly image: Pixels;
  readonly found: Segmentation;
  readonly classes: ClassMap;
  /** All scales, highest first. */
  readonly scales: readonly number[];
  /** The path or name of the image. */
  readonly source: string;
  /** Bytes that polygons and run lengths may take while they are made. */
  readonly memory?: number;
}

/** A file to be written. */
export interface Output {
  /** What is appended to the name of the image: `labels.png`. */
  readonly ending: string;
  readonly content: () => Promise<Uint8Array | string>;
}

/** The kinds that `--pyramid` writes as TIFF files of tiles with smaller versions, which large photographs are viewed as. */
type PyramidKind = 'color' | 'overlay';
const isPyramidKind = (kind: PictureKind): kind is PyramidKind => kind === 'color' || kind === 'overlay';

/** What {@link outputsOf} needs of the segmentation. */
export function neededFor(
  save: readonly PictureKind[],
): Required<Pick<SegmentOptions, 'details' | 'attention' | 'confidence'>> {
  return {
    details: save.includes('scales') || save.includes('figure'),
    attention: save.includes('attention'),
    confidence: save.includes('confidence'),
  };
}

const singleEndings: Readonly<Record<SingleKind, string>> = {
  labels: 'labels.png',
  color: 'color.png',
  overlay: 'overlay.png',
  outline: 'outline.png',
  legend: 'legend.png',
  confidence: 'confidence.png',
  polygons: 'polygons.json',
  rle: 'rle.json',
};

/** Whether a file is called like one of `hmsa segment`: `NAME.overlay.png`. The first group is the name. */
export const outputName =
  /^(.+)\.((labels|color|overlay|outline|legend|confidence|attention@[\d.]+|labels@[\d.]+|color@[\d.]+|figure)\.png|figure\.svg|(color|overlay)\.tif|(polygons|rle)\.json)$/;

/**
 * The endings of all files that may be written. The highest scale has no attention, but one name too many does no harm.
 */
export function endingsOf(
  save: readonly PictureKind[],
  scales: readonly number[],
  pyramid = false,
): string[] {
  const each = (name: string) => scales.map((scale) => `${name}@${scale}.png`);
  return save.flatMap((kind) => {
    if (kind === 'attention') return each('attention');
    if (kind === 'figure') return ['figure.svg', 'figure.png'];
    if (pyramid && isPyramidKind(kind)) return [`${kind}.tif`];
    return kind === 'scales' ? [...each('labels'), ...each('color')] : [singleEndings[kind]];
  });
}

/** The files of an image. */
export function* outputsOf(
  labelled: Labelled,
  save: readonly PictureKind[],
  pyramid = false,
): Generator<Output> {
  for (const kind of pictureKinds) {
    if (!save.includes(kind)) continue;
    if (kind === 'attention') yield* attentionOutputs(labelled, save.includes('legend'));
    else if (kind === 'scales') yield* scaleOutputs(labelled);
    else if (kind === 'figure') yield* figureOutputs(labelled);
    else if (pyramid && isPyramidKind(kind)) yield pyramidOutput(labelled, kind);
    else yield { ending: singleEndings[kind], content: () => contentOf(labelled, kind) };
  }
}

/** One file of an image. @throws HmsaError for `confidence` that the segmentation does not have */
export async function contentOf(
  labelled: Labelled,
  kind: SingleKind,
  options: PolygonOptions = {},
): Promise<string | Uint8Array> {
  const { found, classes, source, memory } = labelled;
  const { labels, width, height } = found;
  if (kind === 'polygons' || kind === 'rle')
    checkShapeMemory(kind, labels, width, height, source || 'image', memory);
  if (kind === 'labels') return labelPng(labelled, labels);
  if (kind === 'confidence') return confidencePng(found);
  if (kind === 'polygons')
    return ownJson(polygons(labels, width, height, classes, options), { width, height });
  if (kind === 'rle') return ownJson(cocoFile(basename(source) || 'image', labels, width, height, classes));
  return encodePng(await pictureOf(labelled, kind), { software: OWN_SOFTWARE });
}

/** A picture of the labels as RGB pixels. */
export async function pictureOf(
  { image, found, classes }: Labelled,
  kind: 'color' | 'overlay' | 'outline' | 'legend',
): Promise<Pixels> {
  const { labels, width, height } = found;
  if (kind === 'outline') return outline(image, labels, classes);
  const colored = colorize(labels, width, height, classes);
  if (kind === 'color') return colored;
  const laidOver = overlay(image, colored);
  return kind === 'overlay' ? laidOver : withLegend(laidOver, classShares(labels, classes), classes);
}

function pyramidOutput(labelled: Labelled, kind: PyramidKind): Output {
  const content = async () => encodedPyramid(await pictureOf(labelled, kind), OWN_SOFTWARE);
  return { ending: `${kind}.tif`, content };
}

/** On one line, and with the name of the program first, where a later run looks for it. */
export function ownJson(value: object, more: object = {}): string {
  return `${JSON.stringify({ software: OWN_SOFTWARE, ...more, ...value })}\n`;
}

function labelPng({ found: { width, height }, classes }: Labelled, data: Uint8Array): Promise<Uint8Array> {
  return encodePng({ data, width, height }, { palette: classes.colors, software: OWN_SOFTWARE });
}

/** 16 bits, because 8 would not tell 0.999 from 1. */
function confidencePng({ confidence, width, height }: Segmentation): Promise<Uint8Array> {
  if (confidence === undefined) {
    throw new HmsaError({
      operation: 'confidence',
      expected: 'a result with confidence',
      received: 'one without',
      remedy: 'Segment with { confidence: true }.',
    });
  }
  return encodeDepth({ data: confidenceDepth(confidence), width, height }, OWN_SOFTWARE);
}

/** Probabilities as numbers of 16 bits. */
export function confidenceDepth(confidence: Float32Array): Uint16Array {
  const depth = new Uint16Array(confidence.length);
  for (let i = 0; i < depth.length; i++) depth[i] = Math.round(confidence[i]! * 65_535);
  return depth;
}

function* attentionOutputs({ found, scales }: Labelled, withBar: boolean): Generator<Output> {
  const { width, height, attention = new Map<number, Float32Array>() } = found;
  for (const [scale, values] of attention) {
    const content = async () => {
      const map = heatmap(values, width, height);
      // With a legend, a bar below the map explains its colours.
      const picture = withBar ? await withScaleBar(map, ...barTexts(scale, scales)) : map;
      return encodePng(picture, { software: OWN_SOFTWARE });
    };
    yield { ending: `attention@${scale}.png`, content };
  }
}

/** What the dark and the bright end of the attention of a scale mean. */
export function barTexts(scale: number, scales: readonly number[]): [low: string, high: string] {
  const above = scales.filter((other) => other > scale);
  return [above.length === 1 ? `trust scale ${above[0]}` : 'trust other scales', `trust scale ${scale}`];
}

/** The grid of all that the scales saw, drawn once for both files. What draws it is loaded only for it. */
function* figureOutputs({ image, found, classes, source }: Labelled): Generator<Output> {
  const drawing = async () => {
    const { figure } = await import('../report/figure.js');
    return figure(image, found, classes, { title: basename(source), software: OWN_SOFTWARE });
  };
  let drawn: ReturnType<typeof drawing> | undefined;
  const once = () => {
    drawn ??= drawing();
    return drawn;
  };
  yield { ending: 'figure.svg', content: async () => (await once()).svg };
  yield {
    ending: 'figure.png',
    content: async () => {
      const { figurePng } = await import('../report/figures.js');
      return withSoftware(await figurePng(await once()), OWN_SOFTWARE);
    },
  };
}

function* scaleOutputs(labelled: Labelled): Generator<Output> {
  const { found, classes } = labelled;
  const { width, height, scales = [] } = found;
  for (const { scale, labels } of scales) {
    yield { ending: `labels@${scale}.png`, content: () => labelPng(labelled, labels) };
    const colored = () => colorize(labels, width, height, classes);
    yield { ending: `color@${scale}.png`, content: () => encodePng(colored(), { software: OWN_SOFTWARE }) };
  }
}
